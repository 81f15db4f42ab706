#!/usr/bin/env bash
# Pushes the scoring image, locks what was pushed, and hands on its digest: the only name that cannot come to mean
# another image.
# Reads: REGISTRY, IMAGE, IMAGE_REPOSITORY. Sets: image.
set -euo pipefail

here=$(dirname "$0")
bash "$here/retry.sh" 5 20 az acr login --name "$REGISTRY"
bash "$here/retry.sh" 3 20 docker push "$IMAGE"
digests=$(docker image inspect "$IMAGE" --format '{{range .RepoDigests}}{{println .}}{{end}}')
pushed=
while read -r digest; do
  if [[ $digest == "${IMAGE%:*}@sha256:"* ]]; then
    pushed=$digest
  fi
done <<<"$digests"
if [[ ! $pushed =~ @sha256:[0-9a-f]{64}$ ]]; then
  echo "##vso[task.logissue type=error]the registry gave $IMAGE no digest"
  exit 1
fi
bash "$here/retry.sh" 3 20 az acr repository update --name "$REGISTRY" \
  --image "$IMAGE_REPOSITORY@${pushed##*@}" --write-enabled false --output none
echo "$IMAGE is $pushed"
echo "##vso[task.setvariable variable=image;isOutput=true]$pushed"
