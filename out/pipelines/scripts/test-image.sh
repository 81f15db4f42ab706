#!/usr/bin/env bash
# Starts the image as a service would, and holds it against the contract, before anybody can pull it.
# Reads: IMAGE, SMOKE_REPORT.
set -euo pipefail

# A key for this minute only.
SCORING_KEY=$(openssl rand -hex 24)
export SCORING_KEY SCORE_KEY="$SCORING_KEY"
container=$(docker run --detach --read-only --tmpfs /tmp --cap-drop ALL --env SCORE_KEY --publish 127.0.0.1::8080 \
  "$IMAGE")
trap 'docker logs --tail 50 "$container" || true; docker rm --force "$container" >/dev/null || true' EXIT

address=$(docker port "$container" 8080/tcp | head -n 1)
python3 tests/smoke/smoke.py --url "http://$address" --contract tests/smoke/contract.json --wait 60 \
  --junit "$SMOKE_REPORT"
