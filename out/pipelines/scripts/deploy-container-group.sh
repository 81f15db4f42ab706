#!/usr/bin/env bash
# Deploys the container group with one image, and remembers the image before it.
# Reads: RESOURCE_GROUP, CONTAINER_GROUP, BICEP_FILE, IMAGE, MODEL_VERSION, ALLOW_OLDER.
# Sets: PREVIOUS_IMAGE, PREVIOUS_VERSION (empty at the first deployment).
set -euo pipefail

here=$(dirname "$0")
# A list, not a look at the group: a refusal must not be taken for "there is none".
groups=$(az container list --resource-group "$RESOURCE_GROUP" --output json)
previous=$(jq -r --arg name "$CONTAINER_GROUP" \
  '.[] | select(.name == $name) | "\(.containers[0].image) \(.tags["model-version"] // "")"' <<<"$groups")
read -r image version <<<"$previous"
bash "$here/refuse-older.sh" "$version"
if [[ $image == "$IMAGE" ]]; then
  image=
fi
echo "##vso[task.setvariable variable=PREVIOUS_IMAGE]$image"
echo "##vso[task.setvariable variable=PREVIOUS_VERSION]$version"

bash "$here/retry.sh" 3 60 az deployment group create \
  --name "$CONTAINER_GROUP" \
  --resource-group "$RESOURCE_GROUP" \
  --template-file "$BICEP_FILE" \
  --parameters "image=$IMAGE" "modelVersion=$MODEL_VERSION" \
  --query "{state: properties.provisioningState, duration: properties.duration}" \
  --output table
