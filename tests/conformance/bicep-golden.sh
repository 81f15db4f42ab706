#!/usr/bin/env bash
# The language of Bicep and ARM templates against what the Bicep compiler makes of small sources. The numbers are what is
# reached: fewer is a failure, and so are more files than `another` that become JSON that the compiler would not write.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_lib.sh"
golden=${BICEP_GOLDEN:-$shared/bicep-golden}
[[ -f $golden/refused.tsv ]] || { echo "skipped: no folder bicep-golden"; exit 77; }
programs
# What the linter says is of one commit's `out/`.
out=()
if git cat-file -e '4bd47ab^{commit}' 2>/dev/null; then
  git archive 4bd47ab out | tar -x -C "$work"
  out=("out:$work/out" lint=23)
fi
"$built/examples/bicep_golden" "$golden" compiles=37 warned=9 warnings=9 refused=173 refused-codes=172 evaluated=7 formatted=5 kept=210 "${out[@]}" "$@"
