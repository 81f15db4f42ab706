#!/usr/bin/env bash
# The rendered Python project, untouched, passes its own tests and lint in a fresh virtual environment, and comes to the
# verdicts of tests/verdicts. So does the project of a case with classes and categories, or of the cases that are named
# (house-prices-mixed, own-estimator).
# PYTHON_VENV names an environment that has requirements-dev.txt and lightgbm already.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_lib.sh"
mlops_gen init "$work/demo" --yes --no-git --runtime python 2>/dev/null
cd "$work/demo"
if [[ -n ${PYTHON_VENV:-} ]]; then
  export PATH=$PYTHON_VENV/bin:$PATH
else
  python3.11 -m venv "$work/venv"
  export PATH=$work/venv/bin:$PATH
  pip install --quiet --disable-pip-version-check -r requirements-dev.txt
fi
judge() {
  PYTHONPATH=src pytest --quiet -p no:cacheprovider
  mypy
  ruff check --quiet .
  ruff format --check --quiet .
}
judge
PYTHONPATH=src python "$root/tests/conformance/verdicts-python.py" demo "$root/tests/verdicts"
for case in "${@:-churn-classification}"; do
  mkdir "$work/$case"
  cp "$root/tests/cases/$case/mlops.yaml" "$work/$case"
  (cd "$work/$case" && mlops_gen render >/dev/null 2>&1 && judge) || { echo "$case failed"; exit 1; }
done
