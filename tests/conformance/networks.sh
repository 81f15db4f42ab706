#!/usr/bin/env bash
# Of every private case: each peering, link, zone, private endpoint, way out and rule is taken away, one at a time, and the
# flow that breaks is named. How many there are, and how many are named, is printed.
source "$(dirname "${BASH_SOURCE[0]}")/_lib.sh"
set -euo pipefail

cargo test --workspace --quiet --lib -- --nocapture whatever_is_taken_away_is_missed_by_the_flow_that_needs_it |
  grep 'taken away'
