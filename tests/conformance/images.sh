#!/usr/bin/env bash
# Both rendered scoring Dockerfiles build for real, untouched, and the containers keep their contract.
#
#   images.sh [rust] [python]      both when none is named
#
# buildah builds and runs the images, without a daemon and without nested containers. The base images cannot be pulled
# here, so this script makes stand-ins under the very names in the Dockerfiles' FROM lines: Debian bookworm by
# debootstrap, with this machine's own Rust toolchain or Python inside. What is proved is that every instruction runs,
# that the result holds what the server needs and nothing that only the build needs, and that it answers; what is not
# proved is that a base image of that name has the same content as the stand-in.
#
# Run as root on Debian or Ubuntu; installs buildah and debootstrap when they are missing. IMAGES_CACHE names a folder
# that keeps the stand-ins' Debian and compiled Rust dependencies from one run to the next.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_lib.sh"

[[ $EUID -eq 0 ]] || skip "building images without a daemon needs root"
if ! command -v buildah >/dev/null || ! command -v debootstrap >/dev/null; then
  command -v apt-get >/dev/null || skip "there is neither buildah nor apt-get"
  { apt-get update && apt-get install --yes --no-install-recommends buildah debootstrap; } >"$work/apt.log" 2>&1 ||
    { tail -n 20 "$work/apt.log" >&2; exit 2; }
fi

# Storage of its own, which goes away with the folder. Overlays where the kernel lets us, whole copies otherwise; chroot
# needs no namespaces of the kernel.
export BUILDAH_ISOLATION=chroot TMPDIR=$work
run_root=$work/run
storage=$work/storage
driver=vfs
mkdir "$work"/{lower,upper,scratch,merged}
if mount -t overlay -o "lowerdir=$work/lower,upperdir=$work/upper,workdir=$work/scratch" overlay "$work/merged" 2>/dev/null; then
  umount "$work/merged"
  driver=overlay
fi
buildah() { command buildah --storage-driver "$driver" --root "$storage" --runroot "$run_root" "$@"; }

cache=${IMAGES_CACHE:-$work/cache}
mkdir -p "$cache"/{target,registry}

# Runs a command quietly; shows the end of what it said, and stops, if it fails.
quietly() { "$@" >"$work/quiet.log" 2>&1 || { tail -n 40 "$work/quiet.log" >&2; exit 1; }; }
fail() { echo "$1" >&2; exit 1; }

# A minimal Debian in folder $1, with what either stand-in needs; it trusts what this machine trusts.
debian() {
  local packages=ca-certificates,gcc,libc6-dev,libssl3,libffi8,zlib1g,libbz2-1.0,liblzma5,libsqlite3-0,libreadline8
  packages+=,libexpat1,python3,python3-venv
  if [[ ! -e $cache/debian.tar ]]; then
    quietly debootstrap --variant=minbase --include="$packages" bookworm "$work/debian"
    rm -rf "$work/debian"/var/cache/apt/archives/*.deb "$work/debian"/var/lib/apt/lists/*
    tar --create --file "$cache/debian.tar.part" --directory "$work/debian" .
    mv "$cache/debian.tar.part" "$cache/debian.tar"
    rm -rf "$work/debian"
  fi
  mkdir -p "$1"
  tar --extract --file "$cache/debian.tar" --directory "$1"
  install -D --mode=0644 /etc/ssl/certs/ca-certificates.crt "$1/etc/ssl/certs/ca-certificates.crt"
}

# Makes folder $1 the image $2, with environment $3….
stand_in() {
  local folder=$1 name=$2 container
  shift 2
  container=$(buildah from scratch)
  buildah add --quiet "$container" "$folder" / >/dev/null
  buildah config --cmd bash "${@/#/--env=}" "$container"
  buildah commit --quiet --rm "$container" "$name" >/dev/null
  rm -rf "$folder"
  echo "stand-in for $name"
}

# The image that the first stage of the Dockerfile $1 starts from.
base_of() { awk 'toupper($1) == "FROM" { print $2; exit }' "$1"; }

rust_base() {
  debian "$work/base"
  mkdir -p "$work/base/usr/local/cargo"
  cp "$(rustc --print sysroot)"/bin/{cargo,rustc} "$work/base/usr/local/bin/"
  cp -R "$(rustc --print sysroot)/lib" "$work/base/usr/local/"
  stand_in "$work/base" "$1" CARGO_HOME=/usr/local/cargo PATH=/usr/local/cargo/bin:/usr/local/bin:/usr/bin:/bin
}

python_base() {
  local prefix
  debian "$work/base"
  # The version of the Dockerfile if this machine has it, else Debian's own, which the package supports as well.
  prefix=$(find "${PYENV_ROOT:-$HOME/.pyenv}/versions" -maxdepth 1 -name '3.12.*' 2>/dev/null | sort --version-sort | tail -n 1)
  if [[ -n $prefix ]]; then
    # Where the official image has it.
    cp -R "$prefix"/. "$work/base/usr/local/"
    rm -rf "$work/base"/usr/local/lib/python3.12/{test,config-*}
    # The interpreter only: what else this machine has installed for it stays here.
    find "$work/base/usr/local/lib/python3.12/site-packages" -mindepth 1 -maxdepth 1 ! -name 'pip*' -exec rm -rf {} +
    ln -sf python3.12 "$work/base/usr/local/bin/python"
    chroot "$work/base" ldconfig
  else
    ln -s /usr/bin/python3 "$work/base/usr/local/bin/python"
  fi
  stand_in "$work/base" "$1" PATH=/usr/local/bin:/usr/bin:/bin
}

# Settings of this machine's package clients, and the cache, for the build's RUN lines.
mounts=(--volume "$cache/target:/src/target" --volume "$cache/registry:/usr/local/cargo/registry")
[[ ! -e /etc/pip.conf ]] || mounts+=(--volume /etc/pip.conf:/etc/pip.conf:ro)
cargo_config=${CARGO_HOME:-$HOME/.cargo}/config.toml
[[ ! -e $cargo_config ]] || mounts+=(--volume "$cargo_config:/usr/local/cargo/config.toml:ro")

# Builds the scoring Dockerfile of the project in the current folder as $1, with further arguments $2….
build() {
  quietly buildah bud --file docker/scoring/Dockerfile --ignorefile .dockerignore --format docker --tag "$1" \
    "${mounts[@]}" --build-arg MODEL_DIR=model-files --build-arg MODEL_VERSION=1 "${@:2}" .
}

# Trains in the image $1 of the build stage, with the command $2…, and leaves the model where the Dockerfile takes it.
train() {
  local container
  mkdir -p model-files
  container=$(buildah from --pull-never "$1")
  quietly buildah run "${mounts[@]}" --volume "$PWD/data:/data:ro" --volume "$PWD/model-files:/model-files" "$container" -- \
    sh -c "${*:2} --data /data/diabetes.csv --contract /data/data-contract.json --alpha 0.4 --output /model-files"
  buildah rm "$container" >/dev/null
  [[ -e model-files/model.json ]] || fail "training left no model.json"
}

# One value of the configuration of image $1, as JSON.
configured() {
  buildah inspect --type image "$1" |
    python3 -c 'import json, sys; print(json.dumps(json.load(sys.stdin)["Docker"]["config"].get(sys.argv[1])))' "$2"
}

# The processes below process $1, each as its id and its user's, the innermost last.
below() {
  ps -e -o pid=,ppid=,uid= | python3 -c '
import sys
rows = [tuple(map(int, line.split())) for line in sys.stdin]
found = [int(sys.argv[1])]
for parent in found:
    found += [pid for pid, above, _ in rows if above == parent]
print(*(f"{pid} {uid}" for process in found[1:] for pid, _, uid in rows if pid == process), sep="\n")' "$1"
}

# Ends the server that was started here, and only that; takes the storage's mounts down before its folder.
server=
leave() {
  if [[ -n $server ]]; then
    below "$server" | cut -d ' ' -f 1 | xargs --no-run-if-empty kill 2>/dev/null || true
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  buildah rm --all >/dev/null 2>&1 || true
  buildah umount --all >/dev/null 2>&1 || true
  if mountpoint --quiet "$storage/$driver"; then umount "$storage/$driver" || true; fi
  rm -rf "$work"
}
trap leave EXIT

# Asks address $1 and expects status $2; further arguments are curl's.
answers() {
  local status
  status=$(curl --silent --output /dev/null --write-out '%{http_code}' "${@:3}" "$1" || true)
  [[ $status == "$2" ]] || fail "$1 answers $status, expected $2"
}

# Starts image $1 as an orchestrator would (its own user and entry point, a key, a port) and holds it to its contract.
keeps_its_contract() {
  local image=$1 container port address entry process user
  [[ $(configured "$image" User) == '"65532:65532"' ]] || fail "$image runs as $(configured "$image" User)"
  [[ $(configured "$image" ExposedPorts) == *'"8080/tcp"'* ]] || fail "$image does not expose port 8080"
  [[ $(configured "$image" Healthcheck) == *--healthcheck* ]] || fail "$image has no health check"
  container=$(buildah from --pull-never "$image")
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  address=http://127.0.0.1:$port
  readarray -t entry < <(configured "$image" Entrypoint | python3 -c 'import json, sys; print(*json.load(sys.stdin), sep="\n")')
  SCORING_KEY=$(python3 -c 'import secrets; print(secrets.token_hex(24))')
  export SCORING_KEY
  command buildah --storage-driver "$driver" --root "$storage" --runroot "$run_root" run --env SCORE_KEY="$SCORING_KEY" \
    --env SCORE_LISTEN="127.0.0.1:$port" "$container" -- "${entry[@]}" >"$work/server.log" 2>&1 &
  server=$!
  python3 tests/smoke/smoke.py --url "$address" --contract tests/smoke/contract.json --wait 90 ||
    { tail -n 20 "$work/server.log" >&2; exit 1; }
  answers "$address/livez" 200
  answers "$address/readyz" 200
  answers "$address/score" 401 --data '{"data":[]}'
  answers "$address/no-such-route" 404
  # The image's own health check, asked the way a container engine asks it.
  healthy() { buildah run --env SCORE_LISTEN="127.0.0.1:$port" "$container" -- "${entry[@]}" --healthcheck; }
  quietly healthy
  read -r process user < <(below "$server" | tail -n 1)
  [[ $user == 65532 ]] || fail "the server of $image runs as user $user"
  # Asked to stop, it ends by itself or, as uvicorn does after an orderly stop, by that very signal; the health check notices.
  kill -TERM "$process"
  wait "$server" || grep --quiet 'exited on terminated' "$work/server.log" || fail "$image ends with $? when it is asked to stop: $(tail -n 5 "$work/server.log")"
  server=
  if healthy >/dev/null 2>&1; then fail "the health check of $image is content with a server that is gone"; fi
  buildah rm "$container" >/dev/null
  echo "$image keeps its contract: $(size "$image") in all"
}

# Size of what image $1 holds, in MB.
size() { buildah images --json "$1" | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["size"])'; }

# Fails unless image $1 holds less than $2 MB.
smaller() {
  local held
  held=$(size "$1")
  python3 -c 'import sys; n, unit = sys.argv[1].split(); sys.exit(unit not in ("KB", "MB") or unit == "MB" and float(n) >= float(sys.argv[2]))' \
    "$held" "$2" || fail "$1 holds $held, the limit is $2 MB"
}

rust() {
  rust_base "$(base_of docker/scoring/Dockerfile)"
  build localhost/rust-build --target build
  train localhost/rust-build cargo run --quiet --locked --release --target x86_64-unknown-linux-gnu --bin train --
  build localhost/scoring-rust
  keeps_its_contract localhost/scoring-rust
  # A static program without symbols (nothing else runs in an empty image), certificates, and a small model.
  smaller localhost/scoring-rust 10
}

python() {
  python_base "$(base_of docker/scoring/Dockerfile)"
  # In layers, so that the second build takes the installed packages from the first.
  build localhost/python-build --layers --target build
  train localhost/python-build python -m demo.train
  build localhost/scoring-python --layers
  keeps_its_contract localhost/scoring-python
}

[[ $# -gt 0 ]] || set -- rust python
for runtime; do
  [[ $runtime == rust || $runtime == python ]] || fail "unknown runtime $runtime; expected rust or python"
  mlops_gen init "$work/$runtime" --yes --no-git --runtime "$runtime" --name demo 2>/dev/null
  cd "$work/$runtime"
  "$runtime"
  cd "$root"
done
