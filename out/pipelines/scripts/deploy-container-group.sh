#!/usr/bin/env bash
# Deploys the container group with one image, and remembers the image before it.
# Reads: RESOURCE_GROUP, CONTAINER_GROUP, BICEP_FILE, IMAGE, MODEL_VERSION.
# Sets: PREVIOUS_IMAGE, PREVIOUS_VERSION (empty at the first deployment).
set -euo pipefail

here=$(dirname "$0")
previous=$(az container show --resource-group "$RESOURCE_GROUP" --name "$CONTAINER_GROUP" \
  --query "containers[0].image" --output tsv 2>/dev/null || true)
if [[ $previous == "$IMAGE" ]]; then
  previous=
fi
echo "##vso[task.setvariable variable=PREVIOUS_IMAGE]$previous"
echo "##vso[task.setvariable variable=PREVIOUS_VERSION]${previous##*:}"

bash "$here/retry.sh" 3 60 az deployment group create \
  --name "$CONTAINER_GROUP" \
  --resource-group "$RESOURCE_GROUP" \
  --template-file "$BICEP_FILE" \
  --parameters "image=$IMAGE" "modelVersion=$MODEL_VERSION" \
  --query "{state: properties.provisioningState, duration: properties.duration}" \
  --output table
