#!/usr/bin/env bash
# The independent referee over the golden tree, over a project that `init` made, and over every case.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_lib.sh"
[[ -x $shared/referee/check ]] || skip "the referee is not on this machine"
"$shared/referee/setup" >"$work/setup.log" || { cat "$work/setup.log"; exit 1; }

judge() {
  local name=$1 tree=$2
  "$shared/referee/check" "$tree" --quiet >"$work/verdict" || { grep -v '^ok\|^unjudged' "$work/verdict"; echo "$name: refused"; exit 1; }
  echo "$name: $(tail -n 1 "$work/verdict")"
}

judge out out
mlops_gen init "$work/demo" --yes --no-git 2>/dev/null
judge demo "$work/demo"
for spec in tests/cases/*/mlops.yaml; do
  name=$(basename "$(dirname "$spec")")
  mlops_gen render --spec "$spec" --out "$work/$name" 2>/dev/null
  judge "$name" "$work/$name"
  rm -rf "${work:?}/$name"
done
