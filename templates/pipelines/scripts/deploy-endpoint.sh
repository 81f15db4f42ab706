#!/usr/bin/env bash
# Makes the endpoint if it is missing, and a deployment of the new version in it that gets no traffic yet.
# Reads: RESOURCE_GROUP, WORKSPACE, ENDPOINT, FOLDER, MODEL_VERSION, IMAGE, IDENTITY_CLIENT_ID,
# ALLOW_OLDER.
# Sets: NEW_DEPLOYMENT, OLD_DEPLOYMENT (empty at the first release).
set -euo pipefail

here=$(dirname "$0")
scope=(--resource-group "$RESOURCE_GROUP" --workspace-name "$WORKSPACE")
{% if endpoint_ids %}
# Ids that the repository does not hold are written there by the names of their variables.
text=$(<"$FOLDER/endpoint.yml")
{% for id in endpoint_ids %}
text=${text//\${= id =}/${= id =}}
{% endfor %}
printf '%s\n' "$text" >"$FOLDER/endpoint.yml"
{% endif %}
if ! az ml online-endpoint show "${scope[@]}" --name "$ENDPOINT" --output none 2>/dev/null; then
  bash "$here/retry.sh" 3 60 az ml online-endpoint create "${scope[@]}" --file "$FOLDER/endpoint.yml" --output none
fi

# Letters, digits and hyphens, 3 to 32 characters; one name for each version and try.
new="v$(tr -c 'A-Za-z0-9' '-' <<<"$MODEL_VERSION" | sed 's/-*$//' | cut -c 1-18)-$BUILD_BUILDID"
old=$(az ml online-endpoint show "${scope[@]}" --name "$ENDPOINT" --output json |
  jq -r '[.traffic // {} | to_entries[] | select(.value > 0)] | max_by(.value) | .key // ""')
if [[ -n $old ]]; then
  live=$(az ml online-deployment show "${scope[@]}" --endpoint-name "$ENDPOINT" --name "$old" \
    --query "tags.model_version || ''" --output tsv)
  bash "$here/refuse-older.sh" "$live"
fi
echo "##vso[task.setvariable variable=NEW_DEPLOYMENT]$new"
echo "##vso[task.setvariable variable=OLD_DEPLOYMENT]$old"

bash "$here/retry.sh" 2 60 az ml online-deployment create "${scope[@]}" --endpoint-name "$ENDPOINT" --name "$new" \
  --file "$FOLDER/deployment.yml" \
  --set "environment.image=$IMAGE" "environment_variables.AZURE_CLIENT_ID=$IDENTITY_CLIENT_ID" \
  "tags.deployed_at=$(date -u +%s)" "tags.model_version=$MODEL_VERSION" \
  --output none
echo "$new stands beside ${old:-nothing}, without traffic"
