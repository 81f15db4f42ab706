#!/usr/bin/env bash
# Installs the toolchain and the test tools, unless the cache brought them along.
# Reads: CARGO_HOME, RUST_TOOLCHAIN, CARGO_NEXTEST, CARGO_LLVM_COV.
set -euo pipefail

here=$(dirname "$0")
if ! command -v rustup >/dev/null; then
  echo "##vso[task.logissue type=error]this agent has no rustup: install it, or use a hosted image"
  exit 1
fi
bash "$here/retry.sh" 3 10 rustup toolchain install "$RUST_TOOLCHAIN" --profile minimal \
  --component clippy,rustfmt,llvm-tools --no-self-update
rustup default "$RUST_TOOLCHAIN"

mkdir -p "$CARGO_HOME/bin"
export PATH="$CARGO_HOME/bin:$PATH"
echo "##vso[task.prependpath]$CARGO_HOME/bin"
for tool in "cargo-nextest $CARGO_NEXTEST" "cargo-llvm-cov $CARGO_LLVM_COV"; do
  read -r name version <<<"$tool"
  # Both print their version as the last word of the first line, before any commit hash.
  if "$name" "${name#cargo-}" --version 2>/dev/null | head -n 1 | grep -qF " $version"; then
    echo "$name $version comes from the cache"
  else
    bash "$here/retry.sh" 3 10 cargo install --locked --version "$version" "$name"
  fi
done
