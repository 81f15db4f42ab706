# Sourced by the score-*.sh scripts: builds the binaries unless SCORE and COLLECT name them, and makes a work folder.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ -z "${SCORE:-}" ] || [ -z "${COLLECT:-}" ]; then
  (cd "$root" && cargo build --release -q -p model --bin score --bin collect)
  target=$(cd "$root" && cargo metadata --format-version 1 --no-deps | python3 -c 'import json,sys; print(json.load(sys.stdin)["target_directory"])')
  SCORE=$target/release/score COLLECT=$target/release/collect
fi
export SCORE COLLECT
