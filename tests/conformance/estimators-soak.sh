#!/usr/bin/env bash
# Estimators of every kind in the rendered Python project, by editing estimator.py alone: the project's tests pass, and
# train, evaluate, register (a real MLflow server) and score run. estimators-soak.sh [CASE… | all], see estimators/edits.py;
# one of each kind where none is named.
# PYTHON_VENV names an environment that has requirements-dev.txt, lightgbm and xgboost already; MLFLOW_VENV one with MLflow.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_lib.sh"

if [[ -z ${MLFLOW_VENV:-} ]]; then
  MLFLOW_VENV=$work/mlflow
  python3 -m venv "$MLFLOW_VENV" && "$MLFLOW_VENV/bin/pip" install --quiet mlflow==3.17.2 || skip "MLflow cannot be installed"
fi
mkdir "$work/projects"
mlops_gen init "$work/projects/regression" --yes --no-git --runtime python --name demo 2>/dev/null
if [[ -z ${PYTHON_VENV:-} ]]; then
  PYTHON_VENV=$work/venv
  python3.11 -m venv "$PYTHON_VENV"
  "$PYTHON_VENV/bin/pip" install --quiet --disable-pip-version-check -r "$work/projects/regression/requirements-dev.txt" lightgbm xgboost
fi
cp -R "$work/projects/regression" "$work/projects/classification"
python3 tests/conformance/estimators/churn.py "$work/projects/classification"

server=""
stop() { [[ -z $server ]] || { kill -- "-$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; }; rm -rf "$work"; }
trap stop EXIT
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
set -m
(cd "$work" && exec "$MLFLOW_VENV/bin/mlflow" server --host 127.0.0.1 --port "$port" --workers 1 \
  --backend-store-uri "sqlite:///$work/mlflow.db" --artifacts-destination "$work/artifacts" >"$work/server.log" 2>&1) &
server=$!
set +m
for _ in $(seq 120); do
  curl --silent --fail "http://127.0.0.1:$port/health" >/dev/null && break
  sleep 1
done
curl --silent --fail "http://127.0.0.1:$port/health" >/dev/null || { cat "$work/server.log"; exit 1; }
unset MLFLOW_RUN_ID MLFLOW_EXPERIMENT_NAME MLFLOW_TRACKING_TOKEN MLFLOW_TRACKING_USERNAME MLFLOW_TRACKING_PASSWORD || true
MLFLOW_TRACKING_URI=http://127.0.0.1:$port PYTHONDONTWRITEBYTECODE=1 \
  "$PYTHON_VENV/bin/python" tests/conformance/estimators/run.py "$work/projects" "$@"
