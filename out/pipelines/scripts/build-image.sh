#!/usr/bin/env bash
# Builds the scoring image with the downloaded model in it. The build context is the repository.
# Reads: IMAGE, MODEL_VERSION, and the variables that Azure Pipelines gives to every script.
set -euo pipefail

DOCKER_BUILDKIT=1 docker build \
  --file docker/scoring/Dockerfile \
  --tag "$IMAGE" \
  --pull \
  --build-arg MODEL_DIR=model-files \
  --build-arg "MODEL_VERSION=$MODEL_VERSION" \
  --label "org.opencontainers.image.revision=$BUILD_SOURCEVERSION" \
  .
docker image inspect "$IMAGE" --format '{{.Id}} {{.Size}} bytes, user {{.Config.User}}'
