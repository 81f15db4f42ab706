#!/usr/bin/env bash
# Two processes that train one estimator together, started as `training.distribution` has Azure ML start them, with the command of
# the rendered component: by MPI (mpi4py and MPICH, from PyPI) and, where torch is there, by torch.distributed. One model is
# written, and it is what one process finds by itself. PYTHON_VENV names an environment that has the project's requirements-dev.txt.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_lib.sh"

mlops_gen init "$work/demo" --yes --no-git --runtime python --name demo 2>/dev/null
python3.11 -m venv --system-site-packages "$work/venv" 2>/dev/null || skip "there is no Python 3.11"
pip=("$work/venv/bin/pip" install --quiet --disable-pip-version-check)
if [[ -n ${PYTHON_VENV:-} ]]; then
  # What is there already stays where it is; only what is joined by comes beside it.
  site=$("$PYTHON_VENV/bin/python" -c 'import site; print(site.getsitepackages()[0])')
  echo "$site" >"$("$work/venv/bin/python" -c 'import site; print(site.getsitepackages()[0])')/project.pth"
else
  "${pip[@]}" -r "$work/demo/requirements-dev.txt"
fi
timeout 300 "${pip[@]}" 'mpi4py>=4,<5' 'mpich>=5,<6' 2>/dev/null || skip "mpi4py and MPICH cannot be installed"
# A project of its own for each kind, as estimator.py is edited.
joined() {
  cp -R "$work/demo" "$work/$1"
  "$work/venv/bin/python" tests/conformance/estimators/joined.py "$MLOPS_GEN" "$work/$1" "$1"
}
joined mpi
if "$work/venv/bin/python" -c 'import torch' 2>/dev/null; then
  joined pytorch
else
  echo "left out: torch is not installed"
fi
