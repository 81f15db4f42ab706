#!/usr/bin/env bash
# The language of Azure Pipelines beside two outsiders: roxid's crate `pipeline-service` on the documented expressions, and
# Microsoft's language service on the rendered pipelines, expanded, and with each key misspelt in turn. Differences are
# explained in pipelines-judges/differences.tsv. Ends with 77 where neither can be had.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_lib.sh"
here=tests/conformance/pipelines-judges
cases=devops-client/azure-pipelines/tests
judges=0

if CARGO_TARGET_DIR=${ROXID_TARGET_DIR:-$root/target/roxid} CARGO_PROFILE_DEV_DEBUG=0 \
  cargo build --quiet --manifest-path $here/roxid/Cargo.toml 2>"$work/roxid.log"; then
  "${ROXID_TARGET_DIR:-$root/target/roxid}/debug/pipelines-roxid-conformance" $cases/contexts.yml $cases/expressions.tsv \
    >"$work/roxid"
  python3 $here/judge.py roxid $cases/expressions.tsv "$work/roxid" $here/differences.tsv
  judges=$((judges + 1))
else
  echo "roxid was not asked: $(tail -n 1 "$work/roxid.log")"
fi

# The schema that the service itself gives its editors is in no package.
schema=${PIPELINES_SCHEMA:-$shared/schemas/azure-pipelines/service-schema.json}
if [[ ! -f $schema ]]; then
  echo "the language service was not asked: PIPELINES_SCHEMA names no schema of Azure Pipelines"
elif ! npm install --prefix "$work/node" --no-audit --no-fund --silent \
  azure-pipelines-language-service@0.9.2 vscode-languageserver-textdocument@1.0.12 >"$work/npm.log" 2>&1; then
  echo "the language service was not asked: $(tail -n 1 "$work/npm.log")"
else
  [[ -n ${MLOPS_GEN:-} ]] || { programs; export MLOPS_GEN=$built/mlops-gen; }
  export NODE_PATH=$work/node/node_modules
  python3 $here/judge.py service "$schema" out "$work/pipelines" $here/differences.tsv
  judges=$((judges + 1))
fi
[[ $judges -gt 0 ]] || skip "neither crates.io nor npm can be had"
