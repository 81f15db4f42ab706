#!/usr/bin/env bash
# Writes one version of an asset where the files of ml/ leave it at the newest: what is newest may be another's soon.
# Usage: pin-version.sh NAME VERSION
set -euo pipefail

for file in ml/*/*.yml ml/endpoints/*/*.yml; do
  [[ -e $file ]] || continue
  text=$(<"$file")
  printf '%s\n' "${text//azureml:$1@latest/azureml:$1:$2}" >"$file"
done
