#!/usr/bin/env bash
# Makes the namespace, and in it the secret that the pods read: what only Azure knows, and nothing that is in Git.
# Reads: RESOURCE_GROUP, CLUSTER, NAMESPACE, MANIFESTS, WORKLOAD, IDENTITY, APP_INSIGHTS, SCORING_KEY,
# MODEL_VERSION, ALLOW_OLDER, KEY_VAULT, CERTIFICATE, and where a canary
# comes first CANARY_MANIFESTS, the folder to put its manifests into.
set -euo pipefail

here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export KUBECONFIG="$work/kubeconfig"
bash "$here/retry.sh" 3 20 az aks get-credentials --resource-group "$RESOURCE_GROUP" --name "$CLUSTER" \
  --file "$KUBECONFIG"
kubelogin convert-kubeconfig --login azurecli

kubectl apply --filename "$MANIFESTS/namespace.yml"
live=$(kubectl get deployment "$WORKLOAD" --namespace "$NAMESPACE" --ignore-not-found \
  --output "jsonpath={.metadata.annotations.model-version}")
bash "$here/refuse-older.sh" "$live"
# Files, not arguments: the list of processes shows arguments to every user of the agent.
mkdir -m 700 "$work/secret"
bash "$here/retry.sh" 3 20 az identity show --resource-group "$RESOURCE_GROUP" --name "$IDENTITY" --query clientId \
  --output tsv | tr -d '\n' >"$work/secret/client-id"
az resource show --resource-group "$RESOURCE_GROUP" --name "$APP_INSIGHTS" \
  --resource-type Microsoft.Insights/components --query properties.ConnectionString --output tsv |
  tr -d '\n' >"$work/secret/connection-string"
printf '%s\n' "$SCORING_KEY" >"$work/secret/scoring-key"
# Certificate and key in one, as the vault keeps them.
bash "$here/retry.sh" 3 20 az keyvault secret show --vault-name "$KEY_VAULT" --name "$CERTIFICATE" --query value \
  --output tsv >"$work/secret/tls.pem"
if ! grep --quiet 'BEGIN CERTIFICATE' "$work/secret/tls.pem"; then
  echo "##vso[task.logissue type=error]certificate $CERTIFICATE of $KEY_VAULT is not kept as PEM with its key"
  exit 1
fi
# The canary's manifests name a number of replicas, because its share is counted from it: that of today, where the
# autoscaler owns it, and its least number before the first deployment.
if [[ -n ${CANARY_MANIFESTS:-} ]]; then
  field() {
    kubectl patch --local --filename "$MANIFESTS/$1.yml" --type merge --patch '{}' --output "jsonpath={$2}"
  }
  replicas=$(field deployment .spec.replicas)
  if [[ -z $replicas ]]; then
    least=$(field autoscaler .spec.minReplicas)
    replicas=$(kubectl get deployment "$WORKLOAD" --namespace "$NAMESPACE" --ignore-not-found \
      --output "jsonpath={.spec.replicas}")
    if [[ ! $replicas =~ ^[0-9]+$ ]] || ((replicas < least)); then
      replicas=$least
    fi
  fi
  mkdir -p "$CANARY_MANIFESTS"
  cp "$MANIFESTS"/*.yml "$CANARY_MANIFESTS/"
  kubectl patch --local --filename "$MANIFESTS/deployment.yml" --type merge \
    --patch "{\"spec\": {\"replicas\": $replicas}}" --output yaml >"$CANARY_MANIFESTS/deployment.yml"
  echo "the canary's share is one of $replicas replicas"
fi
kubectl create secret generic "$WORKLOAD" --namespace "$NAMESPACE" --from-file "$work/secret" \
  --dry-run=client --output yaml | kubectl apply --filename -
