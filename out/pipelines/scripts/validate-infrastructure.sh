#!/usr/bin/env bash
# Compiles and lints the Bicep files of one place, then asks Azure whether it would accept the deployment.
# Reads: FOLDER, RESOURCE_GROUP, and the ids that the parameter file takes from the environment.
set -euo pipefail

here=$(dirname "$0")
bash "$here/compile-infrastructure.sh"
if ! exists=$(az group exists --name "$RESOURCE_GROUP"); then
  # Azure says the same of a group that was destroyed and of one that this identity may not see: no pull request has to
  # wait for that.
  echo "##vso[task.logissue type=warning]resource group $RESOURCE_GROUP cannot be seen: Azure was not asked"
  exit 0
fi
if [[ $exists != true ]]; then
  echo "resource group $RESOURCE_GROUP does not exist yet: Azure is asked once infrastructure.yml has made it"
  exit 0
fi
bash "$here/retry.sh" 3 20 az deployment group validate \
  --resource-group "$RESOURCE_GROUP" \
  --parameters "$FOLDER/main.bicepparam" \
  --output none
echo "Azure accepts $FOLDER in $RESOURCE_GROUP"
