#!/usr/bin/env bash
# Every call of `az`, `docker` and `kubectl` in the rendered files of all cases: how many of them tests carry out, by the
# sandbox's stand-ins or by stubs; what none carries out is listed. Then the official azure-cli (PyPI) parses each call of a
# command group that it has. Its packages are kept in ~/.cache/mlops-conformance.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_lib.sh"

export MLOPS_GEN_CALLS_SPOKEN=$work/spoken
# Tests that carry out rendered scripts; each notes its calls. Where `.ci/run` has had them run, they have done so.
if [[ ! -s ${MLOPS_GEN_CALLS:-} ]]; then
  export MLOPS_GEN_CALLS=$work/calls
  cargo test --workspace --quiet --test sandboxed --test system -- --include-ignored rendered:: cloud:: behaviour:: >"$work/tests.log" 2>&1 ||
    { tail -n 40 "$work/tests.log"; exit 1; }
fi
export MLOPS_GEN_CALLS_DONE=$MLOPS_GEN_CALLS
cargo test --workspace --quiet --test system -- --nocapture nine_of_ten >"$work/share.log" 2>&1 ||
  { grep -v '^$' "$work/share.log"; exit 1; }
grep -E 'carried out' "$work/share.log"

version=2.80.0
cache=${XDG_CACHE_HOME:-$HOME/.cache}/mlops-conformance/azure-cli-$version
if [[ ! -d $cache ]]; then
  mkdir -p "$(dirname "$cache")"
  new=$(mktemp -d "$cache.XXXX")
  python3.11 -m venv "$new"
  "$new/bin/pip" install --quiet --disable-pip-version-check "azure-cli==$version" >"$work/pip.log" 2>&1 ||
    { rm -rf "$new"; skip "azure-cli cannot be had: $(tail -n 1 "$work/pip.log")"; }
  # whole or not at all; another run may have been first
  mv --no-target-directory "$new" "$cache" 2>/dev/null || rm -rf "$new"
fi
AZURE_CONFIG_DIR=$work/azure AZURE_CORE_NO_COLOR=1 AZURE_CORE_COLLECT_TELEMETRY=no AZURE_EXTENSION_USE_DYNAMIC_INSTALL=no \
  "$cache/bin/python" tests/conformance/calls.py "$MLOPS_GEN_CALLS_SPOKEN"
