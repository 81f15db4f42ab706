#!/usr/bin/env bash
# Writes on the workload which version of the model it serves, once it does.
# Reads: RESOURCE_GROUP, CLUSTER, NAMESPACE, WORKLOAD, MODEL_VERSION.
set -euo pipefail

here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export KUBECONFIG="$work/kubeconfig"
bash "$here/retry.sh" 3 20 az aks get-credentials --resource-group "$RESOURCE_GROUP" --name "$CLUSTER" \
  --file "$KUBECONFIG"
kubelogin convert-kubeconfig --login azurecli
kubectl annotate deployment "$WORKLOAD" --namespace "$NAMESPACE" --overwrite "model-version=$MODEL_VERSION"
