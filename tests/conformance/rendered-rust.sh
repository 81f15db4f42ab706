#!/usr/bin/env bash
# The rendered Rust project, untouched, builds and passes its own tests with nothing but the package registry. So do the
# projects of cases with three classes, and with a file of semicolons and decimal commas.
# With --update: locks the newest set of versions instead, for templates/project/rust/Cargo.lock.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_lib.sh"
mlops_gen init "$work/demo" --yes --no-git --runtime rust --name demo 2>/dev/null
cd "$work/demo"
if [[ ${1:-} == --update ]]; then
  # Versions that the workspace itself was tested with, as far as the project uses them.
  cp "$root/Cargo.lock" Cargo.lock
  cargo metadata --format-version 1 >/dev/null
  python3 - "$root/templates/project/rust/Cargo.lock" <<'PYTHON'
import pathlib, sys
heading = "\n[[package]]\n"
head, *packages = pathlib.Path("Cargo.lock").read_text().split(heading)
kept = [package for package in packages if not package.startswith('name = "demo"\n')]
pathlib.Path(sys.argv[1]).write_text(heading.join([head, *kept]))
PYTHON
  exit
fi
# The same target folder as the workspace: the dependencies, whose versions are the same, are built once.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target}
judge() {
  cargo fmt --all --check
  cargo clippy --workspace --all-targets --locked --quiet -- -D warnings
  cargo test --locked --quiet "$@"
}
judge --workspace
# The data tests as the pipeline has them, but for the coverage: by the program of that name, whichever package has it.
sed 's/llvm-cov run --no-report /run /' pipelines/scripts/data-tests.sh >"$work/data-tests.sh"
DATA=data/diabetes.csv RESULTS=$work/results bash "$work/data-tests.sh" >/dev/null
grep --quiet '<testsuite' "$work/results/data.junit.xml"
for case in three-classes-rust semicolon-decimal-comma; do
  mkdir "$work/$case"
  cp "$root/tests/cases/$case/mlops.yaml" "$work/$case"
  name=$(sed -n 's/^project: {name: \([a-z-]*\).*/\1/p' "$work/$case/mlops.yaml")
  # The model library is the same in each.
  (cd "$work/$case" && mlops_gen render >/dev/null 2>&1 && judge -p "$name") || { echo "$case failed"; exit 1; }
done
