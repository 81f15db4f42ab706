#!/usr/bin/env bash
# Installs the package and its test tools, exactly as pinned.
# Reads: PIP_CACHE_DIR.
set -euo pipefail

here=$(dirname "$0")
bash "$here/retry.sh" 3 10 python -m pip install --disable-pip-version-check --requirement requirements-dev.txt
python -m pip install --disable-pip-version-check --no-deps --editable .
