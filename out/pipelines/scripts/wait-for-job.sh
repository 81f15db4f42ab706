#!/usr/bin/env bash
# Waits until an Azure ML job has ended, but not for ever: past the limit the job is cancelled and the run fails.
# Reads: RESOURCE_GROUP, WORKSPACE, JOB, TIMEOUT_MINUTES.
set -euo pipefail

scope=(--resource-group "$RESOURCE_GROUP" --workspace-name "$WORKSPACE")
deadline=$((SECONDS + TIMEOUT_MINUTES * 60))
last=
misses=0
while true; do
  if status=$(az ml job show "${scope[@]}" --name "$JOB" --query status --output tsv); then
    misses=0
  else
    # One failed question is the network's affair; ten in a row are ours.
    status=unknown
    misses=$((misses + 1))
  fi
  if [[ $status != "$last" ]]; then
    echo "$(date -u +%H:%M:%S) $JOB: $status"
    last=$status
  fi
  case $status in
    Completed) exit 0 ;;
    Failed | Canceled | NotResponding)
      echo "##vso[task.logissue type=error]training job $JOB ended as $status; its logs are in the Azure ML studio"
      exit 1
      ;;
  esac
  if ((misses >= 10)); then
    echo "##vso[task.logissue type=error]the state of training job $JOB cannot be read"
    exit 1
  fi
  if ((SECONDS >= deadline)); then
    echo "##vso[task.logissue type=error]training job $JOB is not done after $TIMEOUT_MINUTES minutes: cancelled"
    az ml job cancel "${scope[@]}" --name "$JOB" || true
    exit 1
  fi
  sleep 30
done
