#!/usr/bin/env bash
# Lets the new deployment serve its share of the traffic for a while, and holds its errors and latency against those of
# the deployment that serves the rest.
# Reads: RESOURCE_GROUP, WORKSPACE, ENDPOINT, NEW_DEPLOYMENT, OLD_DEPLOYMENT (may be empty), BAKE_MINUTES, SMOKE_REPORT.
{% if router %}
# Where a router of our own stands before it: ROUTER_ADDRESS, ROUTER_CERTIFICATE, HOST_NAME.
{% endif %}
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rm -f "$SMOKE_REPORT"
scope=(--resource-group "$RESOURCE_GROUP" --workspace-name "$WORKSPACE" --name "$ENDPOINT")
url=$(az ml online-endpoint show "${scope[@]}" --query scoring_uri --output tsv)
# Key or token, as the endpoint's auth_mode says.
SCORING_KEY=$(az ml online-endpoint get-credentials "${scope[@]}" --query "primaryKey || accessToken" --output tsv)
export SCORING_KEY
{% if router %}
trusted=()
if [[ -n ${ROUTER_ADDRESS:-} ]]; then
  # The one certificate that is taken for the router's: the environment's own.
  url="https://$ROUTER_ADDRESS/${url#*://*/}"
  trusted=(--certificate "$ROUTER_CERTIFICATE" --host-name "$HOST_NAME")
fi
options=(--canary "$url" --canary-header "azureml-model-deployment: $NEW_DEPLOYMENT" "${trusted[@]}")
{% else %}
options=(--canary "$url" --canary-header "azureml-model-deployment: $NEW_DEPLOYMENT")
{% endif %}
# The first release has nothing beside it.
if [[ -n $OLD_DEPLOYMENT ]]; then
  options+=(--baseline "$url" --baseline-header "azureml-model-deployment: $OLD_DEPLOYMENT")
fi
python3 tests/smoke/canary.py watch "${options[@]}" --contract tests/smoke/contract.json --minutes "$BAKE_MINUTES" \
  --output "$work/observed.json"
python3 tests/smoke/canary.py judge --observed "$work/observed.json" --contract tests/smoke/contract.json \
  --junit "$SMOKE_REPORT"
