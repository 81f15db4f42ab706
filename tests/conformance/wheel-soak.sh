#!/usr/bin/env bash
# The wheel: built, smaller than 15 MB, installed in a fresh virtual environment; and the archive with the same program.
# In both, a project is made and checked.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_lib.sh"
python3.11 -m venv "$work/build"
"$work/build/bin/pip" install --quiet --disable-pip-version-check "maturin>=1.9,<2" || skip "maturin cannot be had"
"$work/build/bin/maturin" build --quiet --profile dist --locked --manifest-path generator/Cargo.toml --out "$work/wheels"
wheel=("$work"/wheels/*.whl)
size=$(stat -c %s "${wheel[0]}")
echo "wheel: $((size / 1000)) kB"
((size < 15000000)) || { echo "the wheel is larger than 15 MB"; exit 1; }

python3.11 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check --no-index "${wheel[0]}"
works() {
  local place
  place=$(mktemp -d -p "$work")
  (cd "$place" && "$1" init demo --yes --no-git >/dev/null 2>&1 && cd demo && "$1" check)
}
works "$work/venv/bin/mlops-gen"
"$work/venv/bin/pip" show mlops-gen | grep -q '^Version: '

MLOPS_GEN=${CARGO_TARGET_DIR:-$root/target}/dist/mlops-gen \
  bash .github/packaging/archive.sh x86_64-unknown-linux-gnu "$work/archives"
archive=("$work"/archives/*.tar.gz)
size=$(stat -c %s "${archive[0]}")
echo "archive: $((size / 1000)) kB"
((size < 15000000)) || { echo "the archive is larger than 15 MB"; exit 1; }
tar -xzf "${archive[0]}" -C "$work"
unpacked=("$work"/mlops-gen-*/)
works "${unpacked[0]}mlops-gen"
for file in LICENSE README.md CHANGELOG.md completions/mlops-gen.bash completions/_mlops-gen man/mlops-gen.1 man/mlops-gen-plan.1; do
  [[ -s ${unpacked[0]}$file ]] || { echo "the archive lacks $file"; exit 1; }
done
