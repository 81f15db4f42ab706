# Sourced by the score-*.sh scripts: builds the binaries unless SCORE and COLLECT name them, and makes a work folder.
# What they prove does not depend on the profile; the release build is proved, once, by images.sh.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ -z "${SCORE:-}" ] || [ -z "${COLLECT:-}" ]; then
  (cd "$root" && cargo build --workspace --quiet --bins --examples)
  target=${CARGO_TARGET_DIR:-$root/target}
  SCORE=$target/debug/score COLLECT=$target/debug/collect
fi
export SCORE COLLECT
