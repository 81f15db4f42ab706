#!/usr/bin/env bash
# The client's speed: 200 reads beside the official Python client, 2,000 operations under a rate limit beside the least
# time that it allows, and a clean build beside azure_devops_rust_api.
# usage: devops-client.sh [reads|throttling|build]
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

throttling() {
  cd "$root"
  THROTTLING_TIMED=1 cargo test --quiet -p devops-client --test faults -- --nocapture throttling::
}

# A program with one dependency, $work/NAME. The versions that both have in common are those of this repository.
program() { # name, dependency lines
  mkdir -p "$work/$1/src"
  printf '[package]\nname = "%s"\nversion = "0.1.0"\nedition = "2024"\n[workspace]\n[dependencies]\n%s\n' "$1" "$2" > "$work/$1/Cargo.toml"
  echo 'fn main() {}' > "$work/$1/src/main.rs"
  cp "$root/Cargo.lock" "$work/$1/"
  # Sources are fetched before anything is measured, and taken from the cache where there is no network.
  (cd "$work/$1" && { cargo fetch --quiet 2>/dev/null || cargo fetch --quiet --offline; })
}

# Builds it; prints the seconds of wall and of processor time.
timed() { # name
  local TIMEFORMAT='%R %U %S'
  { time cargo build --quiet --offline --manifest-path "$work/$1/Cargo.toml" --target-dir "$work/$1/target" 2> "$work/log"; } 2>&1 |
    awk '{ printf "%.1f %.1f", $1, $2 + $3 }' || { cat "$work/log" >&2; exit 1; }
}

# From nothing, and the crate alone when all that it needs is there.
measure() { # name, crate
  local whole alone
  whole=$(timed "$1")
  cargo clean --quiet --offline --manifest-path "$work/$1/Cargo.toml" --target-dir "$work/$1/target" --package "$2"
  alone=$(timed "$1")
  echo "$1 $whole $alone $(cargo tree --quiet --offline --edges normal,build --prefix none --manifest-path "$work/$1/Cargo.toml" | sort -u | wc -l)" |
    tee -a "$work/measured" |
    awk '{ printf "%s (%s): %s s (%s s of processor time) from nothing, %s packages; the crate alone %s s (%s s)\n", $1, crate, $2, $3, $6, $4, $5 }' crate="$2"
}

build() {
  local areas='"approvals_and_checks", "build", "core", "distributed_task", "git", "hooks", "ims", "operations", "pipelines", "policy", "service_endpoint"'
  # Nobody's cache, wrapper or flags.
  unset RUSTC_WRAPPER RUSTFLAGS CARGO_BUILD_RUSTC_WRAPPER CARGO_ENCODED_RUSTFLAGS CARGO_TARGET_DIR
  export CARGO_INCREMENTAL=0
  program ours "devops-client = { path = \"$root/devops-client\" }"
  # Whoever uses that crate needs credentials too, from the same crate and with the same features as here.
  program theirs "azure_devops_rust_api = { version = \"0.39\", features = [$areas] }
azure_identity = { version = \"1\", default-features = false }"
  measure ours devops-client
  measure theirs azure_devops_rust_api
  awk '{ wall[NR] = $2; cpu[NR] = $3; alone[NR] = $5 }
    END { printf "ours to theirs, from nothing: %.2f (%.2f of processor time); the crate alone: %.2f of processor time\n", wall[1] / wall[2], cpu[1] / cpu[2], alone[1] / alone[2] }' "$work/measured"
}

steps=("$@")
[[ ${#steps[@]} -gt 0 ]] || steps=(reads throttling build)
for step in "${steps[@]}"; do "$step"; done
