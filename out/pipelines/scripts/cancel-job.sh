#!/usr/bin/env bash
# Cancels an Azure ML job that may have ended already.
# Reads: RESOURCE_GROUP, WORKSPACE, JOB.
set -euo pipefail

az ml job cancel --resource-group "$RESOURCE_GROUP" --workspace-name "$WORKSPACE" --name "$JOB" ||
  echo "job $JOB could not be cancelled; it may have ended"
