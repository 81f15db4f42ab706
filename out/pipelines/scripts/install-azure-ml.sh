#!/usr/bin/env bash
# Installs one exact version of the Azure ML extension of the Azure CLI.
# Reads: AZURE_ML_EXTENSION.
set -euo pipefail

here=$(dirname "$0")
installed=$(az extension list --query "[?name=='ml'].version | [0]" --output tsv)
if [[ $installed == "$AZURE_ML_EXTENSION" ]]; then
  echo "ml $installed is installed"
  exit 0
fi
bash "$here/retry.sh" 3 10 az extension add --name ml --version "$AZURE_ML_EXTENSION" --upgrade --yes
