# Shared by the conformance checks: where things are, and a folder of their own that goes away again.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
shared=$root/../shared
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$root"

# Where programs and examples of the workspace come to stand.
built=${CARGO_TARGET_DIR:-$root/target}/debug

# Builds them as `cargo test --workspace` does. Without the examples, whose dependencies are those of tests, `cargo build`
# chooses other features for everybody, and with `--package` others again: each builds all dependencies once more.
programs() { (cd "$root" && cargo build --workspace --quiet --bins --examples); }

# The tool, built once.
mlops_gen() {
  [[ -n ${MLOPS_GEN:-} ]] || { programs; MLOPS_GEN=$built/mlops-gen; }
  "$MLOPS_GEN" "$@"
}

# A check that cannot be made here says why and ends with 77; `.ci/run` decides whether that may be.
skip() { echo "skipped: $1"; exit 77; }
