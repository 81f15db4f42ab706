#!/usr/bin/env bash
# Each thing that can go wrong in the pipelines of the worked example, one at a time, really carried out: the right stage
# fails, says what it is, and nothing is registered or released; so without each role. `cargo test` runs some of those.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_lib.sh"
MLOPS_GEN_FAULTS=whole cargo test --workspace --quiet --test sandboxed -- \
  --include-ignored what_is_wrong_before what_is_wrong_in_an_environment every_pipeline_is_green_with_the_roles
