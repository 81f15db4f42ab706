#!/usr/bin/env bash
# Gives the released model to batch scoring: the endpoint's deployment, and the schedule if there is one.
# Reads: RESOURCE_GROUP, WORKSPACE, BATCH_ENDPOINT, TRAINING_ENDPOINT, MODEL_NAME, MODEL_VERSION{% if schedule %}, SCHEDULE{% endif %}.
set -euo pipefail

here=$(dirname "$0")
scope=(--resource-group "$RESOURCE_GROUP" --workspace-name "$WORKSPACE")

for datastore in ml/datastores/*.yml; do
  [[ -e $datastore ]] || continue
  bash "$here/retry.sh" 3 30 az ml datastore create "${scope[@]}" --file "$datastore" --output none
done
# This version, not one that somebody registers meanwhile, with the programs of the training that is published.
published=$(bash "$here/retry.sh" 3 20 az ml batch-endpoint show "${scope[@]}" --name "$TRAINING_ENDPOINT" \
  --query defaults.deployment_name --output tsv)
if [[ ! $published =~ ^v[0-9]+$ ]]; then
  echo "##vso[task.logissue type=error]no training pipeline is published: run the build pipeline first"
  exit 1
fi
bash "$here/pin-version.sh" "$MODEL_NAME" "$MODEL_VERSION"
for environment in ml/environments/*.yml; do
  bash "$here/pin-version.sh" "$(sed -n 's/^name: *//p' "$environment" | tr -d "\"'")" "${published#v}"
done
if ! az ml batch-endpoint show "${scope[@]}" --name "$BATCH_ENDPOINT" --output none 2>/dev/null; then
  bash "$here/retry.sh" 3 30 az ml batch-endpoint create "${scope[@]}" --file ml/endpoints/batch-scoring/endpoint.yml \
    --output none
fi
deployment="m$(tr -c 'A-Za-z0-9' '-' <<<"$MODEL_VERSION" | sed 's/-*$//' | cut -c 1-30)"
before=$(az ml batch-endpoint show "${scope[@]}" --name "$BATCH_ENDPOINT" --query defaults.deployment_name --output tsv)
bash "$here/retry.sh" 3 30 az ml batch-deployment create "${scope[@]}" \
  --file ml/endpoints/batch-scoring/deployment.yml \
  --set "name=$deployment" --set-default --output none
if [[ -n $before && $before != "$deployment" ]]; then
  az ml batch-deployment delete "${scope[@]}" --endpoint-name "$BATCH_ENDPOINT" --name "$before" --yes
fi
{% if schedule %}
# The only clock of batch scoring; it is Azure ML's, because no pipeline has to wait for the result.
bash "$here/retry.sh" 3 30 az ml schedule create "${scope[@]}" --file "$SCHEDULE" --output none
{% endif %}
