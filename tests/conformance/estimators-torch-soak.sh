#!/usr/bin/env bash
# A module of PyTorch in the rendered Python project, as estimators-soak.sh has the others. PYTHON_VENV names an environment
# that has torch and requirements-dev.txt.
set -euo pipefail
if ! "${PYTHON_VENV:-/nowhere}/bin/python" -c 'import torch' 2>/dev/null; then
  echo "skipped: torch is not installed in the environment that PYTHON_VENV names"
  exit 77
fi
exec bash "$(dirname "${BASH_SOURCE[0]}")/estimators-soak.sh" pytorch
