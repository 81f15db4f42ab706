#!/usr/bin/env bash
# The tests that `cargo test` leaves out because they take long: whole loops and lives of projects. Their attribute names this
# script. Fails where fewer ran than the sources have. `long-tests.sh --list` names them and runs nothing.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_lib.sh"

# The name of each test that is left out, `long` before those that name this script, `other` before the rest.
find generator devops-client model tests -name '*.rs' -not -path '*/target/*' -print0 | xargs -0 awk '
  FNR == 1 { left = "" }
  /^[[:space:]]*#\[ignore/ { left = index($0, "tests/conformance/long-tests.sh") ? "long" : "other"; next }
  left && match($0, /(^|[[:space:]])fn [a-z0-9_]+/) { sub(/.*fn /, "", $0); sub(/[^a-z0-9_].*/, "", $0); print left, $0; left = "" }
' | sort -u >"$work/left"
grep '^long ' "$work/left" | cut -d ' ' -f 2 >"$work/long" || true
wanted=$(wc -l <"$work/long")
[[ $wanted -gt 0 ]] || { echo "no source has a test that names this script"; exit 1; }
if [[ ${1:-} == --list ]]; then cat "$work/long"; exit; fi

others=()
while read -r name; do others+=(--skip "$name"); done < <(grep '^other ' "$work/left" | cut -d ' ' -f 2)

code=0
cargo test --workspace --tests --no-fail-fast -- --ignored ${others[@]+"${others[@]}"} >"$work/log" 2>&1 || code=$?
ran=$(awk '/^test result: / { ran += $4 + $6 } END { print ran + 0 }' "$work/log")
grep -E '^(test .* \.\.\. |test result: .* [1-9][0-9]* passed)' "$work/log" || true
[[ $code -eq 0 ]] || { grep -vE '^(test .* \.\.\. ok|running 0 tests|)$' "$work/log" | tail -n 200; exit "$code"; }
echo "$ran long tests ran, the sources have $wanted"
while read -r name; do
  grep -qE "^test (.*::)?$name \.\.\. ok\$" "$work/log" || { echo "did not run: $name"; code=1; }
done <"$work/long"
[[ $code -eq 0 && $ran -ge $wanted ]]
