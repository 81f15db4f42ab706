#!/usr/bin/env bash
# Asks for the client id of the scoring identity, which Azure makes up when it creates the identity.
# Reads: IDENTITY_GROUP, IDENTITY. Sets: IDENTITY_CLIENT_ID.
set -euo pipefail

here=$(dirname "$0")
id=$(bash "$here/retry.sh" 3 20 az identity show --resource-group "$IDENTITY_GROUP" --name "$IDENTITY" \
  --query clientId \
  --output tsv)
echo "##vso[task.setvariable variable=IDENTITY_CLIENT_ID]$id"
