#!/usr/bin/env bash
# Deploys the container group with one image, and remembers the image before it. What cannot be changed on a group that
# runs (size, port, network) stands on it as its shape: where that differs, the group is deleted and made anew.
# Reads: RESOURCE_GROUP, CONTAINER_GROUP, BICEP_FILE, IMAGE, MODEL_VERSION, ALLOW_OLDER.
# Sets: PREVIOUS_IMAGE, PREVIOUS_VERSION (empty at the first deployment).
set -euo pipefail

here=$(dirname "$0")
# A list, not a look at the group: a refusal must not be taken for "there is none".
groups=$(az container list --resource-group "$RESOURCE_GROUP" --output json)
previous=$(jq -r --arg name "$CONTAINER_GROUP" \
  '.[] | select(.name == $name) | "\(.containers[0].image) \(.tags["model-version"] // "-") \(.tags.shape // "-")"' \
  <<<"$groups")
read -r image version shape <<<"$previous"
version=${version#-}
bash "$here/refuse-older.sh" "$version"
if [[ $image == "$IMAGE" ]]; then
  image=
fi
echo "##vso[task.setvariable variable=PREVIOUS_IMAGE]$image"
echo "##vso[task.setvariable variable=PREVIOUS_VERSION]$version"

wanted=$(jq -er .parameters.shape.defaultValue "${BICEP_FILE%.bicep}.json")
if [[ -n $previous && $shape != "$wanted" ]]; then
  echo "##vso[task.logissue type=warning]$CONTAINER_GROUP is ${shape/#-/of an unknown shape} and becomes $wanted:" \
    "it is deleted and made anew, and does not answer meanwhile"
  az container delete --resource-group "$RESOURCE_GROUP" --name "$CONTAINER_GROUP" --yes --output none
fi

bash "$here/retry.sh" 3 60 az deployment group create \
  --name "$CONTAINER_GROUP" \
  --resource-group "$RESOURCE_GROUP" \
  --template-file "$BICEP_FILE" \
  --parameters "image=$IMAGE" "modelVersion=$MODEL_VERSION" \
  --query "{state: properties.provisioningState, duration: properties.duration}" \
  --output table
