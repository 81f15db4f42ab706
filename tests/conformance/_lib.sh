# Shared by the conformance checks: where things are, and a folder of their own that goes away again.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
shared=$root/../shared
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$root"

# The tool, built once. With `--workspace` as everywhere here: `-p` would choose other features, and build the dependencies again.
mlops_gen() {
  [[ -n ${MLOPS_GEN:-} ]] || { cargo build --quiet --workspace --bin mlops-gen; MLOPS_GEN=${CARGO_TARGET_DIR:-$root/target}/debug/mlops-gen; }
  "$MLOPS_GEN" "$@"
}

# A check that cannot be made here says why and ends with 77; `.ci/run` decides whether that may be.
skip() { echo "skipped: $1"; exit 77; }
