#!/usr/bin/env bash
# Public pipelines, in the folder that PIPELINE_CORPUS names: at least a hundred expand, and none crashes.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_lib.sh"
[[ -d ${PIPELINE_CORPUS:-} ]] || { echo "skipped: PIPELINE_CORPUS names no folder of pipelines"; exit 77; }
programs
"$built/examples/corpus" "$PIPELINE_CORPUS" >"$work/report"
cat "$work/report"
[[ $(head -n 1 "$work/report" | cut -d' ' -f1) -ge 100 ]] || { echo "fewer than 100 pipelines"; exit 1; }
