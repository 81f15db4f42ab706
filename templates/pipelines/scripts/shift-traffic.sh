#!/usr/bin/env bash
# Gives the new deployment a share of the endpoint's traffic; the old one keeps the rest.
# Reads: RESOURCE_GROUP, WORKSPACE, ENDPOINT, NEW_DEPLOYMENT, OLD_DEPLOYMENT (may be empty), PERCENT.
set -euo pipefail

here=$(dirname "$0")
if [[ -z $OLD_DEPLOYMENT || $PERCENT == 100 ]]; then
  traffic="$NEW_DEPLOYMENT=100"
  if [[ -n $OLD_DEPLOYMENT ]]; then
    traffic="$OLD_DEPLOYMENT=0 $traffic"
  fi
else
  traffic="$OLD_DEPLOYMENT=$((100 - PERCENT)) $NEW_DEPLOYMENT=$PERCENT"
fi
bash "$here/retry.sh" 3 30 az ml online-endpoint update --resource-group "$RESOURCE_GROUP" \
  --workspace-name "$WORKSPACE" \
  --name "$ENDPOINT" --traffic "$traffic" --output none
echo "traffic: $traffic"
