#!/bin/sh
# The static, stripped scoring binary: built as the image builds it, below 9 MB, and it runs.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
host=$(rustc -vV | sed -n 's/host: //p')
target=${CARGO_TARGET_DIR:-$root/target}
RUSTFLAGS="-C target-feature=+crt-static" CARGO_PROFILE_RELEASE_LTO=fat CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1 \
  cargo build --release -q -p model --bin score --target "$host"
binary=$target/$host/release/score
size=$(wc -c < "$binary")
if file "$binary" | grep -q "dynamically linked"; then echo "score-size: not static" >&2; exit 1; fi
"$binary" --version
echo "score-size: $size bytes"
test "$size" -lt 9000000
