#!/usr/bin/env bash
# Reaches one workload through the cluster's API, whatever its Service looks like from outside, and holds it against
# the contract.
# Reads: RESOURCE_GROUP, CLUSTER, NAMESPACE, TARGET, PORT, SMOKE_REPORT.
{% if tls %}
# For the certificate: KEY_VAULT, CERTIFICATE, HOST_NAME.
{% endif %}
{% if fetch_key and not tls %}
# For the key: KEY_VAULT.
{% endif %}
{% if scoring_key and not fetch_key %}
# For the key: SCORING_KEY.
{% endif %}
{% if entra %}
# For the token: ENTRA_AUDIENCE.
{% endif %}
set -euo pipefail

here=$(dirname "$0")
work=$(mktemp -d)
forward=
trap '[[ -z $forward ]] || kill "$forward" 2>/dev/null || true; rm -rf "$work"' EXIT
export KUBECONFIG="$work/kubeconfig"
bash "$here/retry.sh" 3 20 az aks get-credentials --resource-group "$RESOURCE_GROUP" --name "$CLUSTER" \
  --file "$KUBECONFIG"
kubelogin convert-kubeconfig --login azurecli

if [[ $TARGET == deployment/* ]]; then
  kubectl rollout status "$TARGET" --namespace "$NAMESPACE" --timeout 5m
fi
kubectl port-forward "$TARGET" "18080:$PORT" --namespace "$NAMESPACE" >"$work/forward.log" 2>&1 &
forward=$!
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
bash "$here/fetch-certificate.sh" "$work/tls.pem"
service=(--url https://127.0.0.1:18080 --certificate "$work/tls.pem" --host-name "$HOST_NAME")
{% else %}
service=(--url http://127.0.0.1:18080)
{% endif %}
python3 tests/smoke/smoke.py "${service[@]}" --contract tests/smoke/contract.json --wait 60 \
  --junit "$SMOKE_REPORT" || {
  cat "$work/forward.log"
  exit 1
}
