#!/usr/bin/env bash
# Has the vault make and sign the certificate of the scoring server, once. Its key never leaves the vault but for the
# server; callers pin the public half. The vault renews it in time; the next release takes the new one to the server.
# Reads: KEY_VAULT, CERTIFICATE, HOST_NAME.
set -euo pipefail

here=$(dirname "$0")
# A list, not a look at one: a refusal must not be taken for "there is none". The role is minutes old at first.
found=$(bash "$here/retry.sh" 10 30 az keyvault certificate list --vault-name "$KEY_VAULT" \
  --query "[?name=='$CERTIFICATE'].name" --output tsv)
if [[ -n $found ]]; then
  echo "the certificate $CERTIFICATE is there"
  exit 0
fi
policy=$(mktemp)
trap 'rm -f "$policy"' EXIT
# A subject has at most 64 characters; what counts is the name beside it.
jq -n --arg host "$HOST_NAME" '{
  issuerParameters: {name: "Self"},
  keyProperties: {exportable: true, keyType: "RSA", keySize: 3072, reuseKey: false},
  secretProperties: {contentType: "application/x-pem-file"},
  x509CertificateProperties: {
    subject: "CN=scoring",
    subjectAlternativeNames: {dnsNames: [$host]},
    ekus: ["1.3.6.1.5.5.7.3.1"],
    keyUsage: ["digitalSignature", "keyEncipherment"],
    validityInMonths: 24
  },
  lifetimeActions: [{action: {actionType: "AutoRenew"}, trigger: {daysBeforeExpiry: 180}}]
}' >"$policy"
az keyvault certificate create --vault-name "$KEY_VAULT" --name "$CERTIFICATE" --policy "@$policy" --output none
echo "made the certificate $CERTIFICATE for $HOST_NAME"
