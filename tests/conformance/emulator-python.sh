#!/bin/sh
# Drives the emulator with the official Python client (package azure-devops, pre-release 7.1): it must take the emulator
# for the service. Needs python3 with venv and the package index. Prints the number of operations.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
pid=
trap 'test -z "$pid" || kill "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check 'azure-devops==7.1.0b4'
emulator=${EMULATOR:-}
if test -z "$emulator"; then
    (cd "$here/../.." && cargo build --quiet -p devops-emulator)
    emulator=${CARGO_TARGET_DIR:-$here/../../target}/debug/devops-emulator
fi
printf 'conformance-token\n' > "$work/tokens"
"$emulator" --project shop --tokens "$work/tokens" > "$work/url" &
pid=$!
tries=0
until test -s "$work/url"; do
    tries=$((tries + 1))
    test "$tries" -lt 100 || { echo 'the emulator did not start' >&2; exit 2; }
    sleep 0.1
done
# the client keeps what it negotiated in the home directory: not in ours
HOME="$work" AZURE_DEVOPS_CACHE_DIR="$work/cache" "$work/venv/bin/python" "$here/emulator-python.py" "$(cat "$work/url")" conformance-token
if test "${1:-}" = --rust; then
    sh "$here/emulator-rust.sh" "$(cat "$work/url")" conformance-token
fi
