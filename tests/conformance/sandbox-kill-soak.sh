#!/usr/bin/env bash
# Kills `mlops-gen sandbox demo` at random moments of the loop, and counts what is left after `sandbox down`: processes,
# sockets, temporary folders. At the end the loop has to go round on what the killed ones have left. By hand: it takes
# KILLS times half of WITHIN seconds. What was downloaded and built is kept in $SANDBOX_DEMO_CACHE.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_lib.sh"

kills=${KILLS:-50} within=${WITHIN:-180}
cache=${SANDBOX_DEMO_CACHE:-${TMPDIR:-/tmp}/mlops-gen-sandbox-demo}
for tool in git jq curl openssl unshare python3; do
  command -v "$tool" >/dev/null || skip "this machine has no $tool"
done
mlops_gen --version
cp "$MLOPS_GEN" "$work/mlops-gen"
mkdir -p "$cache"
cache=$(readlink -f "$cache")
trap '"$work/mlops-gen" sandbox down --state "$cache" >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
fail() {
  echo "sandbox-kill: $1" >&2
  exit 1
}
bearers() { # processes that the sandbox has started, by the mark that they bear
  local file
  for file in /proc/[0-9]*/environ; do
    if { tr '\0' '\n' <"$file"; } 2>/dev/null | grep --quiet --line-regexp --fixed-strings "MLOPS_GEN_SANDBOX_FOLDER=$cache"; then
      basename "$(dirname "$file")"
    fi
  done
}
# other sandboxes of this machine have theirs elsewhere
mkdir "$work/t"
export TMPDIR=$work/t
sockets() { find "$TMPDIR" -maxdepth 1 -name 'mg-*.sock' 2>/dev/null | sort; }

before=$(sockets)
for ((at = 1; at <= kills; at++)); do
  "$work/mlops-gen" sandbox demo "$work/demo" --runtime python --state "$cache" >"$work/out" 2>"$work/log" &
  demo=$!
  moment=$((RANDOM % (within * 10)))
  sleep "$((moment / 10)).$((moment % 10))"
  kill -9 "$demo" 2>/dev/null || true
  wait "$demo" 2>/dev/null || true
  last=$(grep --extended-regexp '^== ' "$work/log" | tail -n 1 || true)
  "$work/mlops-gen" sandbox down --state "$cache" >"$work/down" 2>&1 || fail "down failed: $(cat "$work/down")"
  # what asked the sandbox something notices at its next question that nobody answers
  for ((try = 0; try < 100; try++)); do
    left=$(bearers; pgrep --full "$work/mlops-gen" || true)
    [[ -n $left ]] || break
    sleep 0.2
  done
  [[ -z $left ]] || fail "killed after $moment/10 s ($last), these are left: $(ps -o pid=,args= -p "${left//$'\n'/,}")"
  new=$(comm -13 <(echo "$before") <(sockets))
  [[ -z $new ]] || fail "killed after $moment/10 s ($last), these sockets are left: $new"
  for folder in tmp azure/processes; do
    [[ -z $(ls -A "$cache/$folder" 2>/dev/null) ]] || fail "killed after $moment/10 s ($last), $folder is not empty"
  done
  partial=$(find "$cache/azure/layers" "$cache/azure/contexts" -maxdepth 1 \( -name '*partial*' -o -name 'build-*' \) 2>/dev/null || true)
  [[ -z $partial ]] || fail "killed after $moment/10 s ($last), these are half done: $partial"
  echo "$at: killed after $((moment / 10)).$((moment % 10)) s (${last:-before the first step}): nothing is left"
done
"$work/mlops-gen" sandbox demo "$work/demo" --runtime python --state "$cache" >"$work/out" 2>"$work/log" || {
  tail -n 60 "$work/log"
  fail "after all that the loop does not go round"
}
grep --quiet --extended-regexp '^  \[.*\] -> [0-9.]+$' "$work/out" || fail "no prediction came back: $(cat "$work/out")"
echo "sandbox-kill: $kills times killed, nothing was left, and the loop goes round"
