#!/usr/bin/env bash
# The client's speed: 200 reads beside the official Python client, and a clean build beside azure_devops_rust_api.
# usage: devops-client.sh [reads|build]
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

reads() {
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install --quiet --disable-pip-version-check 'azure-devops==7.1.0b4' 'setuptools<81'
  cd "$root"
  READS_BY="$work/venv/bin/python $root/tests/bench/devops-reads.py" cargo bench --quiet -p devops-client --bench reads
}

# A program with one dependency, built from nothing; prints the processor seconds of the whole and of the crate alone.
measure() { # name, dependency line, crate
  mkdir -p "$work/$1/src"
  printf '[package]\nname = "%s"\nversion = "0.1.0"\nedition = "2024"\n[workspace]\n[dependencies]\n%s\n' "$1" "$2" > "$work/$1/Cargo.toml"
  echo 'fn main() {}' > "$work/$1/src/main.rs"
  cp "$root/Cargo.lock" "$work/$1/"
  cd "$work/$1"
  cargo fetch --quiet
  export CARGO_TARGET_DIR=$work/$1/target
  TIMEFORMAT='%U %S'
  local whole alone
  whole=$({ time cargo build --quiet --offline 2>/dev/null; } 2>&1)
  cargo clean --quiet -p "$3" --offline
  alone=$({ time cargo build --quiet --offline 2>/dev/null; } 2>&1)
  awk -v n="$1" -v w="$whole" -v a="$alone" 'BEGIN { split(w, x); split(a, y); printf "%s: %.1f s processor time from nothing, %.1f s for the crate alone\n", n, x[1] + x[2], y[1] + y[2] }'
}

build() {
  local areas='"approvals_and_checks", "build", "core", "distributed_task", "git", "hooks", "ims", "operations", "pipelines", "policy", "service_endpoint"'
  measure ours "devops-client = { path = \"$root/devops-client\" }" devops-client
  measure theirs "azure_devops_rust_api = { version = \"0.39\", features = [$areas] }
azure_identity = \"1\"" azure_devops_rust_api
}

steps=("$@")
[[ ${#steps[@]} -gt 0 ]] || steps=(reads build)
for step in "${steps[@]}"; do "$step"; done
