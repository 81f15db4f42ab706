#!/usr/bin/env bash
# The rendered script that scores files gives the very numbers of the scoring server, in mini-batches, over several
# instances, and fails when a file is wrong.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_lib.sh"
mlops_gen init "$work/demo" --yes --no-git --runtime rust --name demo 2>/dev/null
printf '\nbatch: {}\n' >>"$work/demo/mlops.yaml"
(cd "$work/demo" && mlops_gen render 2>/dev/null)
programs
programs=${CARGO_TARGET_DIR:-$root/target}/debug
cd "$work/demo"
"$programs/train" --data data/diabetes.csv --contract data/data-contract.json --alpha 0.4 --output model-files 2>/dev/null
mkdir -p in/sub
cut -d, -f1-10 data/diabetes.csv >in/all.csv
# Other line ends, another order of columns.
head -n 6 in/all.csv | awk -F, -v OFS=, '{ print $10, $1, $2, $3, $4, $5, $6, $7, $8, $9 "\r" }' >in/sub/other.csv
head -n 1 in/all.csv >in/empty.csv

fail() { echo "$1" >&2; exit 1; }
# Scores the files of in/ into folder $1 with $2 rows at a time.
score() {
  SCORE_BATCH_PORT=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])') \
    bash ml/batch/score-files.sh --data in --model model-files --rows "$2" --output "$1" -- "$programs/score" >"$work/log" 2>&1
}

score one 1000 || { tail -n 5 "$work/log" >&2; exit 1; }
[[ $(wc -l <one/all.csv) == 443 ]] || fail "442 rows have $(($(wc -l <one/all.csv) - 1)) predictions"
[[ $(wc -l <one/empty.csv) == 1 ]] || fail "a file without rows has predictions"
cmp <(head -n 6 one/all.csv) one/sub/other.csv || fail "line ends or the order of columns change the numbers"
for rank in 0 1; do RANK=$rank WORLD_SIZE=2 score two 7; done
diff -r one two || fail "small mini-batches or two instances change the numbers"
printf 'age,oops\n1,2\n' >in/bad.csv
if score three 100; then fail "a file with wrong columns is scored"; fi
grep -q 'the scoring server refuses rows' "$work/log" || fail "the log does not say what is wrong with the file"
echo "447 rows of 3 files"
