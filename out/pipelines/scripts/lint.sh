#!/usr/bin/env bash
# Formatting and lints; a warning is an error here, so that none piles up.
set -euo pipefail

cargo fmt --all --check
cargo clippy --workspace --all-targets --locked -- -D warnings
