#!/usr/bin/env bash
# Finds the router of an online endpoint, and gives it the certificate of the vault where it shows another one: the
# vault renews certificates, and the router keeps the one that it was deployed with.
# Reads: RESOURCE_GROUP, CLUSTER, KEY_VAULT, CERTIFICATE, HOST_NAME, FOLDER, ROUTER_CERTIFICATE (the file to write the
# public half to), and the ids that the parameter file takes from the environment.
# Sets: ROUTER_ADDRESS.
set -euo pipefail

here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export KUBECONFIG="$work/kubeconfig"
bash "$here/retry.sh" 3 20 az aks get-credentials --resource-group "$RESOURCE_GROUP" --name "$CLUSTER" \
  --file "$KUBECONFIG"
kubelogin convert-kubeconfig --login azurecli
address=$(kubectl get service azureml-fe --namespace azureml --output "jsonpath={.status.loadBalancer.ingress[0].ip}")
if [[ -z $address ]]; then
  echo "##vso[task.logissue type=error]the router of $CLUSTER has no address: run infrastructure.yml for it"
  exit 1
fi
echo "##vso[task.setvariable variable=ROUTER_ADDRESS]$address"

bash "$here/fetch-certificate.sh" "$ROUTER_CERTIFICATE"
wanted=$(openssl x509 -in "$ROUTER_CERTIFICATE" -noout -fingerprint -sha256)
shown() {
  openssl s_client -connect "$address:443" -servername "$HOST_NAME" </dev/null 2>/dev/null |
    openssl x509 -noout -fingerprint -sha256 2>/dev/null || true
}
if [[ $(shown) == "$wanted" ]]; then
  echo "the router at $address shows the certificate of the vault"
  exit 0
fi
echo "the router at $address shows another certificate than the vault has: it gets that one"
bash "$here/retry.sh" 3 60 az deployment group create \
  --name router \
  --resource-group "$RESOURCE_GROUP" \
  --parameters "$FOLDER/router.bicepparam" \
  --mode Incremental \
  --query "{state: properties.provisioningState, duration: properties.duration}" \
  --output table
# The extension starts the router anew.
for _ in {1..30}; do
  if [[ $(shown) == "$wanted" ]]; then
    echo "the router shows the certificate of the vault"
    exit 0
  fi
  sleep 20
done
echo "##vso[task.logissue type=error]the router at $address still shows another certificate than that of $KEY_VAULT"
exit 1
