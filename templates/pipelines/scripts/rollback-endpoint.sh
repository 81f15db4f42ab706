#!/usr/bin/env bash
# Gives all of the traffic back to the deployment that served before, and removes the one that failed.
# Reads: RESOURCE_GROUP, WORKSPACE, ENDPOINT, NEW_DEPLOYMENT, OLD_DEPLOYMENT (may be empty).
set -euo pipefail

here=$(dirname "$0")
scope=(--resource-group "$RESOURCE_GROUP" --workspace-name "$WORKSPACE")
if [[ -n $OLD_DEPLOYMENT ]]; then
  bash "$here/retry.sh" 3 30 az ml online-endpoint update "${scope[@]}" --name "$ENDPOINT" \
    --traffic "$OLD_DEPLOYMENT=100 $NEW_DEPLOYMENT=0" --output none
else
  # The first release: nothing served before, so nothing serves now.
  az ml online-endpoint update "${scope[@]}" --name "$ENDPOINT" --traffic "$NEW_DEPLOYMENT=0" --output none || true
fi
az ml online-deployment get-logs "${scope[@]}" --endpoint-name "$ENDPOINT" --name "$NEW_DEPLOYMENT" --lines 100 || true
bash "$here/retry.sh" 3 30 az ml online-deployment delete "${scope[@]}" --endpoint-name "$ENDPOINT" \
  --name "$NEW_DEPLOYMENT" --yes
echo "serving: ${OLD_DEPLOYMENT:-nothing}"
