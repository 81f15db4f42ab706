#!/usr/bin/env bash
# Holds an online endpoint against the contract: one deployment of it by name, or whatever its traffic rules choose.
# Reads: RESOURCE_GROUP, WORKSPACE, ENDPOINT, DEPLOYMENT (may be empty), SMOKE_REPORT.
{% if router %}
# Where a router of our own stands before it: ROUTER_ADDRESS, ROUTER_CERTIFICATE, HOST_NAME.
{% endif %}
set -euo pipefail

scope=(--resource-group "$RESOURCE_GROUP" --workspace-name "$WORKSPACE" --name "$ENDPOINT")
url=$(az ml online-endpoint show "${scope[@]}" --query scoring_uri --output tsv)
# Key or token, as the endpoint's auth_mode says.
SCORING_KEY=$(az ml online-endpoint get-credentials "${scope[@]}" --query "primaryKey || accessToken" --output tsv)
export SCORING_KEY
options=()
if [[ -n $DEPLOYMENT ]]; then
  options=(--header "azureml-model-deployment: $DEPLOYMENT")
fi
{% if router %}
if [[ -n ${ROUTER_ADDRESS:-} ]]; then
  # The one certificate that is taken for the router's: the environment's own.
  url="https://$ROUTER_ADDRESS/${url#*://*/}"
  options+=(--certificate "$ROUTER_CERTIFICATE" --host-name "$HOST_NAME")
fi
{% endif %}
python3 tests/smoke/smoke.py --scoring-url "$url" --contract tests/smoke/contract.json --junit "$SMOKE_REPORT" \
  "${options[@]}"
