#!/usr/bin/env bash
# Submits the training pipeline that build.yml has published, with the run's parameters and its lineage: build, the
# commit that was published, and the data's exact version.
# Reads: RESOURCE_GROUP, WORKSPACE, EXPERIMENT, DATA_ASSET, TRAINING_ENDPOINT, NEW_DATA, BUILD_URI, and what Azure
# Pipelines gives to every script.
# Parameter of the algorithm: ALPHA.
# Sets: TRAINING_JOB, TRAINING_COMMIT, DATA_VERSION, and the output job.
set -euo pipefail

here=$(dirname "$0")
scope=(--resource-group "$RESOURCE_GROUP" --workspace-name "$WORKSPACE")

# Pinned here, so that the model names the data it has really seen.
version=$(bash "$here/retry.sh" 3 20 az ml data show "${scope[@]}" --name "$DATA_ASSET" --label latest --query version \
  --output tsv) || {
  echo "##vso[task.logissue type=error]there is no data asset $DATA_ASSET yet: run the build pipeline first"
  exit 1
}

# What is published may be older than this commit: the job is the published one's, and so is the commit on its tags.
fail() {
  echo "##vso[task.logissue type=error]$1"
  exit 1
}
published=$(bash "$here/retry.sh" 3 20 az ml batch-endpoint show "${scope[@]}" --name "$TRAINING_ENDPOINT" \
  --query defaults.deployment_name --output tsv) || published=
[[ $published =~ ^v[0-9]+$ ]] || fail "no training pipeline is published yet: run the build pipeline first"
pipeline=$(sed -n 's/^name: *//p' ml/pipelines/training.yml | tr -d "\"'")
commit=$(bash "$here/retry.sh" 3 20 az ml component show "${scope[@]}" --name "$pipeline" --version "${published#v}" \
  --query tags.commit --output tsv)
[[ $commit =~ ^[0-9a-f]{40}$ ]] || fail "$pipeline:${published#v} does not say its commit: run the build pipeline again"
git show "$commit:./ml/jobs/retrain.yml" >ml/jobs/published.yml || fail "commit $commit is not in this repository"
sed -i "s|component: \(\.\./\)*pipelines/training\.yml|component: azureml:$pipeline:${published#v}|" \
  ml/jobs/published.yml

settings=(
  "display_name=retrain-$BUILD_BUILDNUMBER"
  "experiment_name=$EXPERIMENT"
  "inputs.data.path=azureml:$DATA_ASSET:$version"
  "inputs.build_id=$BUILD_BUILDID"
  "inputs.build_uri=$BUILD_URI"
  "inputs.commit=$commit"
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
    az ml job create "${scope[@]}" --file ml/jobs/published.yml --name "$job" --set "${settings[@]}" --query name \
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
echo "##vso[task.setvariable variable=TRAINING_COMMIT]$commit"
echo "##vso[task.setvariable variable=DATA_VERSION]$version"
echo "##vso[build.addbuildtag]data-$version"
az ml job show "${scope[@]}" --name "$job" --query "services.Studio.endpoint" --output tsv
