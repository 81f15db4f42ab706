#!/usr/bin/env bash
# `train` beside scikit-learn's Ridge and beside the exact solution in 80 digits (both from PyPI, in an environment of
# their own). SKLEARN_VENV names an environment that has them already; MODEL_BIN a folder that has the programs already.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_lib.sh"

if [[ -z ${SKLEARN_VENV:-} ]]; then
  SKLEARN_VENV=$work/venv
  python3 -m venv "$SKLEARN_VENV" &&
    "$SKLEARN_VENV/bin/pip" install --quiet scikit-learn==1.9.1 pandas==3.1.1 mpmath==1.4.1 ||
    skip "scikit-learn cannot be installed"
fi
if [[ -z ${MODEL_BIN:-} ]]; then
  programs
  MODEL_BIN=${CARGO_TARGET_DIR:-$root/target}/debug
fi
"$SKLEARN_VENV/bin/python" tests/conformance/model-sklearn.py "$MODEL_BIN/train" model/data/diabetes.csv
