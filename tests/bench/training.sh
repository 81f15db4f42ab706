#!/usr/bin/env bash
# Training beside scikit-learn (from PyPI, in an environment of its own), with a table of the limits at the end; takes
# --small. SKLEARN_VENV names an environment that has scikit-learn, pandas and pyarrow already. Some minutes on a machine that
# does nothing else.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [[ -z ${SKLEARN_VENV:-} ]]; then
  SKLEARN_VENV=$work/venv
  python3 -m venv "$SKLEARN_VENV"
  "$SKLEARN_VENV/bin/pip" install --quiet scikit-learn==1.9.1 pandas==3.1.1 pyarrow==26.0.1
fi
program=$(cargo bench --quiet -p model --bench training --no-run --message-format json |
  python3 -c 'import json, sys; print([m["executable"] for m in map(json.loads, sys.stdin) if m.get("executable") and m["target"]["name"] == "training"][-1])')
"$SKLEARN_VENV/bin/python" tests/bench/training.py "$program" "$@"
