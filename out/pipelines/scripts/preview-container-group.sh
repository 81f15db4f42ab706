#!/usr/bin/env bash
# Shows what a release would change of the container group, in the log and on the run's summary page, before the
# approval that the next stage waits for. A group of another shape is deleted and made anew, which Azure predicts no
# more than it allows the change.
# Reads: RESOURCE_GROUP, CONTAINER_GROUP, BICEP_FILE, IMAGE, MODEL_VERSION.
set -euo pipefail

here=$(dirname "$0")
groups=$(bash "$here/retry.sh" 3 20 az container list --resource-group "$RESOURCE_GROUP" --output json)
live=$(jq -r --arg name "$CONTAINER_GROUP" \
  '.[] | select(.name == $name) | "\(.tags.shape // "-") \(.tags["model-version"] // "-")"' <<<"$groups")
read -r shape version <<<"$live"
version=${version#-}
echo "model $MODEL_VERSION would take the place of ${version:-none}"

wanted=$(jq -er .parameters.shape.defaultValue "${BICEP_FILE%.bicep}.json")
if [[ -n $live && $shape != "$wanted" ]]; then
  echo "##vso[task.logissue type=warning]$CONTAINER_GROUP is ${shape/#-/of an unknown shape} and would become" \
    "$wanted: it would be deleted and made anew, and not answer meanwhile"
  group="Microsoft.ContainerInstance/containerGroups/$CONTAINER_GROUP"
  changes=$(printf 'Delete\t%s\nCreate\t%s' "$group" "$group")
else
  changes=$(bash "$here/retry.sh" 3 20 az deployment group what-if \
    --resource-group "$RESOURCE_GROUP" \
    --template-file "$BICEP_FILE" \
    --parameters "image=$IMAGE" "modelVersion=$MODEL_VERSION" \
    --result-format FullResourcePayloads \
    --no-pretty-print \
    --query "changes[].[changeType, resourceId, to_string(delta[].path)]" \
    --output tsv)
fi
bash "$here/show-changes.sh" "$BICEP_FILE" <<<"$changes"
