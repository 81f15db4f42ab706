#!/bin/sh
# The scoring server's API descriptions against the official validators (openapi-spec-validator from PyPI).
. "$(dirname "$0")/score-setup.sh"
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q "openapi-spec-validator==0.7.*"
"$work/venv/bin/python" "$root/tests/conformance/score-check.py" openapi
