#!/usr/bin/env bash
# Finds the container group's address and holds it against the contract.
# Reads: RESOURCE_GROUP, CONTAINER_GROUP, SMOKE_REPORT, SCORING_KEY.
set -euo pipefail

address=$(az container show --resource-group "$RESOURCE_GROUP" --name "$CONTAINER_GROUP" \
  --query "join(':', [ipAddress.fqdn || ipAddress.ip, to_string(ipAddress.ports[0].port)])" --output tsv)
python3 tests/smoke/smoke.py --url "http://$address" --contract tests/smoke/contract.json --wait 300 \
  --junit "$SMOKE_REPORT"
