#!/usr/bin/env bash
# Writes on the model that it is released, by which run, as which image.
# Reads: RESOURCE_GROUP, WORKSPACE, MODEL_NAME, MODEL_VERSION, IMAGE.
set -euo pipefail

here=$(dirname "$0")
bash "$here/retry.sh" 3 10 az ml model update \
  --resource-group "$RESOURCE_GROUP" --workspace-name "$WORKSPACE" \
  --name "$MODEL_NAME" --version "$MODEL_VERSION" \
  --set "tags.released=$BUILD_BUILDID" "tags.released_at=$(date -u +%Y-%m-%dT%H:%M:%SZ)" "tags.image=$IMAGE" \
  --output none
