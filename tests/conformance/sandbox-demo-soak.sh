#!/usr/bin/env bash
# Plays `mlops-gen sandbox demo` for Python, or for $SANDBOX_DEMO_RUNTIME: every step of every pipeline really runs, and the
# deployed model answers; and once more after a changed line of code. Then bad data meets the checks of a pull request. What
# was downloaded and built is kept in $SANDBOX_DEMO_CACHE from run to run; without it some minutes more are needed. Nothing of
# it may go on afterwards.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_lib.sh"

cache=${SANDBOX_DEMO_CACHE:-${TMPDIR:-/tmp}/mlops-gen-sandbox-demo}
limit=${SANDBOX_DEMO_SECONDS:-900} runtime=${SANDBOX_DEMO_RUNTIME:-python}
for tool in git jq curl openssl unshare python3; do
  command -v "$tool" >/dev/null || skip "this machine has no $tool"
done
mlops_gen --version
# a program of its own name: what others build meanwhile does not change it
cp "$MLOPS_GEN" "$work/mlops-gen"
mkdir -p "$cache"
trap '"$work/mlops-gen" sandbox down --state "$cache" >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
fail() {
  echo "sandbox-demo: $1" >&2
  exit 1
}

# The whole loop: what it took, and two predictions from production.
play() { # which time
  local status=0 answers left
  SECONDS=0
  timeout --signal TERM --kill-after 30 "$limit" "$work/mlops-gen" sandbox demo "$work/demo" --runtime "$runtime" \
    --state "$cache" >"$work/out" 2>"$work/log" || status=$?
  grep --extended-regexp '^== [a-z]+: (done|failed)|^demo: |^  at ' "$work/log" || true
  if ((status != 0)); then
    tail -n 60 "$work/log"
    fail "the demo ended with $status"
  fi
  cat "$work/out"
  answers=$(grep --count --extended-regexp '^  \[.*\] -> [0-9.]+$' "$work/out" || true)
  ((answers == 2)) || fail "two rows were sent, $answers predictions came back"
  left=$({ pgrep --full "$work/mlops-gen" || true; } | wc -l)
  ((left == 0)) || fail "$left processes were left running: $(pgrep --full --list-full "$work/mlops-gen")"
  echo "$1: $SECONDS s, load $(cut -d ' ' -f 1 /proc/loadavg) on $(nproc) cores"
}
play "the first time"
# A changed line of code goes round too.
case $runtime in
  python) printf '\n\n# another line\n' >>"$work/demo/src/demo/features.py" ;;
  rust) printf '\n// another line\n' >>"$work/demo/demo/src/lib.rs" ;;
esac
play "after a changed line"
if [[ $runtime != python ]]; then
  echo "sandbox-demo: the loop went round, and nothing of it is left"
  exit
fi

# Bad data fails the data tests of a pull request, and says what is wrong with it.
cd "$work/demo"
printf '#!/usr/bin/env bash\nmkdir -p "$RESULTS"\necho "<testsuite/>" >"$RESULTS/unit.junit.xml"\n%s\n' \
  'echo "<coverage lines-covered=\"1\" lines-valid=\"1\"/>" >"$RESULTS/coverage.cobertura.xml"' \
  >pipelines/scripts/unit-tests.sh
cp data/diabetes.csv "$work/good.csv"
bad() { # name, what the log says
  if timeout 300 "$work/mlops-gen" sandbox run pipelines/pull-request.yml --folder "$cache" >"$work/bad" 2>&1; then
    fail "$1 passes"
  fi
  grep --quiet --extended-regexp "$2" "$work/bad" || { tail -n 40 "$work/bad"; fail "$1: the log does not say $2"; }
  grep --quiet 'step [0-9]*: Failed' "$work/bad" || fail "$1: no step failed"
  echo "$1: $(grep --extended-regexp --max-count 1 "$2" "$work/bad")"
  cp "$work/good.csv" data/diabetes.csv
}
sed -i '1s/\bbmi\b/weight/' data/diabetes.csv
bad "a wrong column" 'FAILED bmi: present: the column is missing'
sed -i '7s/^[^,]*,/,/' data/diabetes.csv
bad "a missing value" "FAILED age: missing: 1 of 442 rows.*column 'age': empty"
echo "sandbox-demo: the loop went round, and nothing of it is left"
