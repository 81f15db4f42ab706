#!/usr/bin/env bash
# The real Bicep compiler over every rendered Bicep file: it accepts them, and the ARM JSON beside them says what it says.
# Left out of the comparison: the generator's own name, version and hash, and the order of keys.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_lib.sh"
command -v bicep >/dev/null || skip "no bicep on PATH (github.com/Azure/bicep, releases): no package registry has the compiler"
command -v jq >/dev/null || skip "no jq on PATH"

same() {
  jq --sort-keys 'walk(if type == "object" then del(._generator) | if .metadata == {} then del(.metadata) else . end else . end)' "$1"
}

compared=0
for spec in out/mlops.yaml tests/cases/*/mlops.yaml; do
  name=$(basename "$(dirname "$spec")")
  mlops_gen render --spec "$spec" --out "$work/$name" 2>/dev/null
  while IFS= read -r -d '' source; do
    json=${source%.*}.json
    case $source in
      *.bicepparam) json=${source%.bicepparam}.parameters.json; command=build-params ;;
      *) command=build ;;
    esac
    bicep "$command" "$source" --outfile "$work/theirs.json" 2>"$work/said" || { cat "$work/said"; exit 1; }
    if grep -q ' : Warning ' "$work/said"; then
      cat "$work/said"
    fi
    [[ -e $json ]] || continue
    diff <(same "$work/theirs.json") <(same "$json") || { echo "$name: $json is not what bicep makes of $source"; exit 1; }
    compared=$((compared + 1))
  done < <(find "$work/$name/infra" -name '*.bicep' -print0 -o -name '*.bicepparam' -print0)
  rm -rf "${work:?}/$name"
done
echo "$compared files say what bicep says"
