#!/usr/bin/env bash
# Whether the tests pass every time: each test binary again and again, with 1, 2 and 8 threads, while both cores have other
# work. Writes a line for each run to standard output, and ends with 1 when one failed. Run by hand.
#
#     tests/conformance/tests-soak.sh [ROUNDS [PACKAGE…]]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
rounds=${1:-10}
shift || true
packages=()
for package in "$@"; do packages+=(--package "$package"); done
[[ ${#packages[@]} -gt 0 ]] || packages=(--workspace)

mapfile -t binaries < <(cargo test "${packages[@]}" --no-run --message-format=json 2>/dev/null |
  python3 -c '
import json, sys
for line in sys.stdin:
    message = json.loads(line)
    if message.get("executable") and message["profile"]["test"]:
        print(message["executable"], message["manifest_path"].rsplit("/", 1)[0])')
[[ ${#binaries[@]} -gt 0 ]] || { echo "no test binary was built" >&2; exit 2; }

# Other work for both cores, so that whatever waits for time instead of for an event shows it.
load=()
for _ in 1 2; do (while :; do :; done) & load+=($!); done
trap 'kill "${load[@]}" 2>/dev/null' EXIT

failed=0
for round in $(seq "$rounds"); do
  for entry in "${binaries[@]}"; do
    read -r binary folder <<<"$entry"
    threads=$((round % 3 == 0 ? 8 : round % 3))
    log=$(mktemp)
    if (cd "$folder" && "$binary" --quiet --test-threads "$threads" >"$log" 2>&1); then outcome=passed; else outcome=FAILED; failed=$((failed + 1)); fi
    echo "round $round  threads $threads  $outcome  $(basename "$binary")"
    [[ $outcome == passed ]] || grep -E "^(test .*FAILED|---- |thread .* panicked|failures:)" "$log" | head -20 || true
    rm -f "$log"
  done
done
echo "$failed of $((rounds * ${#binaries[@]})) runs failed"
[[ $failed -eq 0 ]]
