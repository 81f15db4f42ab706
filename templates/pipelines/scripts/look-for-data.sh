#!/usr/bin/env bash
# Looks whether files have arrived since the last look that found some. Files that arrive together are one retraining:
# as long as they come within a quarter of an hour of one another it waits, an hour at the most.
# Reads: STORAGE, CONTAINER, PREFIX, SYSTEM_ACCESSTOKEN, and what Azure Pipelines gives to every script.
# Sets: arrived (true or false), newest (the last file, empty where there is none).
set -euo pipefail

here=$(dirname "$0")
answer() {
  echo "$2"
  echo "##vso[task.setvariable variable=arrived;isOutput=true]$1"
  echo "##vso[task.setvariable variable=newest;isOutput=true]${3:-}"
  exit 0
}

# How far a look has got stands on its run, which outlives agents.
runs=$(curl --silent --show-error --fail --retry 3 --get \
  --header "Authorization: Bearer $SYSTEM_ACCESSTOKEN" \
  --data "definitions=$SYSTEM_DEFINITIONID" \
  --data "tagFilters=new-data" \
  --data "queryOrder=queueTimeDescending" \
  --data-urlencode "\$top=1" \
  --data "api-version=7.1" \
  "$SYSTEM_COLLECTIONURI$SYSTEM_TEAMPROJECTID/_apis/build/builds")
seen=$(jq -r '[.value[0].tags // [] | .[] | select(test("^until-[0-9]{14}$")) | ltrimstr("until-")] | max // "0"' \
  <<<"$runs")

files=$(bash "$here/retry.sh" 3 20 az storage blob list --account-name "$STORAGE" --container-name "$CONTAINER" \
  --prefix "$PREFIX" --auth-mode login --num-results "*" --query "[].{name: name, at: properties.lastModified}" \
  --output json)
fresh=$(jq -c --arg seen "$seen" 'map({name, at: (.at[0:19] | gsub("[^0-9]"; ""))}) |
  map(select((.at | test("^[0-9]{14}$")) and (.at | tonumber) > ($seen | tonumber))) | sort_by(.at)' <<<"$files")
count=$(jq length <<<"$fresh")
if [[ $count == 0 ]]; then
  answer false "nothing has arrived in $CONTAINER/$PREFIX"
fi
first=$(jq -r '.[0].at' <<<"$fresh")
last=$(jq -r '.[-1].at' <<<"$fresh")
quiet=$(date --utc --date "-{= settle =} minutes" +%Y%m%d%H%M%S)
patient=$(date --utc --date "-60 minutes" +%Y%m%d%H%M%S)
if [[ $last > $quiet && $first > $patient ]]; then
  answer false "$count files have arrived, the last one just now: a later look takes them all"
fi
echo "##vso[build.addbuildtag]new-data"
echo "##vso[build.addbuildtag]until-$last"
# Whoever writes a blob chooses its name.
name=$(jq -r '.[-1].name' <<<"$fresh")
answer true "$count files have arrived" "${name//[^A-Za-z0-9.:_\/-]/_}"
