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
# that keeps compiled Rust dependencies from one run to the next.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_lib.sh"

[[ $EUID -eq 0 ]] || skip "building images without a daemon needs root"
if ! command -v buildah debootstrap >/dev/null; then
  command -v apt-get >/dev/null || skip "there is neither buildah nor apt-get"
  { apt-get update && apt-get install --yes --no-install-recommends buildah debootstrap; } >"$work/apt.log" 2>&1 ||
    { tail -n 20 "$work/apt.log" >&2; exit 2; }
fi

# Storage of its own, which goes away with the folder; vfs and chroot work without mounts and namespaces of the kernel.
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot TMPDIR=$work
run_root=$work/run
storage=$work/storage
buildah() { command buildah --root "$storage" --runroot "$run_root" "$@"; }

# Ends what was started here, and only that.
server=
stop() {
  if [[ -n $server ]]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; server=; fi
}
trap 'stop; rm -rf "$work"' EXIT

# A minimal Debian of the host's mirror in folder $1, with packages $2; it trusts what this machine trusts.
debian() {
  mkdir -p "$1"
  debootstrap --variant=minbase --include="$2" bookworm "$1" >"$work/debootstrap.log" 2>&1 ||
    { tail -n 20 "$work/debootstrap.log" >&2; exit 2; }
  rm -rf "$1"/var/cache/apt/archives/*.deb "$1"/var/lib/apt/lists/*
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

# The images that the Dockerfile $1 starts from, without scratch and without its own stages.
bases() {
  awk 'toupper($1) == "FROM" { if ($2 != "scratch" && !($2 in stages)) print $2; if (toupper($3) == "AS") stages[$4] }' "$1" |
    sort --unique
}

rust_base() {
  local name=$1 toolchain
  toolchain=$(rustc --print sysroot)
  debian "$work/base" ca-certificates,gcc,libc6-dev
  mkdir -p "$work/base/usr/local/cargo"
  cp "$toolchain"/bin/{cargo,rustc} "$work/base/usr/local/bin/"
  cp -R "$toolchain/lib" "$work/base/usr/local/"
  stand_in "$work/base" "$name" CARGO_HOME=/usr/local/cargo PATH=/usr/local/cargo/bin:/usr/local/bin:/usr/bin:/bin
}

python_base() {
  local name=$1 prefix
  # The version of the Dockerfile if this machine has it, else Debian's own, which the package supports as well.
  prefix=$(ls -d "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.12.* 2>/dev/null | tail -n 1 || true)
  if [[ -n $prefix ]]; then
    debian "$work/base" ca-certificates,libssl3,libffi8,zlib1g,libbz2-1.0,liblzma5,libsqlite3-0,libreadline8,libexpat1
    mkdir -p "$work/base$prefix"
    cp -R "$prefix"/. "$work/base$prefix/"
    rm -rf "$work/base$prefix"/lib/python3.12/test "$work/base$prefix"/lib/libpython3.12.a
    find "$work/base$prefix" -name __pycache__ -prune -exec rm -rf {} +
    ln -s "$prefix/bin/python3.12" "$work/base/usr/local/bin/python"
  else
    debian "$work/base" ca-certificates,python3,python3-venv
    ln -s /usr/bin/python3 "$work/base/usr/local/bin/python"
  fi
  stand_in "$work/base" "$name" PATH=/usr/local/bin:/usr/bin:/bin
}

# Settings of this machine's package clients, for the build's RUN lines.
registries=()
[[ ! -e /etc/pip.conf ]] || registries+=(--volume /etc/pip.conf:/etc/pip.conf:ro)
[[ ! -e ${CARGO_HOME:-$HOME/.cargo}/config.toml ]] ||
  registries+=(--volume "${CARGO_HOME:-$HOME/.cargo}/config.toml:/usr/local/cargo/config.toml:ro")
if [[ -n ${IMAGES_CACHE:-} ]]; then
  mkdir -p "$IMAGES_CACHE/target" "$IMAGES_CACHE/registry"
  cache=(--volume "$IMAGES_CACHE/target:/src/target" --volume "$IMAGES_CACHE/registry:/usr/local/cargo/registry")
else
  cache=()
fi

# Builds the scoring Dockerfile of the project in the current folder as $1, with further arguments $2….
build() {
  local name=$1
  shift
  buildah bud --quiet --file docker/scoring/Dockerfile --ignorefile .dockerignore --format docker --tag "$name" \
    "${registries[@]}" "$@" --build-arg MODEL_DIR=model-files --build-arg MODEL_VERSION=1 . >"$work/build.log" 2>&1 ||
    { tail -n 40 "$work/build.log" >&2; exit 1; }
}

# One value of the image's configuration.
configured() { buildah inspect --type image --format "{{$2}}" "$1"; }

# Starts image $1 as an orchestrator would (its own user and entry point, a key, a port) and holds it to its contract.
keeps_its_contract() {
  local image=$1 container port entry=() address uid
  [[ $(configured "$image" .Docker.Config.User) == 65532:65532 ]] || { echo "$image runs as root" >&2; exit 1; }
  [[ $(configured "$image" .Docker.Config.ExposedPorts) == *8080/tcp* ]] || { echo "$image exposes no 8080" >&2; exit 1; }
  [[ $(configured "$image" .Docker.Config.Healthcheck.Test) == *--healthcheck* ]] ||
    { echo "$image has no health check" >&2; exit 1; }
  container=$(buildah from --pull-never "$image")
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  address=http://127.0.0.1:$port
  readarray -t entry < <(buildah inspect --type image "$image" |
    python3 -c 'import json, sys; print(*json.load(sys.stdin)["Docker"]["config"]["Entrypoint"], sep="\n")')
  SCORING_KEY=$(python3 -c 'import secrets; print(secrets.token_hex(24))')
  export SCORING_KEY
  # The root of the container's file system, so that its process can be told from any other.
  # "exec": the process id is the server's own chroot, and ending it ends the server.
  (exec buildah_command run --env SCORE_KEY="$SCORING_KEY" --env SCORE_LISTEN="127.0.0.1:$port" "$container" -- "${entry[@]}") \
    >"$work/server.log" 2>&1 &
  server=$!
  python3 tests/smoke/smoke.py --url "$address" --contract tests/smoke/contract.json --wait 90 || {
    tail -n 20 "$work/server.log" >&2
    exit 1
  }
  answers "$address/livez" 200
  answers "$address/readyz" 200
  answers "$address/score" 401 --data '{"data":[]}'
  answers "$address/no-such-route" 404
  # The image's own health check, asked the way a container engine asks it.
  buildah run --env SCORE_LISTEN="127.0.0.1:$port" "$container" -- "${entry[@]}" --healthcheck ||
    { echo "$image answers, and its health check says otherwise" >&2; exit 1; }
  uid=$(ps -o uid= --pid "$(pgrep --full "score" --uid 65532 | head -n 1)" | tr -d ' ')
  [[ $uid == 65532 ]] || { echo "the server of $image runs as user ${uid:-unknown}" >&2; exit 1; }
  stop
  if buildah run --env SCORE_LISTEN="127.0.0.1:$port" "$container" -- "${entry[@]}" --healthcheck 2>/dev/null; then
    echo "the health check of $image is content with a server that is gone" >&2
    exit 1
  fi
  buildah rm "$container" >/dev/null
}

# Asks address $1 and expects status $2; further arguments are curl's.
answers() {
  local status
  status=$(curl --silent --output /dev/null --write-out '%{http_code}' "${@:3}" "$1")
  [[ $status == "$2" ]] || { echo "$1 answers $status, expected $2" >&2; exit 1; }
}
