#!/usr/bin/env bash
# Starts the retrain pipeline because of drift: once for a version of the model, and not while one is waiting or
# running. The version carries the tag drift_retrain, by which later runs know.
# Reads: RESOURCE_GROUP, WORKSPACE, MODEL_NAME, MODEL_VERSION, DEFAULT_BRANCH, PIPELINE (its name), SYSTEM_ACCESSTOKEN,
# and what Azure Pipelines gives to every script.
set -euo pipefail

here=$(dirname "$0")
scope=(--resource-group "$RESOURCE_GROUP" --workspace-name "$WORKSPACE" --name "$MODEL_NAME"
  --version "$MODEL_VERSION")
fail() {
  echo "##vso[task.logissue type=error]$1"
  exit 1
}
project="$SYSTEM_COLLECTIONURI$SYSTEM_TEAMPROJECTID/_apis"
ask() {
  curl --silent --show-error --fail --retry 3 --header "Authorization: Bearer $SYSTEM_ACCESSTOKEN" "$@"
}

asked=$(bash "$here/retry.sh" 3 20 az ml model show "${scope[@]}" --query "tags.drift_retrain || ''" --output tsv)
if [[ -n $asked && $asked != "$BUILD_BUILDID" ]]; then
  echo "run $asked has asked for a retraining because of $MODEL_NAME:$MODEL_VERSION already"
  exit 0
fi

definitions=$(ask --get --data-urlencode "repositoryId=$BUILD_REPOSITORY_ID" --data "repositoryType=TfsGit" \
  --data "includeAllProperties=true" --data "api-version=7.1" "$project/build/definitions")
file=$(git rev-parse --show-prefix)pipelines/$PIPELINE.yml
pipeline=$(jq -r --arg file "$file" \
  '[.value[] | select((.process.yamlFilename // "" | ltrimstr("/")) == $file) | .id] | min // 0' <<<"$definitions")
((pipeline > 0)) || fail "no pipeline is made from $file: there is nothing to start"
running=$(ask --get --data "definitions=$pipeline" --data "statusFilter=inProgress,notStarted,postponed" \
  --data "api-version=7.1" "$project/build/builds" | jq -r '[.value[].id] | min // 0')
if ((running > 0)); then
  echo "run $running of the retrain pipeline is waiting or running: no other is started"
  exit 0
fi

# Claimed before it is started: a run that breaks off in between starts none, rather than two.
claim() {
  bash "$here/retry.sh" 3 20 az ml model update "${scope[@]}" --set "tags.drift_retrain=$1" --output none
}
claim "$BUILD_BUILDID"
body=$(jq --null-input --arg branch "$DEFAULT_BRANCH" '{resources: {repositories: {self: {refName: $branch}}}}')
if ! run=$(ask --header "Content-Type: application/json" --data "$body" \
  "$project/pipelines/$pipeline/runs?api-version=7.1"); then
  claim ""
  fail "$PIPELINE was not started; the build service of this project needs the permission Queue builds on it"
fi
echo "##vso[build.addbuildtag]retrain"
echo "started run $(jq -r '.id' <<<"$run") of the retrain pipeline"
