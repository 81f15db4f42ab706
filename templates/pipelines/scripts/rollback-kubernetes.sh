#!/usr/bin/env bash
# Puts the previous version back, if the failed one had come to serve, and waits until it does.
# Reads: RESOURCE_GROUP, CLUSTER, NAMESPACE, WORKLOAD, IMAGE.
set -euo pipefail

here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export KUBECONFIG="$work/kubeconfig"
bash "$here/retry.sh" 3 20 az aks get-credentials --resource-group "$RESOURCE_GROUP" --name "$CLUSTER" \
  --file "$KUBECONFIG"
kubelogin convert-kubeconfig --login azurecli

# A promotion that broke off leaves the canary and its baseline behind.
kubectl delete deployment "$WORKLOAD-canary" "$WORKLOAD-baseline" --namespace "$NAMESPACE" --ignore-not-found

current=$(kubectl get deployment "$WORKLOAD" --namespace "$NAMESPACE" --ignore-not-found \
  --output "jsonpath={.spec.template.spec.containers[0].image}")
if [[ $current != "$IMAGE" ]]; then
  echo "the stable version is still ${current:-none}: there is nothing to put back"
  exit 0
fi
history=$(kubectl rollout history "deployment/$WORKLOAD" --namespace "$NAMESPACE")
revisions=$(grep -c '^[0-9]' <<<"$history" || true)
if ((revisions < 2)); then
  echo "##vso[task.logissue type=warning]this was the first deployment: there is no version to go back to"
  exit 0
fi
kubectl rollout undo "deployment/$WORKLOAD" --namespace "$NAMESPACE"
kubectl rollout status "deployment/$WORKLOAD" --namespace "$NAMESPACE" --timeout 5m
