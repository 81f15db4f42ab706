#!/usr/bin/env bash
# The language of Azure Pipelines against what an independent evaluator makes of the same expressions and pipelines.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_lib.sh"
golden=${PIPELINE_GOLDEN:-$shared/pipeline-golden}
[[ -f $golden/expressions.tsv ]] || { echo "skipped: no folder pipeline-golden"; exit 77; }
programs
"$built/examples/golden" "$golden" devops-client/azure-pipelines/tests/golden-differences.tsv
