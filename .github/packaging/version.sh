#!/usr/bin/env bash
# version.sh TAG: refuses a tag that is not the workspace's version, before anything is built of it: everywhere the version
# stands it is the same, and the change log says something of it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -1)
refuse() { echo "$1" >&2; exit 1; }
[[ $1 == "v$version" ]] || refuse "the tag is $1, and Cargo.toml says $version: tag v$version, or change the version first"
for place in "default: \"$version\"" "ref: refs/tags/v$version}"; do
  grep -qF -- "$place" .azure-pipelines/check.yml || refuse ".azure-pipelines/check.yml lacks \`$place\`"
done
bash .github/packaging/notes.sh "$version" >/dev/null
