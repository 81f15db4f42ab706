#!/usr/bin/env bash
# Makes the namespace, and in it the secret that the pods read: what only Azure knows, and nothing that is in Git.
# Reads: RESOURCE_GROUP, CLUSTER, NAMESPACE, MANIFESTS, WORKLOAD, IDENTITY, APP_INSIGHTS{% if fetch_key and not tls %}, KEY_VAULT{% endif %}{% if scoring_key and not fetch_key %}, SCORING_KEY{% endif %},
# MODEL_VERSION, ALLOW_OLDER,{% if tls %} KEY_VAULT, CERTIFICATE,{% endif %} and where a canary
# comes first CANARY_MANIFESTS, the folder to put its manifests into.
set -euo pipefail

here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export KUBECONFIG="$work/kubeconfig"
bash "$here/retry.sh" 3 20 az aks get-credentials --resource-group "$RESOURCE_GROUP" --name "$CLUSTER" \
  --file "$KUBECONFIG"
kubelogin convert-kubeconfig --login azurecli
{% if gpu %}
bash "$here/install-device-plugin.sh"
{% endif %}

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
{% if fetch_key %}
# No variable group reads a vault behind a private endpoint; an agent inside does.
SCORING_KEY=$(az keyvault secret show --vault-name "$KEY_VAULT" --name scoring-key --query value --output tsv)
echo "##vso[task.setsecret]$SCORING_KEY"
export SCORING_KEY
{% endif %}
{% if scoring_key %}
printf '%s\n' "$SCORING_KEY" >"$work/secret/scoring-key"
{% endif %}
{% if tls %}
# Certificate and key in one, as the vault keeps them.
bash "$here/retry.sh" 3 20 az keyvault secret show --vault-name "$KEY_VAULT" --name "$CERTIFICATE" --query value \
  --output tsv >"$work/secret/tls.pem"
if ! grep --quiet 'BEGIN CERTIFICATE' "$work/secret/tls.pem"; then
  echo "##vso[task.logissue type=error]certificate $CERTIFICATE of $KEY_VAULT is not kept as PEM with its key"
  exit 1
fi
{% endif %}
{% if entra_issuers %}
# The tenant's id is in a variable, so the issuer of tokens is put together here.
case $NAMESPACE/$CLUSTER in
{% for issuer in entra_issuers %}
  {= issuer.place =})
    printf 'https://login.microsoftonline.com/%s/v2.0' "${= issuer.variable =}" >"$work/secret/entra-issuer"
    ;;
{% endfor %}
esac
{% endif %}
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
