#!/usr/bin/env bash
# Shows what has drifted on the run's summary page. Drift is a finding, not a failure: the run ends with a warning, and
# an event in Application Insights sets off the alert that sends mail.
# Reads: RESOURCE_GROUP, WORKSPACE, APP_INSIGHTS, MODEL_NAME, MODEL_VERSION, JOB, WORK, and what Azure Pipelines gives
# to every script. Sets: drift.
set -euo pipefail

here=$(dirname "$0")
scope=(--resource-group "$RESOURCE_GROUP" --workspace-name "$WORKSPACE")
mkdir -p "$WORK"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

bash "$here/retry.sh" 3 20 az ml job download "${scope[@]}" --name "$JOB" --output-name findings \
  --download-path "$scratch" --output none
for name in drift.json drift.html; do
  file=$(find "$scratch" -name "$name" -print -quit)
  if [[ -z $file ]]; then
    echo "##vso[task.logissue type=error]drift job $JOB left no $name"
    exit 1
  fi
  mv "$file" "$WORK/$name"
done

# Names of columns come from data: nothing of them is taken for Markdown or for a command.
read -r -d '' words <<'END' || true
def plain: gsub("[^\\p{L}\\p{N} .,:;()%+*/=_-]"; "?");
def share: . * 1000 | round / 10 | tostring + " %";
def line: "| \(.column | plain) | \(.psi | if . == null then "" else . * 1000 | round / 1000 end) | "
  + "\(.missing | share) | \(.missing_before | share) | \(.unseen | share) | \(.failures | join(", ")) |";
END
drift=$(jq -r '.drift == true' "$WORK/drift.json")
{
  if [[ $drift == true ]]; then
    echo "## Drift: $MODEL_NAME:$MODEL_VERSION"
  else
    echo "## No drift: $MODEL_NAME:$MODEL_VERSION"
  fi
  echo
  jq -r 'if .judged then "\(.rows) scored rows against the training rows."
    else "\(.rows) scored rows are too few to judge." end' "$WORK/drift.json"
  jq -r 'if .malformed_lines > 0 then "\(.malformed_lines) lines of the log could not be read." else empty end' \
    "$WORK/drift.json"
  jq -r "$words"'
    def told: if . == null then "" else . * 1000000 | round / 1000000 end;
    .outcomes // empty
    | "", "| Metric | Value | In training | Rows with an outcome | Waiting | Beyond its limit |",
      "|---|---:|---:|---:|---:|---|",
      "| \(.metric | plain) | \(.value | told) | \(.before | told) | \(.rows) | \(.waiting) "
        + "| \(.failures | join(", ")) |",
      if .judged then empty else "", "That is too few rows to judge by, or the metric is not defined on them." end,
      if .strangers > 0 then "", "\(.strangers) rows turned out to be of a class that the model does not know."
      else empty end
    ' "$WORK/drift.json"
  jq -r "$words"'
    if (.columns | length) > 0 then
      "", "| Column | Stability index | Missing | In training | Unseen levels | Beyond its limit |",
      "|---|---:|---:|---:|---:|---|", (.columns | sort_by(-(.psi // 0)) | .[:50][] | line)
    else empty end' "$WORK/drift.json"
  echo
  echo "The whole report is drift.html of the run's artifact; job $JOB."
} >"$WORK/drift.md"
cat "$WORK/drift.md"
echo "##vso[task.uploadsummary]$WORK/drift.md"
echo "##vso[task.setvariable variable=drift;isOutput=true]$drift"
[[ $drift == true ]] || exit 0

count=$(jq '[.columns[] | select(.failures | length > 0)] | length' "$WORK/drift.json")
worse=$(jq -r '.outcomes // empty | select(.failures | length > 0) | .metric | gsub("[^a-z0-9-]"; "?")' \
  "$WORK/drift.json")
echo "##vso[build.addbuildtag]drift"

# The address and the key of Application Insights are in its connection string, which no log shows.
connection=$(bash "$here/retry.sh" 3 10 az resource show --resource-group "$RESOURCE_GROUP" --name "$APP_INSIGHTS" \
  --resource-type Microsoft.Insights/components --query properties.ConnectionString --output tsv)
member() {
  tr ';' '\n' <<<"$connection" | sed -n "s/^$1=//p"
}
endpoint=$(member IngestionEndpoint)
jq --null-input --compact-output \
  --arg key "$(member InstrumentationKey)" --arg time "$(date -u +%Y-%m-%dT%H:%M:%SZ)" \
  --arg model "$MODEL_NAME" --arg version "$MODEL_VERSION" --arg run "$BUILD_BUILDID" --argjson count "$count" \
  --arg metric "$worse" \
  '[{name: "Microsoft.ApplicationInsights.Event", time: $time, iKey: $key, data: {baseType: "EventData", baseData: {
     ver: 2, name: "drift", properties: {model: $model, version: $version, run: $run, metric: $metric},
     measurements: {columns: $count}
   }}}]' >"$scratch/event.json"
if ! curl --silent --show-error --fail --retry 3 --output /dev/null \
  --header "Content-Type: application/json" --data "@$scratch/event.json" "${endpoint%/}/v2.1/track"; then
  echo "##vso[task.logissue type=error]Application Insights did not take the event: nobody gets mail of the drift"
  exit 1
fi
if [[ -n $worse ]]; then
  echo "##vso[task.logissue type=warning]by what turned out, the $worse of $MODEL_NAME:$MODEL_VERSION is beyond its" \
    "limit"
fi
if ((count > 0)); then
  echo "##vso[task.logissue type=warning]$count of the columns of $MODEL_NAME:$MODEL_VERSION have drifted"
fi
echo "##vso[task.complete result=SucceededWithIssues;]drift"
