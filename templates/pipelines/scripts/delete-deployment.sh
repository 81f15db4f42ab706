#!/usr/bin/env bash
# Removes a deployment that has no traffic any more.
# Reads: RESOURCE_GROUP, WORKSPACE, ENDPOINT, DEPLOYMENT.
set -euo pipefail

here=$(dirname "$0")
bash "$here/retry.sh" 3 30 az ml online-deployment delete --resource-group "$RESOURCE_GROUP" \
  --workspace-name "$WORKSPACE" \
  --endpoint-name "$ENDPOINT" --name "$DEPLOYMENT" --yes
