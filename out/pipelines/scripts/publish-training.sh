#!/usr/bin/env bash
# Publishes everything that training needs to Azure ML: datastores, environment, data asset, pipeline, endpoint,
# schedules. Every step can be repeated. Nothing trains here.
# Reads: RESOURCE_GROUP, WORKSPACE, VERSION, DATA_ASSET, DATA_PATH (data in this repository, if any),
# TRAINING_ENDPOINT, and the variables that Azure Pipelines gives to every script.
set -euo pipefail

here=$(dirname "$0")
scope=(--resource-group "$RESOURCE_GROUP" --workspace-name "$WORKSPACE")

# Ids that the repository does not hold are written there by the names of their variables.
for file in ml/compute/*.yml; do
  text=$(<"$file")
  text=${text//\$AZURE_SUBSCRIPTION_ID/$AZURE_SUBSCRIPTION_ID}
  text=${text//\$AZURE_TENANT_ID/$AZURE_TENANT_ID}
  printf '%s\n' "$text" >"$file"
done
# infrastructure.yml makes the cluster; this covers a workspace that lost it.
for cluster in ml/compute/*.yml; do
  name=$(sed -n 's/^name: *//p' "$cluster" | tr -d "\"'")
  if ! az ml compute show "${scope[@]}" --name "$name" --output none 2>/dev/null; then
    bash "$here/retry.sh" 3 30 az ml compute create "${scope[@]}" --file "$cluster" --output none
  fi
done
for datastore in ml/datastores/*.yml; do
  [[ -e $datastore ]] || continue
  bash "$here/retry.sh" 3 30 az ml datastore create "${scope[@]}" --file "$datastore" --output none
done
for environment in ml/environments/*.yml; do
  bash "$here/retry.sh" 3 30 az ml environment create "${scope[@]}" --file "$environment" --version "$VERSION" \
    --output none
  bash "$here/pin-version.sh" "$(sed -n 's/^name: *//p' "$environment" | tr -d "\"'")" "$VERSION"
done

# Same data, same version: the last commit that touched the data, or its description, names it.
data_version=$(git log -1 --format=%h --abbrev=12 -- "${DATA_PATH:-ml/data/$DATA_ASSET.yml}")
data_version=${data_version:-$VERSION}
if az ml data show "${scope[@]}" --name "$DATA_ASSET" --version "$data_version" --output none 2>/dev/null; then
  echo "data asset $DATA_ASSET:$data_version is there already"
else
  bash "$here/retry.sh" 3 30 az ml data create "${scope[@]}" --file "ml/data/$DATA_ASSET.yml" \
    --version "$data_version" \
    --output none
fi
echo "##vso[build.addbuildtag]data-$data_version"
bash "$here/pin-version.sh" "$DATA_ASSET" "$data_version"

# Its tags say which commit it is: whoever runs it, from whatever commit, trains with this one.
bash "$here/retry.sh" 3 30 az ml component create "${scope[@]}" --file ml/pipelines/training.yml --version "$VERSION" \
  --set "tags.commit=$BUILD_SOURCEVERSION" "tags.build_id=$BUILD_BUILDID" --output none
pipeline=$(sed -n 's/^name: *//p' ml/pipelines/training.yml | tr -d "\"'")
sed -i "s|component: \(\.\./\)*pipelines/training\.yml|component: azureml:$pipeline:$VERSION|" \
  ml/jobs/retrain.yml ml/endpoints/training/deployment.yml

# The new deployment becomes the endpoint's default only when it has been made; callers notice nothing.
if ! az ml batch-endpoint show "${scope[@]}" --name "$TRAINING_ENDPOINT" --output none 2>/dev/null; then
  bash "$here/retry.sh" 3 30 az ml batch-endpoint create "${scope[@]}" --file ml/endpoints/training/endpoint.yml \
    --output none
fi
before=$(az ml batch-endpoint show "${scope[@]}" --name "$TRAINING_ENDPOINT" --query defaults.deployment_name \
  --output tsv)
bash "$here/retry.sh" 3 30 az ml batch-deployment create "${scope[@]}" --file ml/endpoints/training/deployment.yml \
  --set "name=v$VERSION" --set-default --output none

# The deployment before stays, to go back to; older ones would fill the endpoint up (it holds twenty).
deployments=$(az ml batch-deployment list "${scope[@]}" --endpoint-name "$TRAINING_ENDPOINT" --query "[].name" \
  --output tsv)
for deployment in $deployments; do
  if [[ $deployment != "v$VERSION" && $deployment != "$before" ]]; then
    az ml batch-deployment delete "${scope[@]}" --endpoint-name "$TRAINING_ENDPOINT" --name "$deployment" --yes
  fi
done

# The clock of Azure ML runs what the spec gives it, and nothing that the spec gave it earlier.
wanted=" "
for schedule in ml/schedules/*.yml; do
  # The schedule of batch scoring, if there is one, comes with a release.
  grep --quiet --no-messages "training_endpoint: $TRAINING_ENDPOINT" "$schedule" || continue
  bash "$here/retry.sh" 3 30 az ml schedule create "${scope[@]}" --file "$schedule" --output none
  wanted+="$(sed -n 's/^name: //p' "$schedule") "
done
schedules=$(az ml schedule list "${scope[@]}" --output tsv \
  --query "[?tags.training_endpoint=='$TRAINING_ENDPOINT'].name")
for schedule in $schedules; do
  [[ $wanted == *" $schedule "* ]] || az ml schedule disable "${scope[@]}" --name "$schedule" --output none
done
echo "##vso[build.addbuildtag]training-$VERSION"
