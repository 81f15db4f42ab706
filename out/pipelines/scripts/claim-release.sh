#!/usr/bin/env bash
# Decides whether this run releases the model version: it must exist, and no other run may have released it or be
# releasing it now. Events arrive at least once, so a second run for one version is normal, and ends green.
# Reads: RESOURCE_GROUP, WORKSPACE, EXPECTED_MODEL, REQUESTED_MODEL, MODEL_VERSION, AGAIN, SYSTEM_ACCESSTOKEN, and
# the variables that Azure Pipelines gives to every script. Sets: release (true or false).
set -euo pipefail

scope=(--resource-group "$RESOURCE_GROUP" --workspace-name "$WORKSPACE")
fail() {
  echo "##vso[task.logissue type=error]$1"
  exit 1
}
answer() {
  echo "$2"
  echo "##vso[task.setvariable variable=release;isOutput=true]$1"
  exit 0
}

# Both come from outside: nothing but a known name and a plain version goes on from here.
[[ $REQUESTED_MODEL == "$EXPECTED_MODEL" ]] || fail "this pipeline releases $EXPECTED_MODEL only"
[[ $MODEL_VERSION =~ ^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$ ]] || fail "this is no version of a model"

# The event may be quicker than the registry: a model is asked for more than once before it counts as missing.
here=$(dirname "$0")
model=$(bash "$here/retry.sh" 5 20 az ml model show "${scope[@]}" --name "$EXPECTED_MODEL" --version "$MODEL_VERSION" \
  --output json) || fail "$EXPECTED_MODEL:$MODEL_VERSION is not registered in $WORKSPACE"
released=$(jq -r '.tags.released // ""' <<<"$model")
claimed=$(jq -r '.tags.release_run // ""' <<<"$model")

if [[ ${AGAIN,,} != true ]]; then
  if [[ -n $released ]]; then
    answer false "$EXPECTED_MODEL:$MODEL_VERSION was released by run $released; nothing to do"
  fi
  if [[ $claimed =~ ^[0-9]+$ && $claimed != "$BUILD_BUILDID" ]]; then
    state=$(curl --silent --show-error --fail --retry 3 \
      --header "Authorization: Bearer $SYSTEM_ACCESSTOKEN" \
      "$SYSTEM_COLLECTIONURI$SYSTEM_TEAMPROJECTID/_apis/build/builds/$claimed?api-version=7.1" |
      jq -r '.status // ""') || state=unknown
    if [[ $state == inProgress || $state == notStarted ]]; then
      answer false "run $claimed is releasing $EXPECTED_MODEL:$MODEL_VERSION; this one leaves it to that"
    fi
  fi
fi

# Who is asked for an approval finds this on the run's summary page: how the model compared when it was registered. Tags
# are written by whoever registers: of their text only what a number or a word has is shown.
summary="${AGENT_TEMPDIRECTORY:-/tmp}/release-$EXPECTED_MODEL-$MODEL_VERSION.md"
{
  echo "### $EXPECTED_MODEL, version $MODEL_VERSION"
  echo
  jq -r '
    def plain: tostring | gsub("[^A-Za-z0-9 .,:+-]"; "_") | .[0:80];
    .tags // {} | (.metric // "") as $metric |
    if $metric == "" then "This version does not say how it compared with the champion."
    else
      "| | \($metric | plain) |", "|---|---:|",
      "| Challenger, this version | \(.[$metric] // "unknown" | plain) |",
      "| Champion before it | \(.["champion_" + $metric] // "none" | plain) |"
    end,
    "", "Data version \(.data_version // "unknown" | plain), commit \(.commit // "unknown" | plain), build " +
      "\(.build_id // "unknown" | plain)."' <<<"$model"
} >"$summary"
cat "$summary"
echo "##vso[task.uploadsummary]$summary"

az ml model update "${scope[@]}" --name "$EXPECTED_MODEL" --version "$MODEL_VERSION" \
  --set "tags.release_run=$BUILD_BUILDID" --output none
echo "##vso[build.addbuildtag]model-$MODEL_VERSION"
answer true "this run releases $EXPECTED_MODEL:$MODEL_VERSION"
