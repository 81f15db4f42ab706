#!/usr/bin/env bash
# Finds the container group's address and holds it against the contract.
# Reads: RESOURCE_GROUP, CONTAINER_GROUP,{% if tls %} KEY_VAULT, CERTIFICATE, HOST_NAME,{% endif %} SMOKE_REPORT{% if fetch_key and not tls %}, KEY_VAULT{% endif %}{% if scoring_key and not fetch_key %}, SCORING_KEY{% endif %}{% if entra %}, ENTRA_AUDIENCE{% endif %}.
set -euo pipefail

address=$(az container show --resource-group "$RESOURCE_GROUP" --name "$CONTAINER_GROUP" \
  --query "join(':', [ipAddress.fqdn || ipAddress.ip, to_string(ipAddress.ports[0].port)])" --output tsv)
{% if fetch_key %}
# No variable group reads a vault behind a private endpoint; an agent inside does.
SCORING_KEY=$(az keyvault secret show --vault-name "$KEY_VAULT" --name scoring-key --query value --output tsv)
echo "##vso[task.setsecret]$SCORING_KEY"
export SCORING_KEY
{% endif %}
{% if entra %}
SCORING_KEY=$(az account get-access-token --resource "$ENTRA_AUDIENCE" --query accessToken --output tsv)
export SCORING_KEY
{% endif %}
{% if tls %}
# The one certificate that is taken for the server's: the environment's own.
bash "$(dirname "$0")/fetch-certificate.sh" "$SMOKE_REPORT.pem"
python3 tests/smoke/smoke.py --url "https://$address" --certificate "$SMOKE_REPORT.pem" --host-name "$HOST_NAME" \
  --contract tests/smoke/contract.json --wait 300 --junit "$SMOKE_REPORT"
{% else %}
python3 tests/smoke/smoke.py --url "http://$address" --contract tests/smoke/contract.json --wait 300 \
  --junit "$SMOKE_REPORT"
{% endif %}
