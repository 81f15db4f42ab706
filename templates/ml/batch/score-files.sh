#!/usr/bin/env bash
# Rendered by mlops-gen from mlops.yaml.
# Scores every CSV file under a folder with the scoring server itself, in mini-batches, so that batch and online scoring
# cannot differ. With several instances (RANK of WORLD_SIZE) each takes its share of the files.
#   score-files.sh --data FOLDER --model FOLDER --rows ROWS --output FOLDER -- PROGRAM [ARGUMENT…]
set -euo pipefail

while [ "$1" != "--" ]; do
  case "$1" in
    --data) data="$2" ;;
    --model) model="$2" ;;
    --rows) rows="$2" ;;
    --output) output="$2" ;;
    *)
      echo "unknown option $1; expected --data, --model, --rows, --output" >&2
      exit 2
      ;;
  esac
  shift 2
done
shift

# Only this machine can reach the server, so it needs no key. A mini-batch may be as large as its rows make it.
export SCORE_MODEL="$model" SCORE_LISTEN="127.0.0.1:${SCORE_BATCH_PORT:-8080}" SCORE_ACCESS_LOG=problems
export SCORE_MAX_ROWS="$rows" SCORE_MAX_BODY=268435456
"$@" &
server=$!
trap 'kill "$server" 2>/dev/null || true' EXIT
address="http://$SCORE_LISTEN"
for attempt in $(seq 1 120); do
  if curl --silent --fail --output /dev/null "$address/readyz"; then break; fi
  if [ "$attempt" = 120 ] || ! kill -0 "$server" 2>/dev/null; then
    echo "the scoring server did not become ready" >&2
    exit 2
  fi
  sleep 0.5
done

# Sends one mini-batch, lines of numbers on standard input, and prints one prediction on each line.
score_rows() {
  local data answer
  data="$(sed -e 's/\r$//' -e '/^$/d' -e 's/.*/[&]/' | paste --serial --delimiters=, -)"
  answer="$(printf '{"columns":["%s"],"data":[%s]}' "${NAMES//,/\",\"}" "$data" |
    curl --silent --show-error --fail-with-body --data-binary @- --header 'content-type: application/json' \
      "$ADDRESS/score")" || {
    echo "the scoring server refuses rows: $answer" >&2
    return 1
  }
  sed -e 's/^.*"result": *\[//' -e 's/\].*$//' <<< "$answer" | tr -d ' ' | tr ',' '\n'
}
export -f score_rows
export ADDRESS="$address"

mkdir -p "$output"
number=0
while IFS= read -r -d '' file; do
  number=$((number + 1))
  if [ $((number % ${WORLD_SIZE:-1})) -ne "${RANK:-0}" ]; then continue; fi
  name="${file#"$data"/}"
  # Names hold letters, digits and underscores only, so JSON needs no more than quotes around them.
  NAMES="$(head -n 1 "$file" | tr -d '\r" ')"
  export NAMES
  mkdir -p "$output/$(dirname "$name")"
  {
    echo prediction
    # split starts its filter with $SHELL, and the exported function is bash's.
    tail -n +2 "$file" | SHELL="$BASH" split --lines "$rows" --filter 'set -euo pipefail; score_rows' -
  } > "$output/$name"
  echo "scored $name: $(($(wc -l < "$output/$name") - 1)) rows"
done < <(find "$data" -type f -name '*.csv' -print0 | sort --zero-terminated)
