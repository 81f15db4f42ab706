#!/usr/bin/env bash
# Compiles and lints the Bicep files of one place. Azure is not asked.
# Reads: FOLDER, and the ids that the parameter file takes from the environment.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for file in "$FOLDER"/*.bicep; do
  echo "compiling $file"
  az bicep lint --file "$file"
  az bicep build --file "$file" --outfile "$work/$(basename "$file" .bicep).json"
done
for file in "$FOLDER"/*.bicepparam; do
  az bicep build-params --file "$file" --outfile "$work/$(basename "$file" .bicepparam).parameters.json"
done
