#!/bin/sh
# The scoring log and `collect` against Azurite (npm), with an outage of its storage: score-azurite.sh [SECONDS], default 10; the bar is 60.
. "$(dirname "$0")/score-setup.sh"
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q "azure-storage-blob==12.*"
npm install --silent --no-fund --no-audit --prefix "$work/npm" azurite@3
AZURITE=$work/npm/node_modules/.bin/azurite-blob
export AZURITE
outage=${1:-10}
"$work/venv/bin/python" "$root/tests/conformance/score-check.py" azurite --outage "$outage"
# The same with a buffer that is too small for the outage: what does not fit is counted, nothing else is lost.
"$work/venv/bin/python" "$root/tests/conformance/score-check.py" azurite --outage "$outage" --buffer 60000
