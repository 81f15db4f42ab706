#!/bin/sh
# Full load with reloads, then SIGTERM under load (wrk): score-soak.sh [REQUESTS [RELOADS]], default 500000 and 20; the bar is 10000000 and 100.
. "$(dirname "$0")/score-setup.sh"
python3 "$root/tests/conformance/score-check.py" soak --requests "${1:-500000}" --reloads "${2:-20}"
