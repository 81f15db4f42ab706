#!/usr/bin/env bash
# Runs a command again until it succeeds: role assignments, federated credentials and new names take minutes to reach
# all of Azure. Usage: retry.sh TRIES SECONDS COMMAND…
set -euo pipefail

tries=$1
pause=$2
shift 2

for ((try = 1; ; try++)); do
  if "$@"; then
    exit 0
  else
    code=$?
  fi
  if ((try >= tries)); then
    echo "gave up after $tries tries: $1 ended with $code" >&2
    exit "$code"
  fi
  echo "try $try of $tries failed with $code; again in $pause s" >&2
  sleep "$pause"
done
