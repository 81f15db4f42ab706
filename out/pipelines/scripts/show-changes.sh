#!/usr/bin/env bash
# Shows what a deployment would change, in the log and on the run's summary page: a table, a resource a line. Names of
# properties are shown and no values: one of them may be a secret.
# Usage: show-changes.sh TITLE, with lines of change, resource and properties (a JSON list, or null) on standard input,
# tabs between them.
set -euo pipefail

summary="${AGENT_TEMPDIRECTORY:-/tmp}/what-if-${1//\//-}.md"
{
  echo "### $1: what a deployment would change"
  echo
  echo "| Change | Resource | Properties |"
  echo "|---|---|---|"
  while IFS=$'\t' read -r change resource properties; do
    [[ -n $change && $change != NoChange && $change != Ignore ]] || continue
    properties=${properties//[\[\]\"]/}
    [[ $properties != null && $properties != None ]] || properties=
    echo "| $change | \`${resource##*/providers/}\` | ${properties//,/, } |"
  done
} >"$summary"
cat "$summary"
echo "##vso[task.uploadsummary]$summary"
