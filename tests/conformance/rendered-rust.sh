#!/usr/bin/env bash
# The rendered Rust project, untouched, builds and passes its own tests with nothing but the package registry.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_lib.sh"
mlops_gen init "$work/demo" --yes --no-git --runtime rust 2>/dev/null
cd "$work/demo"
# The same target folder as the workspace: the dependencies, whose versions are the same, are built once.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target}
cargo test --workspace --locked --quiet
