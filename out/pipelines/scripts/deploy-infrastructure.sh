#!/usr/bin/env bash
# Creates the resource group if it is missing, with the tags by which destroy-infrastructure.sh knows its own, and
# deploys one place into it. Incremental mode: a deployment adds and changes, it never deletes.
# Reads: PROJECT, FOLDER, RESOURCE_GROUP, LOCATION, and the ids that the parameter file takes from the environment.
set -euo pipefail

here=$(dirname "$0")
if [[ $(az group exists --name "$RESOURCE_GROUP") != true ]]; then
  az group create --name "$RESOURCE_GROUP" --location "$LOCATION" \
    --tags "project=$PROJECT" "managed-by=mlops-gen" --output none
fi

# A fresh identity's role assignment can be refused for minutes; the deployment itself can be repeated safely.
bash "$here/retry.sh" 3 60 az deployment group create \
  --name "$(basename "$FOLDER")" \
  --resource-group "$RESOURCE_GROUP" \
  --parameters "$FOLDER/main.bicepparam" \
  --mode Incremental \
  --query "{state: properties.provisioningState, duration: properties.duration}" \
  --output table
