#!/usr/bin/env bash
# The tables of resource types are what the Bicep compiler's own types say, and no rendered module has a value that they do
# not allow.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_lib.sh"
types=${BICEP_TYPES:-$shared/schemas/bicep-types}
[[ -f $types/versions.json ]] || skip "no folder of resource types"
python3 tests/conformance/resource-types.py "$types" devops-client/azure-templates/resource-types
# Warnings of `check` stand on standard error; those of types have these codes.
codes='BCP03[4-7]|BCP053|BCP073|BCP07[78]|BCP08[389]|BCP187|BCP32[78]|BCP33[23]|BCP416'
for spec in out/mlops.yaml tests/cases/*/mlops.yaml; do
  mlops_gen render --spec "$spec" --out "$work/tree" >"$work/said" 2>&1 || { cat "$work/said"; exit 1; }
  mlops_gen -C "$work/tree" check >"$work/said" 2>&1 || true
  if grep --extended-regexp "\(($codes)\)" "$work/said"; then
    echo "$spec: a rendered module is not what its types say" >&2
    exit 1
  fi
  rm -rf "$work/tree"
done
# And a slip is seen.
mlops_gen render --spec out/mlops.yaml --out "$work/tree" >"$work/said" 2>&1
module=$work/tree/infra/modules/storage.bicep
sed -i 's/publicNetworkAccess: /publicNetworkAcess: /' "$module"
mlops_gen compile "$module" >"$work/made" 2>"$work/said"
grep --quiet 'BCP089' "$work/said" || { cat "$work/said"; echo "a misspelt property was not seen" >&2; exit 1; }
echo "resource types: rendered modules of $(find tests/cases -name mlops.yaml | wc -l) cases are what their types say; a slip is named"
