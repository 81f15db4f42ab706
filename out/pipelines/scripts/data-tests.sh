#!/usr/bin/env bash
# Holds the data in the repository against its contract; leaves JUnit results and a report, as text and as a page, in
# $RESULTS.
# Reads: DATA, RESULTS.
set -euo pipefail

mkdir -p "$RESULTS"
# In the build of the unit tests, whose dependencies are optimized too: a release build would take minutes beside it.
cargo llvm-cov run --no-report --locked --bin data-test -- \
  --data "$DATA" \
  --contract data/data-contract.json \
  --junit "$RESULTS/data.junit.xml" \
  --report "$RESULTS/data-report.txt" \
  --report "$RESULTS/data-report.html"
