#!/usr/bin/env bash
# Lets the canary serve its share for a while, and holds its errors and latency against those of the baseline: the old
# version in as many pods, which KubernetesManifest@1 puts beside it, so that both see as much of the same traffic.
# Reads: RESOURCE_GROUP, CLUSTER, NAMESPACE, WORKLOAD, PORT, BAKE_MINUTES, KEY_VAULT, CERTIFICATE,
# HOST_NAME, SMOKE_REPORT, SCORING_KEY.
set -euo pipefail

here=$(dirname "$0")
work=$(mktemp -d)
forwards=()
trap '((${#forwards[@]} == 0)) || kill "${forwards[@]}" 2>/dev/null || true; rm -rf "$work"' EXIT
rm -f "$SMOKE_REPORT"
export KUBECONFIG="$work/kubeconfig"
bash "$here/retry.sh" 3 20 az aks get-credentials --resource-group "$RESOURCE_GROUP" --name "$CLUSTER" \
  --file "$KUBECONFIG"
kubelogin convert-kubeconfig --login azurecli

pods() {
  kubectl get pods --namespace "$NAMESPACE" --selector "app.kubernetes.io/name=$WORKLOAD,azure-pipelines/version=$1" \
    --output "jsonpath=$2"
}
counters() {
  local names name
  names=$(pods "$1" "{range .items[*]}{.metadata.name}{'\n'}{end}")
  while read -r name; do
    [[ -n $name ]] || continue
    echo "# pod $name"
    kubectl get --raw "/api/v1/namespaces/$NAMESPACE/pods/https:$name:$PORT/proxy/metrics"
  done <<<"$names" >"$work/$1-$2.txt"
}
forward() {
  kubectl port-forward "deployment/$WORKLOAD-$1" "$2:$PORT" --namespace "$NAMESPACE" >"$work/$1.log" 2>&1 &
  forwards+=("$!")
  for _ in {1..30}; do
    ! grep --quiet '^Forwarding' "$work/$1.log" || return 0
    sleep 1
  done
  cat "$work/$1.log"
  return 1
}

route=$(jq -r .route tests/smoke/contract.json)
sides=(canary)
forward canary 18081
scheme=https
# The one certificate that is taken for the server's: the environment's own.
bash "$here/fetch-certificate.sh" "$work/tls.pem"
options=(--certificate "$work/tls.pem" --host-name "$HOST_NAME")
options+=(--canary "$scheme://127.0.0.1:18081$route")
# The first release has nothing beside it.
baseline=$(kubectl get deployment "$WORKLOAD-baseline" --namespace "$NAMESPACE" --ignore-not-found --output name)
if [[ -n $baseline ]]; then
  kubectl rollout status "deployment/$WORKLOAD-baseline" --namespace "$NAMESPACE" --timeout 5m
  forward baseline 18082
  options+=(--baseline "$scheme://127.0.0.1:18082$route")
  sides+=(baseline)
fi

for side in "${sides[@]}"; do
  counters "$side" before
done
python3 tests/smoke/canary.py watch "${options[@]}" --contract tests/smoke/contract.json --minutes "$BAKE_MINUTES" \
  --output "$work/observed.json"
for side in "${sides[@]}"; do
  counters "$side" after
done
restarts=$(pods canary "{.items[*].status.containerStatuses[*].restartCount}" | tr ' ' '\n' |
  awk '{ n += $1 } END { print n + 0 }')
python3 tests/smoke/canary.py judge --observed "$work/observed.json" --contract tests/smoke/contract.json \
  --counters "$work" --junit "$SMOKE_REPORT"
if ((restarts > 0)); then
  echo "##vso[task.logissue type=error]the canary's containers were started again $restarts times"
  exit 1
fi
