#!/usr/bin/env bash
# Shows what a deployment would create, change and delete, in the log and on the run's summary page.
{% if routes %}
# Reads: FOLDER, RESOURCE_GROUP, TEMPLATE (main or router), CLUSTER (of a router), and the ids that the parameter file
# takes from the environment.
{% else %}
# Reads: FOLDER, RESOURCE_GROUP, TEMPLATE (main), and the ids that the parameter file takes from the environment.
{% endif %}
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

{% if routes %}
# Azure predicts a router only where the cluster and the certificate are that it is made with: main.bicep and the vault
# come first. Before that everything in it is new.
if [[ $TEMPLATE == router ]]; then
  here=$(dirname "$0")
  clusters=$(bash "$here/retry.sh" 3 20 az aks list --resource-group "$RESOURCE_GROUP" --query "[].name" --output tsv)
  deployed=$(bash "$here/retry.sh" 3 20 az deployment group list --resource-group "$RESOURCE_GROUP" \
    --query "[?name=='router' && properties.provisioningState=='Succeeded'].name" --output tsv)
  if [[ -z $deployed || $'\n'$clusters$'\n' != *$'\n'$CLUSTER$'\n'* ]]; then
    echo "the cluster $CLUSTER has no router yet: all of $FOLDER/router.bicep would be created"
    jq -r '.. | objects | select(has("apiVersion") and .existing != true) | .type
      | select(. != "Microsoft.Resources/deployments") | "Create\t\(.)"' "$FOLDER/router.json" | show
    exit 0
  fi
fi

{% endif %}
changes=$(az deployment group what-if \
  --resource-group "$RESOURCE_GROUP" \
  --parameters "$FOLDER/$TEMPLATE.bicepparam" \
  --result-format ResourceIdOnly \
  --no-pretty-print \
  --query "changes[].[changeType, resourceId]" \
  --output tsv)
show <<<"$changes"
