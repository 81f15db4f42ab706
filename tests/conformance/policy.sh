#!/usr/bin/env bash
# The referee's policies (checkov) on the golden tree and on every case, against the table of those that remain, with the
# reason for each, in templates/README.md: neither a finding that nobody explains nor an explanation of none.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_lib.sh"
[[ -x $shared/referee/check ]] || skip "the referee is not on this machine"
"$shared/referee/setup" >"$work/setup.log" || { cat "$work/setup.log"; exit 1; }

for spec in out/mlops.yaml tests/cases/*/mlops.yaml; do
  name=$(basename "$(dirname "$spec")")
  mlops_gen render --spec "$spec" --out "$work/all/$name" >"$work/said" 2>&1 || { cat "$work/said"; exit 1; }
done
# Most files are the same in many cases, and one run for all starts the checker once.
python3 tests/conformance/policy.py once "$work/all" "$work/once"
"$shared/referee/check" "$work/once" --only docker --policy --json "$work/verdict.json" >"$work/said" ||
  { cat "$work/said"; exit 1; }
python3 tests/conformance/policy.py compare "$work/verdict.json" templates/README.md
