#!/usr/bin/env bash
# Plays `mlops-gen sandbox demo` for Python: every step of every pipeline really runs, and the deployed model answers.
# Downloads and images are kept in $SANDBOX_DEMO_CACHE from run to run; without them it takes some minutes more.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
cache=${SANDBOX_DEMO_CACHE:-${TMPDIR:-/tmp}/mlops-gen-sandbox-demo}
limit=${SANDBOX_DEMO_SECONDS:-900}
for tool in git jq curl openssl unshare python3; do
  command -v "$tool" >/dev/null || { echo "sandbox-demo: this machine has no $tool" >&2; exit 1; }
done
cargo build --quiet --manifest-path "$root/Cargo.toml" --package generator
# a program of its own name: what others build meanwhile does not change it
work=$(mktemp -d)
mkdir -p "$cache"
cp "$root/target/debug/mlops-gen" "$work/mlops-gen"
trap '"$work/mlops-gen" sandbox down --state "$cache" >/dev/null 2>&1 || true; rm -rf "$work"' EXIT

status=0
timeout --signal TERM --kill-after 30 "$limit" "$work/mlops-gen" sandbox demo "$work/demo" --runtime python --state "$cache" \
  >"$work/out" 2>"$work/log" || status=$?
if ((status != 0)); then
  tail -n 60 "$work/log"
  echo "sandbox-demo: ended with $status" >&2
  exit 1
fi
cat "$work/out"
grep --extended-regexp '^== [a-z]+: (done|failed)|^demo: ' "$work/log"
answers=$(grep --count --extended-regexp '^  \[.*\] -> [0-9.]+$' "$work/out")
if ((answers != 2)); then
  echo "sandbox-demo: two rows were sent, $answers predictions came back" >&2
  exit 1
fi
# nothing of it goes on
left=$(pgrep --full "$work/mlops-gen" | wc -l)
if ((left > 0)); then
  pgrep --full --list-full "$work/mlops-gen"
  echo "sandbox-demo: $left processes were left running" >&2
  exit 1
fi
echo "sandbox-demo: the loop went round, and nothing of it is left"
