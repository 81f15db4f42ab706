#!/usr/bin/env bash
# plan, apply and destroy at full size: killed at every request boundary, 1,000 schedules of faults, 200 races, 200
# projects in one organization; with Azure at every boundary of Resource Manager, 300 schedules, 50 races. The same tests
# run in a small size with `cargo test`. Prints the figures.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export REMOTE_FULL=1 RUST_BACKTRACE=0
cargo test --release --quiet --package generator --test program -- --nocapture remote:: --test-threads "${REMOTE_THREADS:-2}"
