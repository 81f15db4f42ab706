#!/usr/bin/env bash
# Finds the container group's address and holds it against the contract.
# Reads: RESOURCE_GROUP, CONTAINER_GROUP, KEY_VAULT, CERTIFICATE, HOST_NAME, SMOKE_REPORT, SCORING_KEY.
set -euo pipefail

address=$(az container show --resource-group "$RESOURCE_GROUP" --name "$CONTAINER_GROUP" \
  --query "join(':', [ipAddress.fqdn || ipAddress.ip, to_string(ipAddress.ports[0].port)])" --output tsv)
# The one certificate that is taken for the server's: the environment's own.
bash "$(dirname "$0")/fetch-certificate.sh" "$SMOKE_REPORT.pem"
python3 tests/smoke/smoke.py --url "https://$address" --certificate "$SMOKE_REPORT.pem" --host-name "$HOST_NAME" \
  --contract tests/smoke/contract.json --wait 300 --junit "$SMOKE_REPORT"
