#!/usr/bin/env bash
# What the scoring server in Rust answers for every family of Python models that `serving: native` exports, beside Python.
# NATIVE_VENV names an environment that has the packages already; SCORE the server's binary. Names of families as
# arguments choose some.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_lib.sh"
mkdir "$work/project"
cp tests/cases/native-serving/mlops.yaml "$work/project/mlops.yaml"
sed -i 's/algorithm: lightgbm/algorithm: custom/; /parameters:/d' "$work/project/mlops.yaml"
(cd "$work/project" && mlops_gen render >/dev/null 2>&1)
# The same versions as a project with either booster.
requirements=$(cat "$work/project/requirements.txt")
boosters=$(grep -hE '^(lightgbm|xgboost)==' templates/project/python/requirements.txt)
if [[ -z ${NATIVE_VENV:-} ]]; then
  NATIVE_VENV=$work/venv
  python3 -m venv "$NATIVE_VENV" &&
    printf '%s\n' "$requirements" "$boosters" pyarrow==26.0.1 scipy==1.17.1 >"$work/requirements.txt" &&
    "$NATIVE_VENV/bin/pip" install --quiet --disable-pip-version-check -r "$work/requirements.txt" ||
    skip "scikit-learn, lightgbm and xgboost cannot be installed"
fi
if [[ -z ${SCORE:-} ]]; then
  cargo build --quiet -p model --bin score
  SCORE=${CARGO_TARGET_DIR:-$root/target}/debug/score
fi
OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1 "$NATIVE_VENV/bin/python" tests/conformance/native-serving.py "$work/project" parcels \
  "$SCORE" "$@"
