#!/usr/bin/env bash
# Unit tests; leaves JUnit results and Cobertura coverage in $RESULTS.
# Reads: RESULTS.
set -euo pipefail

mkdir -p "$RESULTS"
status=0
cargo llvm-cov nextest --workspace --locked --config-file pipelines/nextest.toml --profile ci \
  --cobertura --output-path "$RESULTS/coverage.cobertura.xml" || status=$?

# nextest writes its results below the target folder of the instrumented build.
junit=$(find target -path '*/nextest/ci/junit.xml' -print -quit)
if [[ -n $junit ]]; then
  cp "$junit" "$RESULTS/unit.junit.xml"
fi
exit "$status"
