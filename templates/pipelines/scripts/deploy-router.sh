#!/usr/bin/env bash
# Deploys the router of an online endpoint{% if router %}, with the vault's certificate{% endif %}, and attaches the cluster to the workspace.
# Reads: FOLDER, RESOURCE_GROUP, CLUSTER, DNS_LABEL (may be empty), and the ids that the parameter file takes from the
# environment.
set -euo pipefail

here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bash "$here/retry.sh" 3 60 az deployment group create \
  --name router \
  --resource-group "$RESOURCE_GROUP" \
  --parameters "$FOLDER/router.bicepparam" \
  --mode Incremental \
  --query "{state: properties.provisioningState, duration: properties.duration}" \
  --output table

export KUBECONFIG="$work/kubeconfig"
bash "$here/retry.sh" 3 20 az aks get-credentials --resource-group "$RESOURCE_GROUP" --name "$CLUSTER" \
  --file "$KUBECONFIG"
kubelogin convert-kubeconfig --login azurecli
if [[ -n $DNS_LABEL ]]; then
  # Azure makes a name of the label, for the public address of the router.
  bash "$here/retry.sh" 5 30 kubectl annotate service azureml-fe --namespace azureml --overwrite \
    "service.beta.kubernetes.io/azure-dns-label-name=$DNS_LABEL"
fi
address=$(kubectl get service azureml-fe --namespace azureml --output "jsonpath={.status.loadBalancer.ingress[0].ip}")
echo "the router stands at ${address:-no address yet}"
