#!/usr/bin/env bash
# Finds the numbers of the pipelines that events start, by the files that they were made from; the platform's parameter
# file reads them. A pipeline that is not there yet is number 0: its events come to nothing until the next deployment.
# Reads: SYSTEM_ACCESSTOKEN, and the variables that Azure Pipelines gives to every script.
# Sets: RELEASE_PIPELINE_ID, RETRAIN_PIPELINE_ID.
set -euo pipefail

definitions=$(curl --silent --show-error --fail --retry 3 --get \
  --header "Authorization: Bearer $SYSTEM_ACCESSTOKEN" \
  --data-urlencode "repositoryId=$BUILD_REPOSITORY_ID" \
  --data "repositoryType=TfsGit" \
  --data "includeAllProperties=true" \
  --data "api-version=7.1" \
  "$SYSTEM_COLLECTIONURI$SYSTEM_TEAMPROJECTID/_apis/build/definitions")
folder=$(git rev-parse --show-prefix)
for pipeline in release retrain; do
  id=$(jq -r --arg file "${folder}pipelines/$pipeline.yml" \
    '[.value[] | select((.process.yamlFilename // "" | ltrimstr("/")) == $file) | .id] | min // 0' <<<"$definitions")
  if [[ $id == 0 ]]; then
    echo "##vso[task.logissue type=warning]no pipeline is made from pipelines/$pipeline.yml yet: events cannot start it"
  fi
  echo "##vso[task.setvariable variable=${pipeline^^}_PIPELINE_ID]$id"
done
