#!/usr/bin/env bash
# Installs the package and its test tools, exactly as pinned; requirements-lock.txt, where there is one, pins what these
# need in turn.
# Reads: PIP_CACHE_DIR.
set -euo pipefail

here=$(dirname "$0")
touch requirements-lock.txt
bash "$here/retry.sh" 3 10 python -m pip install --disable-pip-version-check --constraint requirements-lock.txt \
  --requirement requirements-dev.txt
python -m pip install --disable-pip-version-check --no-deps --editable .
