#!/usr/bin/env bash
# Waits until an Azure ML job has ended, but not for ever: past a limit the job is cancelled and the run fails. Only
# time in which a step really runs counts as training; waiting for nodes and the first build of an image have the rest.
# Reads: RESOURCE_GROUP, WORKSPACE, JOB, TIMEOUT_MINUTES (of training), WAIT_MINUTES (of all), and if it is set
# POLL_SECONDS (between two looks).
set -euo pipefail

scope=(--resource-group "$RESOURCE_GROUP" --workspace-name "$WORKSPACE")
give_up() {
  echo "##vso[task.logissue type=error]job $JOB $1: cancelled"
  az ml job cancel "${scope[@]}" --name "$JOB" || true
  exit 1
}

deadline=$((SECONDS + WAIT_MINUTES * 60))
before=$SECONDS
trained=0
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
      echo "##vso[task.logissue type=error]job $JOB ended as $status; its logs are in the Azure ML studio"
      exit 1
      ;;
  esac
  if ((misses >= 10)); then
    echo "##vso[task.logissue type=error]the state of job $JOB cannot be read"
    exit 1
  fi
  # A pipeline counts as running while its steps wait: what they do is what counts. A list that does not come counts
  # as before.
  now=$SECONDS
  if [[ $status == Running ]]; then
    steps=$(az ml job list "${scope[@]}" --parent-job-name "$JOB" --query "[].status" --output tsv) || steps=Running
    if [[ -z $steps || $steps == *Running* || $steps == *Finalizing* ]]; then
      trained=$((trained + now - before))
    fi
  fi
  before=$now
  if ((trained >= TIMEOUT_MINUTES * 60)); then
    give_up "is not done after $TIMEOUT_MINUTES minutes of work"
  elif ((now >= deadline)); then
    give_up "is not done after $WAIT_MINUTES minutes, $((trained / 60)) of them at work"
  fi
  sleep "${POLL_SECONDS:-30}"
done
