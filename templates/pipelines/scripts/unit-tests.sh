#!/usr/bin/env bash
# Unit tests; leaves JUnit results and Cobertura coverage in $RESULTS.
# Reads: RESULTS.
set -euo pipefail

mkdir -p "$RESULTS"
{% block unit_tests %}
{% if rust %}
status=0
cargo llvm-cov nextest --workspace --locked --config-file pipelines/nextest.toml --profile ci \
  --cobertura --output-path "$RESULTS/coverage.cobertura.xml" || status=$?

# nextest writes its results below the target folder of the instrumented build.
junit=$(find target -path '*/nextest/ci/junit.xml' -print -quit)
if [[ -n $junit ]]; then
  cp "$junit" "$RESULTS/unit.junit.xml"
fi
exit "$status"
{% else %}
status=0
python -m coverage run -m pytest --junitxml "$RESULTS/unit.junit.xml" || status=$?
python -m coverage xml -o "$RESULTS/coverage.cobertura.xml"
exit "$status"
{% endif %}
{% endblock %}
