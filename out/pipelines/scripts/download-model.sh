#!/usr/bin/env bash
# Downloads one version of the model to where the Dockerfile looks for it.
# Reads: RESOURCE_GROUP, WORKSPACE, MODEL_NAME, MODEL_VERSION.
set -euo pipefail

here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bash "$here/retry.sh" 3 20 az ml model download \
  --resource-group "$RESOURCE_GROUP" --workspace-name "$WORKSPACE" \
  --name "$MODEL_NAME" --version "$MODEL_VERSION" \
  --download-path "$work" --output none

# The folder inside is named after the artifact, which differs from one way of registering to the next.
file=$(find "$work" -name model.json -print -quit)
if [[ -z $file ]]; then
  echo "##vso[task.logissue type=error]$MODEL_NAME:$MODEL_VERSION holds no model.json"
  exit 1
fi
rm -rf model-files
mkdir model-files
cp -R "$(dirname "$file")"/. model-files/
ls -l model-files
