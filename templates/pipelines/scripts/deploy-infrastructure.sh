#!/usr/bin/env bash
# Creates the resource group if it is missing, with the tags by which destroy-infrastructure.sh knows its own, and
# deploys one place into it. A vault that was destroyed there is recovered first: its name is kept for 90 days, and a
# deployment that makes it anew is refused. Incremental mode: a deployment adds and changes, it never deletes.
# Reads: PROJECT, FOLDER, RESOURCE_GROUP, LOCATION, and the ids that the parameter file takes from the environment.
set -euo pipefail

here=$(dirname "$0")
exists=$(az group exists --name "$RESOURCE_GROUP")
if [[ $exists != true ]]; then
  az group create --name "$RESOURCE_GROUP" --location "$LOCATION" \
    --tags "project=$PROJECT" "managed-by=mlops-gen" --output none
fi

vault=$(jq -r '.parameters.keyVaultName.value // ""' "$FOLDER/main.parameters.json")
present=$(az keyvault list --resource-group "$RESOURCE_GROUP" --query "[].name" --output tsv)
if [[ -n $vault && $'\n'$present$'\n' != *$'\n'$vault$'\n'* ]]; then
  # One request in the resource group itself; looking through what is deleted would need rights on the subscription.
  group=$(az group show --name "$RESOURCE_GROUP" --query id --output tsv)
  body=$(jq -cn --arg location "$LOCATION" --arg tenant "$(az account show --query tenantId --output tsv)" \
    '{$location, properties: {createMode: "recover", tenantId: $tenant, sku: {family: "A", name: "standard"}}}')
  az rest --method put --body "$body" --output none \
    --url "https://management.azure.com$group/providers/Microsoft.KeyVault/vaults/$vault?api-version={= api.key_vault =}" \
    2>/dev/null && echo "recovered the key vault $vault" || echo "there is no deleted key vault $vault: it is made"
fi

# A fresh identity's role assignment can be refused for minutes; the deployment itself can be repeated safely.
bash "$here/retry.sh" 3 60 az deployment group create \
  --name "$(basename "$FOLDER")" \
  --resource-group "$RESOURCE_GROUP" \
  --parameters "$FOLDER/main.bicepparam" \
  --mode Incremental \
  --query "{state: properties.provisioningState, duration: properties.duration}" \
  --output table
