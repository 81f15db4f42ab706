#!/usr/bin/env bash
# Shows what a deployment would create, change and delete, in the log and on the run's summary page.
# Reads: FOLDER, RESOURCE_GROUP, TEMPLATE (main), and the ids that the parameter file takes from the environment.
set -euo pipefail

here=$(dirname "$0")
# An answer, and not a refusal: who may not see the group must not show that all would be created.
exists=$(az group exists --name "$RESOURCE_GROUP")
if [[ $exists != true ]]; then
  echo "resource group $RESOURCE_GROUP does not exist yet: everything would be created"
  exit 0
fi

# By their ids alone Azure would say of all that is there that it is deployed again, and not what changes.
changes=$(az deployment group what-if \
  --resource-group "$RESOURCE_GROUP" \
  --parameters "$FOLDER/$TEMPLATE.bicepparam" \
  --result-format FullResourcePayloads \
  --no-pretty-print \
  --query "changes[].[changeType, resourceId, to_string(delta[].path)]" \
  --output tsv)
bash "$here/show-changes.sh" "$FOLDER/$TEMPLATE.bicep" <<<"$changes"
