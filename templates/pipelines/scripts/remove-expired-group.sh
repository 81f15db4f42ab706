#!/usr/bin/env bash
# Takes the container group down when its last deployment is longer ago than its time to live.
# Reads: RESOURCE_GROUP, CONTAINER_GROUP, TIME_TO_LIVE_HOURS, DRY_RUN.
set -euo pipefail

if ! az container show --resource-group "$RESOURCE_GROUP" --name "$CONTAINER_GROUP" --output none 2>/dev/null; then
  echo "$CONTAINER_GROUP is not running"
  exit 0
fi
deployed=$(az deployment group show --resource-group "$RESOURCE_GROUP" --name "$CONTAINER_GROUP" \
  --query properties.timestamp --output tsv)
age=$((($(date -u +%s) - $(date -u -d "$deployed" +%s)) / 3600))
if ((age < TIME_TO_LIVE_HOURS)); then
  echo "$CONTAINER_GROUP is $age h old and lives $TIME_TO_LIVE_HOURS h"
  exit 0
fi
if [[ ${DRY_RUN,,} == true ]]; then
  echo "$CONTAINER_GROUP is $age h old and would be taken down"
  exit 0
fi
az container delete --resource-group "$RESOURCE_GROUP" --name "$CONTAINER_GROUP" --yes --output none
echo "##vso[task.logissue type=warning]$CONTAINER_GROUP was $age h old and is taken down; a release brings it back"
