#!/usr/bin/env bash
# archive.sh TARGET DIR: builds mlops-gen and packs it with completions, man pages, licence and notes, as a .tar.gz (or a
# .zip for Windows) in DIR.
set -euo pipefail
target=$1 out=$2
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -1)
built=${CARGO_TARGET_DIR:-target}/dist
[[ $target == *windows* ]] && suffix=.exe || suffix=
if [[ -z ${MLOPS_GEN:-} ]]; then
  cargo build --profile dist --locked --package generator --bin mlops-gen
  MLOPS_GEN=$built/mlops-gen$suffix
fi
name=mlops-gen-$version-$target
mkdir -p "$out"
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
place=$stage/$name
mkdir -p "$place/completions" "$place/man"
cp "$MLOPS_GEN" "$place/mlops-gen$suffix"
cp LICENSE README.md generator/CHANGELOG.md "$place/"
"$MLOPS_GEN" completions bash > "$place/completions/mlops-gen.bash"
"$MLOPS_GEN" completions zsh > "$place/completions/_mlops-gen"
"$MLOPS_GEN" completions fish > "$place/completions/mlops-gen.fish"
"$MLOPS_GEN" completions powershell > "$place/completions/_mlops-gen.ps1"
"$MLOPS_GEN" man "$place/man"
out=$(cd "$out" && pwd)
if [[ $target == *windows* ]]; then
  (cd "$stage" && python -c "import shutil, sys; shutil.make_archive(sys.argv[1], 'zip', '.', sys.argv[2])" "$out/$name" "$name")
else
  tar -C "$stage" -czf "$out/$name.tar.gz" "$name"
fi
