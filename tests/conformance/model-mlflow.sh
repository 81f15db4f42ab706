#!/usr/bin/env bash
# `register` against a real MLflow server (from PyPI, in an environment of its own), seen by MLflow's own client.
# MLFLOW_VENV names an environment that has MLflow already; MODEL_BIN a folder that has the programs already.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_lib.sh"

mlflow_version=3.17.2
if [[ -z ${MLFLOW_VENV:-} ]]; then
  MLFLOW_VENV=$work/venv
  python3 -m venv "$MLFLOW_VENV" && "$MLFLOW_VENV/bin/pip" install --quiet "mlflow==$mlflow_version" ||
    skip "MLflow cannot be installed"
fi
if [[ -z ${MODEL_BIN:-} ]]; then
  programs
  MODEL_BIN=${CARGO_TARGET_DIR:-$root/target}/debug
fi

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

export MLFLOW_TRACKING_URI=http://127.0.0.1:$port
unset MLFLOW_RUN_ID MLFLOW_EXPERIMENT_NAME MLFLOW_TRACKING_TOKEN MLFLOW_TRACKING_USERNAME MLFLOW_TRACKING_PASSWORD || true
python3 "$root/tests/conformance/model-contract.py" "$root/model/data/diabetes.csv" >"$work/contract.json"
common=(--contract "$work/contract.json" --data "$root/model/data/diabetes.csv")
train() { "$MODEL_BIN/train" "${common[@]}" --alpha "$1" --output "$work/$2"; }
evaluate() {
  "$MODEL_BIN/evaluate" "${common[@]}" --challenger "$work/$1" --champion "$work/champion" --metric mse \
    --output "$work/$1.evaluation.json"
}
register() {
  "$MODEL_BIN/register" --model "$work/$1" --name "diabetes ridge" --evaluation "$work/$1.evaluation.json" \
    --champion "$work/champion" --experiment "conformance's" --tag BuildId=42 --tag 'BuildUri=vstfs:///Build/Build/42' \
    --output "$work/$2" "${@:3}"
}

train 100 first && evaluate first && register first first.json
register first again.json                         # the same model again
train 0.4 second && evaluate second && register second second.json
evaluate first && register first rejected.json    # worse than the champion now
# A run that is there already, as in an Azure Machine Learning job.
train 0.3 third && "$MODEL_BIN/evaluate" "${common[@]}" --challenger "$work/third" --metric mae --output "$work/third.evaluation.json"
run_id=$("$MLFLOW_VENV/bin/python" -c 'from mlflow import MlflowClient; print(MlflowClient().create_run("0").info.run_id)')
MLFLOW_RUN_ID=$run_id register third third.json
# Another model under the evaluation of this one must not get in.
if "$MODEL_BIN/register" --model "$work/first" --name other --evaluation "$work/third.evaluation.json" \
  --output "$work/wrong.json" 2>"$work/wrong.log"; then
  echo "a model was registered on the evaluation of another"; exit 1
fi
grep -q "is of another model than" "$work/wrong.log"

"$MLFLOW_VENV/bin/python" "$root/tests/conformance/model-mlflow.py" "$work" "$run_id"
