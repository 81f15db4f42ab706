#!/usr/bin/env bash
# Shows what a deployment would create, change and delete, in the log and on the run's summary page.
{% if routes %}
# Reads: FOLDER, RESOURCE_GROUP, TEMPLATE (main or router), CLUSTER (of a router), and the ids that the parameter file
# takes from the environment.
{% else %}
# Reads: FOLDER, RESOURCE_GROUP, TEMPLATE (main), and the ids that the parameter file takes from the environment.
{% endif %}
set -euo pipefail

here=$(dirname "$0")
# An answer, and not a refusal: who may not see the group must not show that all would be created.
exists=$(az group exists --name "$RESOURCE_GROUP")
if [[ $exists != true ]]; then
  echo "resource group $RESOURCE_GROUP does not exist yet: everything would be created"
  exit 0
fi

{% if routes %}
# Azure predicts a router only where the cluster and the certificate are that it is made with: main.bicep and the vault
# come first. Before that everything in it is new.
if [[ $TEMPLATE == router ]]; then
  clusters=$(bash "$here/retry.sh" 3 20 az aks list --resource-group "$RESOURCE_GROUP" --query "[].name" --output tsv)
  deployed=$(bash "$here/retry.sh" 3 20 az deployment group list --resource-group "$RESOURCE_GROUP" \
    --query "[?name=='router' && properties.provisioningState=='Succeeded'].name" --output tsv)
  if [[ -z $deployed || $'\n'$clusters$'\n' != *$'\n'$CLUSTER$'\n'* ]]; then
    echo "the cluster $CLUSTER has no router yet: all of $FOLDER/router.bicep would be created"
    jq -r '.. | objects | select(has("apiVersion") and .existing != true) | .type
      | select(. != "Microsoft.Resources/deployments") | "Create\t\(.)"' "$FOLDER/router.json" |
      bash "$here/show-changes.sh" "$FOLDER/router.bicep"
    exit 0
  fi
fi

{% endif %}
# By their ids alone Azure would say of all that is there that it is deployed again, and not what changes.
changes=$(az deployment group what-if \
  --resource-group "$RESOURCE_GROUP" \
  --parameters "$FOLDER/$TEMPLATE.bicepparam" \
  --result-format FullResourcePayloads \
  --no-pretty-print \
  --query "changes[].[changeType, resourceId, to_string(delta[].path)]" \
  --output tsv)
bash "$here/show-changes.sh" "$FOLDER/$TEMPLATE.bicep" <<<"$changes"
