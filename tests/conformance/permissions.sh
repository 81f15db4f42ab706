#!/usr/bin/env bash
# Of every case: each role assignment taken away, and each role that is known added for each identity on each scope. The
# tests themselves take a sample of both; here all are made, and how many are named is printed.
source "$(dirname "${BASH_SOURCE[0]}")/_lib.sh"
set -euo pipefail

MLOPS_GEN_PERMISSIONS=whole cargo test --workspace --quiet --test system -- --nocapture permissions::whatever
