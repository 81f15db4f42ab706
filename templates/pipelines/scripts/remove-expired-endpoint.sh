#!/usr/bin/env bash
# Takes the endpoint down when its newest deployment is older than its time to live: deployments cost while they stand.
# Reads: RESOURCE_GROUP, WORKSPACE, ENDPOINT, TIME_TO_LIVE_HOURS, DRY_RUN.
set -euo pipefail

scope=(--resource-group "$RESOURCE_GROUP" --workspace-name "$WORKSPACE")
if ! az ml online-endpoint show "${scope[@]}" --name "$ENDPOINT" --output none 2>/dev/null; then
  echo "$ENDPOINT is not there"
  exit 0
fi
deployed=$(az ml online-deployment list "${scope[@]}" --endpoint-name "$ENDPOINT" --output json |
  jq -r '[.[].tags.deployed_at // empty | tonumber] | max // ""')
if [[ -z $deployed ]]; then
  echo "##vso[task.logissue type=warning]$ENDPOINT has no deployment of the release pipeline: it is left alone"
  exit 0
fi
age=$((($(date -u +%s) - deployed) / 3600))
if ((age < TIME_TO_LIVE_HOURS)); then
  echo "$ENDPOINT is $age h old and lives $TIME_TO_LIVE_HOURS h"
  exit 0
fi
if [[ ${DRY_RUN,,} == true ]]; then
  echo "$ENDPOINT is $age h old and would be taken down"
  exit 0
fi
az ml online-endpoint delete "${scope[@]}" --name "$ENDPOINT" --yes
echo "##vso[task.logissue type=warning]$ENDPOINT was $age h old and is taken down; a release brings it back"
