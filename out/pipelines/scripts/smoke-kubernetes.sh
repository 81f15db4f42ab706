#!/usr/bin/env bash
# Reaches one workload through the cluster's API, whatever its Service looks like from outside, and holds it against
# the contract.
# Reads: RESOURCE_GROUP, CLUSTER, NAMESPACE, TARGET, PORT, SMOKE_REPORT.
# For the certificate: KEY_VAULT, CERTIFICATE, HOST_NAME.
# For the key: SCORING_KEY.
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
# The one certificate that is taken for the server's: the environment's own.
bash "$here/fetch-certificate.sh" "$work/tls.pem"
service=(--url https://127.0.0.1:18080 --certificate "$work/tls.pem" --host-name "$HOST_NAME")
python3 tests/smoke/smoke.py "${service[@]}" --contract tests/smoke/contract.json --wait 60 \
  --junit "$SMOKE_REPORT" || {
  cat "$work/forward.log"
  exit 1
}
