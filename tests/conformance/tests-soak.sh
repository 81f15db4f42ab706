#!/usr/bin/env bash
# Whether the tests pass every time: each test binary again and again, with 1, 2 and 8 threads in turn, while both cores have
# other work. Ends with 1 when a run failed. Run by hand; it adds up over several sittings.
#
#     tests/conformance/tests-soak.sh [--ignored] [--only REGEX] [--no-load] [ROUNDS [PACKAGE…]]
#     tests/conformance/tests-soak.sh --sum
#
# --ignored   with the long tests, which `cargo test` leaves out
# --only      binaries whose name matches, such as `^(sandboxed|program)$`
# --no-load   on a machine that has nothing else to do
# --sum       builds and runs nothing: prints the totals of all sittings
#
# A line for each run goes to standard output and, where TESTS_SOAK_LOG names a folder, to the end of `runs.tsv` there:
# when, commit, load, long tests, threads, outcome, seconds, binary. What failed said stays beside it. The next sitting goes on
# with the number of threads that a binary has not had yet. One whole run is one run of each binary, in the order of the log.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

log=${TESTS_SOAK_LOG:-}
only=. with=() long=no load=yes
while [[ ${1:-} == --* ]]; do
  case $1 in
    --ignored) with=(--include-ignored) long=yes ;;
    --only) only=${2:?a regular expression} && shift ;;
    --no-load) load=no ;;
    --sum)
      [[ -n $log ]] || { echo "TESTS_SOAK_LOG names no folder" >&2; exit 2; }
      exec python3 tests/conformance/tests-soak.py "$log/runs.tsv"
      ;;
    *) echo "unknown: $1" >&2; exit 2 ;;
  esac
  shift
done
rounds=${1:-10}
shift || true
packages=()
for package in "$@"; do packages+=(--package "$package"); done
[[ ${#packages[@]} -gt 0 ]] || packages=(--workspace)
kept=
[[ -n $log ]] || { log=$(mktemp -d) && kept=no; }
mkdir -p "$log"

built=$(mktemp)
cargo test "${packages[@]}" --no-run --message-format=json >"$built" || { echo "the tests cannot be built" >&2; exit 2; }
mapfile -t binaries < <(ONLY=$only python3 -c '
import json, os, re, sys
for line in open(sys.argv[1]):
    message = json.loads(line)
    if message.get("executable") and message["profile"]["test"]:
        target, folder = message["target"], os.path.dirname(message["manifest_path"])
        name = target["name"] + (".bin" if "bin" in target["kind"] else "")
        if re.search(os.environ["ONLY"], name):
            print(message["executable"], folder, os.path.basename(folder) + "/" + name)' "$built")
rm -f "$built"
[[ ${#binaries[@]} -gt 0 ]] || { echo "no test binary is there" >&2; exit 2; }
commit=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)

# Other work for both cores, so that whatever waits for time instead of for an event shows it.
busy=()
leave() {
  [[ ${#busy[@]} -eq 0 ]] || kill "${busy[@]}" 2>/dev/null || true
  [[ $kept != no ]] || rm -rf "$log"
}
trap leave EXIT
if [[ $load == yes ]]; then
  for _ in 1 2; do (while :; do :; done) & busy+=($!); done
fi

ran=0 failed=0
for round in $(seq "$rounds"); do
  for entry in "${binaries[@]}"; do
    read -r binary folder name <<<"$entry"
    before=$(awk -F '\t' -v name="$name" -v long="$long" '$8 == name && $4 == long { n++ } END { print n + 0 }' "$log/runs.tsv" 2>/dev/null || echo 0)
    case $((before % 3)) in 0) threads=1 ;; 1) threads=2 ;; *) threads=8 ;; esac
    begun=$SECONDS said=$(mktemp)
    if (cd "$folder" && CARGO_MANIFEST_DIR=$folder "$binary" --quiet --test-threads "$threads" ${with[@]+"${with[@]}"} >"$said" 2>&1); then
      outcome=passed
    else
      outcome=FAILED failed=$((failed + 1))
      [[ $kept == no ]] || cp "$said" "$log/failed-$(date -u +%Y%m%dT%H%M%S)-${name//\//-}.txt"
    fi
    ran=$((ran + 1))
    printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$(date -u +%FT%TZ)" "$commit" "$load" "$long" "$threads" "$outcome" $((SECONDS - begun)) "$name" |
      tee -a "$log/runs.tsv"
    [[ $outcome == passed ]] || grep -aE "^(test .*FAILED|---- |thread .* panicked|failures:)" "$said" | head -20 || true
    rm -f "$said"
  done
done
echo "$failed of $ran runs failed"
[[ $failed -eq 0 ]]
