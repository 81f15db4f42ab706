#!/usr/bin/env bash
# A module of PyTorch in the rendered Python project, by editing estimator.py alone (the protocol fit, predict, save, load): the
# project's tests pass, and train, evaluate, register (a real MLflow server) and score run. PYTHON_VENV names an environment
# that has torch and requirements-dev.txt; without one, an environment of its own is made, where torch can be installed.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_lib.sh"

if [[ -n ${PYTHON_VENV:-} ]]; then
  "$PYTHON_VENV/bin/python" -c 'import torch' 2>/dev/null || skip "torch is not installed in the environment that PYTHON_VENV names"
else
  PYTHON_VENV=$work/venv
  python3.11 -m venv "$PYTHON_VENV" 2>/dev/null || skip "there is no Python 3.11"
  pip=("$PYTHON_VENV/bin/pip" install --quiet --disable-pip-version-check)
  # The build for processors is a tenth of the other one.
  timeout 300 "${pip[@]}" torch --index-url https://download.pytorch.org/whl/cpu 2>/dev/null ||
    timeout 300 "${pip[@]}" torch 2>/dev/null || skip "torch cannot be installed"
  mlops_gen init "$work/requirements" --yes --no-git --runtime python --name demo 2>/dev/null
  "${pip[@]}" -r "$work/requirements/requirements-dev.txt" lightgbm xgboost
  export PYTHON_VENV
fi
bash "$(dirname "${BASH_SOURCE[0]}")/estimators-soak.sh" pytorch
