#!/usr/bin/env bash
# Random data files and request bodies, in both runtimes: what one takes the other takes, and what one refuses the other refuses with
# the same place or the same code. verdicts-soak.sh [FIRST_SEED [SEEDS]], 1 and 4 where they are not given.
# PYTHON_VENV names an environment that has requirements-dev.txt already.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_lib.sh"
mlops_gen init "$work/demo" --yes --no-git --runtime python 2>/dev/null
if [[ -z ${PYTHON_VENV:-} ]]; then
  PYTHON_VENV=$work/venv
  python3.11 -m venv "$PYTHON_VENV"
  "$PYTHON_VENV/bin/pip" install --quiet --disable-pip-version-check -r "$work/demo/requirements-dev.txt"
fi
[[ -x $built/train && -x $built/score ]] || programs
PYTHONPATH=$work/demo/src PYTHONDONTWRITEBYTECODE=1 "$PYTHON_VENV/bin/python" tests/conformance/verdicts-soak.py demo "$built" \
  tests/verdicts/bodies.json "$work" "${1:-1}" "${2:-4}"
