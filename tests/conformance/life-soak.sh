#!/usr/bin/env bash
# The life of a project in the sandbox: made, applied, edited, changed twenty times, renamed, given an environment, robbed of a
# column, upgraded. After each step check and plan are true, nothing of the team's is lost, and the advice that is printed,
# followed literally, leads to green.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_lib.sh"
mlops_gen --version >/dev/null
cd "$work"
"$MLOPS_GEN" init churn --yes --runtime "${1:-python}" 2>/dev/null
cd churn
git config user.name t; git config user.email t@example.com
git add --all; git commit --quiet --message first
"$MLOPS_GEN" sandbox -- python3 "$root/tests/conformance/life.py" "$MLOPS_GEN"
