#!/usr/bin/env bash
# Writes on the registered model how it compared and which job made it. Build, commit and data version are there
# already: the training job registers a model with them.
# Reads: RESOURCE_GROUP, WORKSPACE, MODEL_NAME, MODEL_VERSION, TRAINING_JOB, EVALUATION.
set -euo pipefail

here=$(dirname "$0")
metric=$(jq -r '.metric' "$EVALUATION")
bash "$here/retry.sh" 5 20 az ml model update \
  --resource-group "$RESOURCE_GROUP" --workspace-name "$WORKSPACE" \
  --name "$MODEL_NAME" --version "$MODEL_VERSION" \
  --set "tags.training_job=$TRAINING_JOB" \
  "tags.$metric=$(jq -r '.challenger' "$EVALUATION")" \
  "tags.champion_$metric=$(jq -r '.champion // "none"' "$EVALUATION")" \
  --output none
echo "##vso[build.addbuildtag]model-$MODEL_VERSION"
