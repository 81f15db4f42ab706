#!/usr/bin/env bash
# notes.sh VERSION: prints what the change log says of a version.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
notes=$(awk -v version="$1" '/^## /{on = ($2 == version); next} on' generator/CHANGELOG.md)
[[ -n ${notes//[[:space:]]/} ]] || { echo "generator/CHANGELOG.md says nothing of $1" >&2; exit 1; }
printf '%s\n' "$notes"
