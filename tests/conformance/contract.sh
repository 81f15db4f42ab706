#!/usr/bin/env bash
# Every operation of the client against the emulator, both sides checked against the official OpenAPI documents.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_lib.sh"
documents=$shared/specs/azure-devops/7.1
[[ -d $documents ]] || skip "the OpenAPI documents are not on this machine"
DEVOPS_RECORD=$work/calls.jsonl cargo test --quiet -p devops-client --test operations -- --test-threads=1 >/dev/null
contract=tests/conformance/contract
python3 $contract/check.py "$documents" "$work/calls.jsonl" $contract/known-errors.json $contract/operations.txt
