#!/usr/bin/env bash
# Submits the job that holds the scoring log against the training rows of the model that was released last. Without a
# released model there is nothing to judge, and the run ends green.
# Reads: RESOURCE_GROUP, WORKSPACE, TRAINING_ENDPOINT, MODEL_NAME, DAYS, and what Azure Pipelines gives to every script.
# Sets: DRIFT_JOB, MODEL_VERSION, and the outputs job and modelVersion.
set -euo pipefail

here=$(dirname "$0")
scope=(--resource-group "$RESOURCE_GROUP" --workspace-name "$WORKSPACE")
fail() {
  echo "##vso[task.logissue type=error]$1"
  exit 1
}
[[ $DAYS =~ ^[1-9][0-9]{0,3}$ ]] || fail "days must be a whole number from 1 to 9999"

# record-release.sh writes these tags when a release has gone through every environment.
released=$(bash "$here/retry.sh" 3 20 az ml model list "${scope[@]}" --name "$MODEL_NAME" \
  --query "[?tags.released_at].[tags.released_at, version]" --output tsv)
version=$(sort <<<"$released" | tail -n 1 | cut -f 2)
if [[ -z $version ]]; then
  echo "no version of $MODEL_NAME is released yet: nothing to judge"
  exit 0
fi
[[ $version =~ ^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$ ]] || fail "$MODEL_NAME has a released version with a strange name"

# The programs are those that build.yml published last.
published=$(bash "$here/retry.sh" 3 20 az ml batch-endpoint show "${scope[@]}" --name "$TRAINING_ENDPOINT" \
  --query defaults.deployment_name --output tsv) || published=
[[ $published =~ ^v[0-9]+$ ]] || fail "no training pipeline is published yet: run the build pipeline first"
programs=$(sed -n 's/^name: *//p' ml/environments/training.yml | tr -d "\"'")

# A request that seemed to fail may still have made the job: it has a name of its own, so trying again makes no second.
job="drift-$BUILD_BUILDID-$SYSTEM_JOBATTEMPT"
submit() {
  az ml job show "${scope[@]}" --name "$job" --query name --output tsv 2>/dev/null ||
    az ml job create "${scope[@]}" --file ml/jobs/drift.yml --name "$job" --query name --output tsv --set \
      "display_name=drift-$BUILD_BUILDNUMBER" \
      "environment=azureml:$programs:${published#v}" \
      "inputs.model.path=azureml:$MODEL_NAME:$version" \
      "inputs.days=$DAYS" \
      "tags.model_version=$version"
}
for ((try = 1; ; try++)); do
  if submit; then
    break
  elif ((try >= 3)); then
    fail "the drift job could not be submitted"
  fi
  sleep 30
done

echo "##vso[task.setvariable variable=job;isOutput=true]$job"
echo "##vso[task.setvariable variable=modelVersion;isOutput=true]$version"
echo "##vso[task.setvariable variable=DRIFT_JOB]$job"
echo "##vso[task.setvariable variable=MODEL_VERSION]$version"
echo "##vso[build.addbuildtag]model-$version"
az ml job show "${scope[@]}" --name "$job" --query "services.Studio.endpoint" --output tsv
