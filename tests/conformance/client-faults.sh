#!/usr/bin/env bash
# The client's whole fault matrix: each of its operations with each fault, against the emulator; and two thousand operations
# within a limit. `cargo test` runs a quarter.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_lib.sh"
FAULTS_FULL=1 cargo test --quiet --workspace --test faults -- --nocapture
