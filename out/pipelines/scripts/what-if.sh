#!/usr/bin/env bash
# Shows what a deployment would create, change and delete, in the log and on the run's summary page.
# Reads: FOLDER, RESOURCE_GROUP, TEMPLATE (main), and the ids that the parameter file takes from the environment.
set -euo pipefail

if [[ $(az group exists --name "$RESOURCE_GROUP") != true ]]; then
  echo "resource group $RESOURCE_GROUP does not exist yet: everything would be created"
  exit 0
fi

# What is shown is a table, a change and a resource a line.
show() {
  local summary="${AGENT_TEMPDIRECTORY:-/tmp}/what-if-$RESOURCE_GROUP-$TEMPLATE.md"
  {
    echo "### $FOLDER/$TEMPLATE.bicep: what a deployment would change"
    echo
    echo "| Change | Resource |"
    echo "|---|---|"
    while IFS=$'\t' read -r change resource; do
      [[ -n $change && $change != NoChange && $change != Ignore ]] || continue
      echo "| $change | \`${resource##*/providers/}\` |"
    done
  } >"$summary"
  cat "$summary"
  echo "##vso[task.uploadsummary]$summary"
}

changes=$(az deployment group what-if \
  --resource-group "$RESOURCE_GROUP" \
  --parameters "$FOLDER/$TEMPLATE.bicepparam" \
  --result-format ResourceIdOnly \
  --no-pretty-print \
  --query "changes[].[changeType, resourceId]" \
  --output tsv)
show <<<"$changes"
