#!/usr/bin/env bash
# Pushes the scoring image and locks its tag: one version of a model is one image, for ever.
# Reads: REGISTRY, IMAGE, IMAGE_REPOSITORY, MODEL_VERSION.
set -euo pipefail

here=$(dirname "$0")
bash "$here/retry.sh" 5 20 az acr login --name "$REGISTRY"
locked=$(az acr repository show --name "$REGISTRY" --image "$IMAGE_REPOSITORY:$MODEL_VERSION" \
  --query "changeableAttributes.writeEnabled" --output tsv 2>/dev/null || true)
if [[ ${locked,,} == false ]]; then
  echo "$IMAGE is in the registry already and locked; this run deploys that image"
  exit 0
fi
bash "$here/retry.sh" 3 20 docker push "$IMAGE"
az acr repository update --name "$REGISTRY" --image "$IMAGE_REPOSITORY:$MODEL_VERSION" \
  --write-enabled false --output none
