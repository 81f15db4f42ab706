#!/usr/bin/env bash
# Makes the key that callers of the scoring server present, once, and shows it to nobody: the release pipeline and the
# server read it from the vault. A key that is there stays.
# Reads: KEY_VAULT.
set -euo pipefail

here=$(dirname "$0")
# A list, not a look at the secret: a refusal must not be taken for "there is none". The role is minutes old at first.
found=$(bash "$here/retry.sh" 10 30 az keyvault secret list --vault-name "$KEY_VAULT" \
  --query "[?name=='scoring-key'].name" --output tsv)
if [[ -n $found ]]; then
  echo "the scoring key is there"
  exit 0
fi
file=$(mktemp)
trap 'rm -f "$file"' EXIT
openssl rand -hex 32 | tr -d '\n' >"$file"
az keyvault secret set --vault-name "$KEY_VAULT" --name scoring-key --file "$file" --encoding utf-8 --output none
echo "made a scoring key"
