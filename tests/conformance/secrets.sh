#!/usr/bin/env bash
# No token, personal access token or secret value is in what the tests print, at trace level. Runs whole suites with
# RUST_LOG=trace and everything shown, and searches their output for each planted value in each encoding.
# usage: secrets.sh [package…]   (default: those below, built as `cargo test --workspace` builds them)
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_lib.sh"
suites=(devops-client devops-emulator)
build=(--workspace)
if [[ $# -gt 0 ]]; then
  suites=("$@")
  build=("${@/#/--package=}")
fi
check() { PYTHONDONTWRITEBYTECODE=1 python3 tests/conformance/planted-values.py "$@"; }

check literals
# The features of a package depend on what else is built, so that the binaries are found, not built once more.
cargo test "${build[@]}" --quiet --no-run --message-format=json > "$work/built.json"
for suite in "${suites[@]}"; do
  output=$work/$suite.out
  while IFS=$'\t' read -r folder binary; do
    (cd "$folder" && CARGO_MANIFEST_DIR=$folder RUST_LOG=trace NO_COLOR=1 \
      "$binary" --nocapture) >> "$output" 2>&1 ||
      { grep -aE -A3 '^test .*FAILED|^test result: F|panicked' "$output" | tail -40 >&2; echo "$binary failed" >&2; exit 1; }
  done < <(check binaries "$work/built.json" "$suite")
  check output "$suite" "$output"
done
