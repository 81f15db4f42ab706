#!/usr/bin/env bash
# Ends the deployment when a newer version of the model is live: two releases may wait for an approval, and the older
# one may get it last. Usage: refuse-older.sh LIVE-VERSION, empty when nothing is live.
# Reads: MODEL_VERSION, ALLOW_OLDER.
set -euo pipefail

live=$1
if [[ -z $live || $live == "$MODEL_VERSION" ]]; then
  exit 0
fi
newest=$(printf '%s\n%s\n' "$live" "$MODEL_VERSION" | sort --version-sort | tail -n 1)
if [[ $newest == "$MODEL_VERSION" ]]; then
  exit 0
fi
if [[ ${ALLOW_OLDER,,} == true ]]; then
  echo "##vso[task.logissue type=warning]version $MODEL_VERSION takes the place of the newer $live, as asked for"
  exit 0
fi
echo "##vso[task.logissue type=error]version $live is live and newer than $MODEL_VERSION: queue the release with" \
  "olderVersion to go back"
exit 1
