#!/usr/bin/env bash
# Takes the container group down when its time to live is over; its deployment wrote on it when that is.
# Reads: RESOURCE_GROUP, CONTAINER_GROUP, DRY_RUN.
set -euo pipefail

if ! expires=$(az container show --resource-group "$RESOURCE_GROUP" --name "$CONTAINER_GROUP" \
  --query "tags.expiresOn || ''" --output tsv 2>/dev/null); then
  echo "$CONTAINER_GROUP is not running"
  exit 0
fi
if [[ -z $expires ]]; then
  echo "##vso[task.logissue type=warning]$CONTAINER_GROUP does not say when it expires: it is left alone"
  exit 0
fi
if (($(date -u +%s) < $(date -u -d "$expires" +%s))); then
  echo "$CONTAINER_GROUP lives until $expires"
  exit 0
fi
if [[ ${DRY_RUN,,} == true ]]; then
  echo "$CONTAINER_GROUP expired at $expires and would be taken down"
  exit 0
fi
az container delete --resource-group "$RESOURCE_GROUP" --name "$CONTAINER_GROUP" --yes --output none
echo "##vso[task.logissue type=warning]$CONTAINER_GROUP expired at $expires and is taken down; a release brings it back"
