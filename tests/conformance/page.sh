#!/usr/bin/env bash
# Every view of the sandbox's page, and the files that `plan --html` and `runs show --html` write, in headless Chromium: what
# they say, by keyboard and by click, in light and in dark, wide and narrow; nothing is fetched from elsewhere, and axe-core
# finds no violation. SHOTS=FOLDER keeps pictures.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_lib.sh"

for tool in node npm git; do
  command -v "$tool" >/dev/null || skip "this machine has no $tool"
done
browser() { command -v chromium || command -v chromium-browser || command -v google-chrome; }
if ! browser >/dev/null; then
  # Another check may be installing something; a list that cannot be fetched may be of somebody else's packages.
  { apt-get update || true; apt-get -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends chromium; } >"$work/apt.log" 2>&1 ||
    skip "there is no Chromium, and apt has none"
fi
npm install --silent --no-audit --no-fund --prefix "$work/node" playwright-core@1.65.1 axe-core@4.14.1 >"$work/npm.log" 2>&1 ||
  skip "playwright-core and axe-core cannot be had: $(tail -n 1 "$work/npm.log")"

mlops_gen init "$work/demo" --yes --runtime python >/dev/null
spec=$work/demo/mlops.yaml
# the team project is there before the plan is made, with a repository of its own
sed --in-place 's/^  repository: demo$/  repository: demo-code/' "$spec"
mlops_gen render -C "$work/demo" >/dev/null 2>&1

state=$work/state
export CHROMIUM NODE_MODULES=$work/node/node_modules
CHROMIUM=$(browser)
trap 'kill "${scoring:-}" 2>/dev/null || true; "$MLOPS_GEN" sandbox down --state "$state" >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
node tests/conformance/page/scoring.mjs >"$work/port" &
scoring=$!
for _ in $(seq 100); do [[ ! -s $work/port ]] || break; sleep 0.1; done
node tests/conformance/page/azure.mjs "$state" "$(cat "$work/port")"
mlops_gen sandbox up --state "$state" --spec "$spec" >"$work/variables" 2>"$work/up"
set -a
# shellcheck disable=SC1091
source "$work/variables"
set +a

node tests/conformance/page/azure.mjs "$state" "$(cat "$work/port")" online

# A page of its own: what is planned, before and besides what runs.
node tests/conformance/page/fill.mjs "$state/up.json" "$work/demo/pipelines" >"$work/runs.json"
status=0
mlops_gen plan --compact --spec "$spec" --html "$work/plan.html" >/dev/null 2>"$work/plan.log" || status=$?
((status == 1)) || { cat "$work/plan.log"; echo "page: plan ended with $status, and there is something to do"; exit 1; }
release=$(node -p "require('$work/runs.json').release")
mlops_gen runs show "$release" --spec "$spec" --html "$work/run.html"
# What training leaves for people.
programs=$(dirname "$MLOPS_GEN")
data=(--data out/data/diabetes.csv --contract out/data/data-contract.json)
for alpha in 0.4 100; do "$programs/train" "${data[@]}" --alpha "$alpha" --output "$work/model-$alpha" >/dev/null; done
"$programs/evaluate" "${data[@]}" --challenger "$work/model-0.4" --champion "$work/model-100" --metric mse \
  --output "$work/evaluation.json" --report "$work/report.html" >/dev/null
"$programs/data-test" "${data[@]}" --baseline "$work/model-0.4" --report "$work/data.html" >/dev/null
node tests/conformance/page/drive.mjs "$state/up.json" "$work/runs.json" "$work/plan.html" "$work/run.html" \
  "$work/report.html" "$work/data.html"
