#!/usr/bin/env bash
# The rendered Python project, untouched, passes its own tests and lint in a fresh virtual environment, and comes to the
# verdicts of tests/verdicts.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_lib.sh"
mlops_gen init "$work/demo" --yes --no-git --runtime python 2>/dev/null
cd "$work/demo"
python3.11 -m venv "$work/venv"
export PATH=$work/venv/bin:$PATH
pip install --quiet --disable-pip-version-check -r requirements-dev.txt
pip install --quiet --disable-pip-version-check --no-deps -e .
pytest --quiet
mypy
ruff check --quiet .
ruff format --check --quiet .
python "$root/tests/conformance/verdicts-python.py" demo "$root/tests/verdicts"
