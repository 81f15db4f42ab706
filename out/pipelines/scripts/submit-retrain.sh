#!/usr/bin/env bash
# Submits the training job with the run's parameters and its lineage: build, commit and the data's exact version.
# Reads: RESOURCE_GROUP, WORKSPACE, EXPERIMENT, DATA_ASSET, NEW_DATA, BUILD_URI, ALPHA, and
# the variables that Azure Pipelines gives to every script. Sets: TRAINING_JOB, DATA_VERSION, and the output job.
set -euo pipefail

here=$(dirname "$0")
scope=(--resource-group "$RESOURCE_GROUP" --workspace-name "$WORKSPACE")

# Pinned here, so that the model names the data it has really seen.
version=$(bash "$here/retry.sh" 3 20 az ml data show "${scope[@]}" --name "$DATA_ASSET" --label latest --query version \
  --output tsv) || {
  echo "##vso[task.logissue type=error]there is no data asset $DATA_ASSET yet: run the build pipeline first"
  exit 1
}

settings=(
  "display_name=retrain-$BUILD_BUILDNUMBER"
  "experiment_name=$EXPERIMENT"
  "inputs.data.path=azureml:$DATA_ASSET:$version"
  "inputs.build_id=$BUILD_BUILDID"
  "inputs.build_uri=$BUILD_URI"
  "inputs.commit=$BUILD_SOURCEVERSION"
  "inputs.data_version=$version"
  "tags.reason=$BUILD_REASON"
)
if [[ ! $ALPHA =~ ^[0-9]*[.]?[0-9]+([eE][-+]?[0-9]+)?$ ]]; then
  echo "##vso[task.logissue type=error]parameter alpha must be a number, 0 or greater"
  exit 1
fi
settings+=("inputs.alpha=$ALPHA")
if [[ -n $NEW_DATA ]]; then
  # A name from outside: one tag's value, in one argument, and nothing else.
  settings+=("tags.new_data=${NEW_DATA//[^A-Za-z0-9.:_%\/-]/_}")
fi

# A request that seemed to fail may still have made the job: it has a name of its own, so trying again makes no second.
job="retrain-$BUILD_BUILDID-$SYSTEM_JOBATTEMPT"
submit() {
  az ml job show "${scope[@]}" --name "$job" --query name --output tsv 2>/dev/null ||
    az ml job create "${scope[@]}" --file ml/jobs/retrain.yml --name "$job" --set "${settings[@]}" --query name \
      --output tsv
}
for ((try = 1; ; try++)); do
  if submit; then
    break
  elif ((try >= 3)); then
    echo "##vso[task.logissue type=error]the training job could not be submitted"
    exit 1
  fi
  sleep 30
done

echo "##vso[task.setvariable variable=job;isOutput=true]$job"
echo "##vso[task.setvariable variable=TRAINING_JOB]$job"
echo "##vso[task.setvariable variable=DATA_VERSION]$version"
echo "##vso[build.addbuildtag]data-$version"
az ml job show "${scope[@]}" --name "$job" --query "services.Studio.endpoint" --output tsv
