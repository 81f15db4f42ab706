#!/usr/bin/env bash
# Writes the public half of the server's certificate into a file. Usage: fetch-certificate.sh FILE
# Reads: KEY_VAULT, CERTIFICATE.
set -euo pipefail

here=$(dirname "$0")
rm -f "$1"
# The vault keeps key and certificate as one secret; nothing but the certificate gets past openssl.
bash "$here/retry.sh" 3 20 az keyvault secret show --vault-name "$KEY_VAULT" --name "$CERTIFICATE" --query value \
  --output tsv | openssl x509 -out "$1"
