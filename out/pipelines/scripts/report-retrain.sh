#!/usr/bin/env bash
# Shows how challenger and champion compare on the run's summary page, and whether a model was registered.
# "Not promoted" is a result like any other: the run is green either way.
# Reads: RESOURCE_GROUP, WORKSPACE, JOB, DATA_VERSION, COMMIT, WORK. Sets: promoted, modelVersion, artifact.
set -euo pipefail

here=$(dirname "$0")
scope=(--resource-group "$RESOURCE_GROUP" --workspace-name "$WORKSPACE")
mkdir -p "$WORK"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

for output in evaluation registration; do
  bash "$here/retry.sh" 3 20 az ml job download "${scope[@]}" --name "$JOB" --output-name "$output" \
    --download-path "$scratch" --output none
  file=$(find "$scratch" -name "$output.json" -print -quit)
  if [[ -z $file ]]; then
    echo "##vso[task.logissue type=error]training job $JOB left no $output.json"
    exit 1
  fi
  mv "$file" "$WORK/$output.json"
done
# The page about the challenger: metrics, residuals, drift, permutation importance.
page=$(find "$scratch" -name report.html -print -quit)
[[ -z $page ]] || mv "$page" "$WORK/report.html"

promoted=$(jq -r '.registered == true' "$WORK/registration.json")
version=$(jq -r 'if .registered == true then (.version | tostring) else "" end' "$WORK/registration.json")
verdict="Not promoted"
if [[ $promoted == true ]]; then
  verdict="Promoted: version $version is registered"
fi
{
  echo "## $verdict"
  echo
  jq -r '"\(.reason)\n\n| | \(.metric) |\n|---|---:|"' "$WORK/evaluation.json"
  jq -r '"| Challenger | \(.challenger) |\n| Champion | \(.champion // "none yet") |"' "$WORK/evaluation.json"
  echo
  echo "Data version $DATA_VERSION, training job $JOB, commit $COMMIT."
} >"$WORK/report.md"
cat "$WORK/report.md"
echo "##vso[task.uploadsummary]$WORK/report.md"
echo "##vso[task.setvariable variable=promoted;isOutput=true]$promoted"
echo "##vso[task.setvariable variable=modelVersion;isOutput=true]$version"
echo "##vso[task.setvariable variable=artifact;isOutput=true]report-$SYSTEM_JOBATTEMPT"
if [[ $promoted == true ]]; then
  echo "##vso[build.addbuildtag]promoted"
else
  echo "##vso[build.addbuildtag]not-promoted"
fi
