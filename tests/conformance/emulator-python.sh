#!/usr/bin/env bash
# The official Python client (azure-devops, pre-release 7.1) takes the emulator for the service: it lists, creates, reads,
# updates and deletes. With --rust, the crate azure_devops_rust_api then reads what was made. Prints the operations counted.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_lib.sh"
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check 'azure-devops==7.1.0b4'
programs
echo conformance-token > "$work/tokens"
"$built/devops-emulator" --project shop --tokens "$work/tokens" > "$work/url" &
emulator=$!
trap 'kill "$emulator" 2>/dev/null || true; rm -rf "$work"' EXIT
for _ in $(seq 100); do [[ -s $work/url ]] && break; sleep 0.1; done
[[ -s $work/url ]] || { echo 'the emulator did not start' >&2; exit 2; }
# The client keeps what it negotiated in the home directory: not in ours.
HOME=$work AZURE_DEVOPS_CACHE_DIR=$work/cache "$work/venv/bin/python" tests/conformance/emulator-python.py "$(cat "$work/url")" conformance-token
[[ ${1:-} == --rust ]] || exit 0
# A package and target folder of their own: nothing else needs that crate.
CARGO_TARGET_DIR=${RUST_API_TARGET_DIR:-$root/target/rust-api} cargo run --quiet --manifest-path tests/conformance/rust-api/Cargo.toml -- "$(cat "$work/url")" conformance-token
