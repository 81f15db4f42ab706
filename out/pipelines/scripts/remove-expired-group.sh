#!/usr/bin/env bash
# Takes the container group down when its time to live is over; its deployment wrote on it when that is. What has no
# date, or none that can be read, is never taken down.
# Reads: RESOURCE_GROUP, CONTAINER_GROUP, DRY_RUN. Sets: expired.
set -euo pipefail

# A list, not a look at the group: a refusal must not be taken for "there is none".
groups=$(az container list --resource-group "$RESOURCE_GROUP" --output json)
group=$(jq --arg name "$CONTAINER_GROUP" '[.[] | select(.name == $name)] | .[0] // empty' <<<"$groups")
if [[ -z $group ]]; then
  echo "$CONTAINER_GROUP is not running"
  exit 0
fi
expires=$(jq -r '.tags.expiresOn // ""' <<<"$group")
if [[ -z $expires ]]; then
  echo "##vso[task.logissue type=warning]$CONTAINER_GROUP does not say when it expires: it is left alone"
  exit 0
fi
# The forms of utcNow(): 20261130T093000Z, with or without the signs between. `date` itself knows the second only.
form='^([0-9]{4})-?([0-9]{2})-?([0-9]{2})[T ]([0-9]{2}):?([0-9]{2}):?([0-9]{2})Z$'
deadline=
if [[ $expires =~ $form ]]; then
  part=("${BASH_REMATCH[@]}")
  deadline=$(date -u +%s -d "${part[1]}-${part[2]}-${part[3]} ${part[4]}:${part[5]}:${part[6]}") || deadline=
fi
if [[ -z $deadline ]]; then
  echo "##vso[task.logissue type=error]$CONTAINER_GROUP expires at a time that cannot be read: it is left alone"
  exit 1
fi
now=$(date -u +%s)
if ((now < deadline)); then
  echo "$CONTAINER_GROUP lives until $expires"
  exit 0
fi
if [[ ${DRY_RUN,,} != false ]]; then
  echo "$CONTAINER_GROUP expired at $expires and would be taken down"
  echo "##vso[task.setvariable variable=expired;isOutput=true]true"
  exit 0
fi
az container delete --resource-group "$RESOURCE_GROUP" --name "$CONTAINER_GROUP" --yes --output none
echo "##vso[task.logissue type=warning]$CONTAINER_GROUP expired at $expires and is taken down; a release brings it back"
