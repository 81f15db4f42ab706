#!/usr/bin/env bash
# Every operation of the client against the emulator, both sides checked against the official OpenAPI documents: by
# contract/check.py, and by Prism as a second opinion (where Node is there).
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_lib.sh"
documents=$shared/specs/azure-devops/7.1
[[ -d $documents ]] || skip "the OpenAPI documents are not on this machine"
DEVOPS_RECORD=$work/calls.jsonl cargo test --quiet --workspace --test operations -- --test-threads=1 >/dev/null
contract=tests/conformance/contract
export PYTHONDONTWRITEBYTECODE=1
python3 $contract/check.py "$documents" "$work/calls.jsonl" $contract/known-errors.json $contract/operations.txt
prism=${PRISM:-}
if [[ -z $prism ]]; then
  command -v npm >/dev/null || skip "Prism needs npm"
  npm install --silent --no-audit --no-fund --prefix "$work/prism" @stoplight/prism-cli@5.14.2 >/dev/null 2>&1
  prism=$work/prism/node_modules/.bin/prism
fi
python3 $contract/replay.py "$documents" "$work/calls.jsonl" $contract/prism-known-errors.json "$prism" \
  pipelines serviceEndpoint taskAgent git build
