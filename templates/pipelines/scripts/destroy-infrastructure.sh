#!/usr/bin/env bash
# Deletes a resource group that this project made, and says what Azure keeps afterwards. What is deployed there again
# takes up the vault that Azure keeps; workspaces are deleted for good first, because their names would stay taken.
# Reads: PROJECT, CONFIRMATION, RESOURCE_GROUP.
set -euo pipefail

if [[ $CONFIRMATION != "$PROJECT" ]]; then
  echo "##vso[task.logissue type=error]nothing was destroyed: the project's name was not typed"
  exit 1
fi
# An answer, and not a refusal: who may not see the group must not hear that there is nothing to do.
exists=$(az group exists --name "$RESOURCE_GROUP")
if [[ $exists != true ]]; then
  echo "resource group $RESOURCE_GROUP does not exist: nothing to do"
  exit 0
fi
owner=$(az group show --name "$RESOURCE_GROUP" --query "join('/', [tags.\"managed-by\" || '', tags.project || ''])" \
  --output tsv)
if [[ $owner != "mlops-gen/$PROJECT" ]]; then
  echo "##vso[task.logissue type=error]$RESOURCE_GROUP is not tagged managed-by=mlops-gen, project=$PROJECT: it may" \
    "hold what others own, so it is left alone"
  exit 1
fi

vaults=$(az keyvault list --resource-group "$RESOURCE_GROUP" --query "[].name" --output tsv)
workspaces=$(az resource list --resource-group "$RESOURCE_GROUP" \
  --resource-type Microsoft.MachineLearningServices/workspaces --query "[].name" --output tsv)
group=$(az group show --name "$RESOURCE_GROUP" --query id --output tsv)
for workspace in $workspaces; do
  address="https://management.azure.com$group/providers/Microsoft.MachineLearningServices/workspaces/$workspace"
  az rest --method delete --url "$address?api-version={= api.workspace =}&forceToPurge=true" --output none
  for ((try = 0; try < 40; try++)); do
    left=$(az resource list --resource-group "$RESOURCE_GROUP" --name "$workspace" \
      --resource-type Microsoft.MachineLearningServices/workspaces --query "[].name" --output tsv)
    [[ -n $left ]] || break
    sleep 15
  done
done
az group delete --name "$RESOURCE_GROUP" --yes
echo "deleted $RESOURCE_GROUP"
for vault in $vaults; do
  echo "##vso[task.logissue type=warning]key vault $vault is soft-deleted: nobody else can take its name, and" \
    "the next deployment here recovers it with its secrets"
done
