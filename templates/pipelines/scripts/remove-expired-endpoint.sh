#!/usr/bin/env bash
# Takes the endpoint down when its newest deployment is older than its time to live: deployments cost while they stand.
# An endpoint with a deployment that has no date, or none that can be read, is never taken down.
# Reads: RESOURCE_GROUP, WORKSPACE, ENDPOINT, TIME_TO_LIVE_HOURS, DRY_RUN. Sets: expired.
set -euo pipefail

scope=(--resource-group "$RESOURCE_GROUP" --workspace-name "$WORKSPACE")
# Lists, not looks at one: a refusal must not be taken for "there is none".
endpoints=$(az ml online-endpoint list "${scope[@]}" --output json)
if ! jq -e --arg name "$ENDPOINT" 'any(.[]; .name == $name)' <<<"$endpoints" >/dev/null; then
  echo "$ENDPOINT is not there"
  exit 0
fi
deployments=$(az ml online-deployment list "${scope[@]}" --endpoint-name "$ENDPOINT" --output json)
# deploy-endpoint.sh writes seconds since 1970.
dates=$(jq -r '.[] | .tags.deployed_at // "none" | tostring | gsub("[^A-Za-z0-9.+-]"; "?")' <<<"$deployments")
if [[ -z $dates ]]; then
  echo "##vso[task.logissue type=warning]$ENDPOINT has no deployment: it is left alone"
  exit 0
fi
newest=0
while read -r date; do
  if [[ ! $date =~ ^[1-9][0-9]{8,10}$ ]]; then
    echo "##vso[task.logissue type=error]$ENDPOINT has a deployment of a time that cannot be read: it is left alone"
    exit 1
  fi
  if ((date > newest)); then
    newest=$date
  fi
done <<<"$dates"
[[ $TIME_TO_LIVE_HOURS =~ ^[1-9][0-9]{0,5}$ ]] || {
  echo "##vso[task.logissue type=error]the time to live is no number of hours"
  exit 1
}
now=$(date -u +%s)
age=$(((now - newest) / 3600))
if ((age < TIME_TO_LIVE_HOURS)); then
  echo "$ENDPOINT is $age h old and lives $TIME_TO_LIVE_HOURS h"
  exit 0
fi
if [[ ${DRY_RUN,,} != false ]]; then
  echo "$ENDPOINT is $age h old and would be taken down"
  echo "##vso[task.setvariable variable=expired;isOutput=true]true"
  exit 0
fi
az ml online-endpoint delete "${scope[@]}" --name "$ENDPOINT" --yes
echo "##vso[task.logissue type=warning]$ENDPOINT was $age h old and is taken down; a release brings it back"
