#!/usr/bin/env bash
# Kills `mlops-gen sandbox demo` at random moments of the loop, and counts what is left after `sandbox down`: processes,
# sockets, temporary folders. Now and then the next one is `sandbox up` instead, which goes on or says what to repeat. At the
# end the loop has to go round on what the killed ones have left. The project's own programs are small ones, so that the
# loop takes seconds: KILLS moments within WITHIN seconds each.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_lib.sh"

kills=${KILLS:-50}
for tool in git jq curl openssl unshare python3; do
  command -v "$tool" >/dev/null || skip "this machine has no $tool"
done
mlops_gen --version
cp "$MLOPS_GEN" "$work/mlops-gen"
cache=$work/sandbox
trap '"$work/mlops-gen" sandbox down --state "$cache" >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
fail() {
  echo "sandbox-kill: $1" >&2
  exit 1
}

# The example with small programs, as the tests of azure-sandbox have them: training and scoring are a few lines each.
small=$root/devops-client/azure-sandbox/tests/rendered/programs
"$work/mlops-gen" init "$work/demo" --yes --runtime rust --name demo >/dev/null 2>&1
cd "$work/demo"
sed --in-place --expression 's/^    latencyMs: .*/    latencyMs: 5000/' --expression 's/^scoring:$/scoring:\n  transport: clear-text/' \
  --expression 's/^    canaryPercent: 20$/    canaryPercent: 20\n    canaryBakeMinutes: 0/' mlops.yaml
"$work/mlops-gen" render >"$work/out" 2>&1 || fail "cannot render: $(cat "$work/out")"
own=(docker/training/Dockerfile docker/scoring/Dockerfile tests/smoke/canary.py
  pipelines/scripts/{install-rust,lint,unit-tests,data-tests}.sh)
"$work/mlops-gen" eject "${own[@]}" >"$work/out" 2>&1 || fail "cannot eject: $(cat "$work/out")"
cp "$small/training.dockerfile" docker/training/Dockerfile
# what travels has lost who may execute it
sed 's,^COPY model/programs/score .*,&\nRUN chmod +x /usr/local/bin/score,' "$small/scoring.dockerfile" >docker/scoring/Dockerfile
mkdir -p model/programs
cp "$small"/{score,data-test,train,evaluate,register} model/programs/
chmod +x model/programs/*
sed --in-place 's/type=float, default=1,/type=float, default=0.01,/' tests/smoke/canary.py
for step in install-rust lint; do printf '#!/usr/bin/env bash\necho nothing to do\n' >"pipelines/scripts/$step.sh"; done
cat >pipelines/scripts/unit-tests.sh <<'SCRIPT'
#!/usr/bin/env bash
mkdir -p "$RESULTS"
echo '<testsuite><testcase name="a"/></testsuite>' >"$RESULTS/unit.junit.xml"
echo '<coverage lines-covered="9" lines-valid="10"/>' >"$RESULTS/coverage.cobertura.xml"
SCRIPT
cat >pipelines/scripts/data-tests.sh <<'SCRIPT'
#!/usr/bin/env bash
mkdir -p "$RESULTS"
echo '<testsuite><testcase name="columns"/></testsuite>' >"$RESULTS/data.junit.xml"
SCRIPT
# what is committed travels to the sandbox with the rest
git add --all
git -c user.name=t -c user.email=t@example.com commit --quiet --message "small programs"
cd "$root"

bearers() { # processes that the sandbox has started, by the mark that they bear
  local file
  for file in /proc/[0-9]*/environ; do
    if { tr '\0' '\n' <"$file"; } 2>/dev/null | grep --quiet --line-regexp --fixed-strings "MLOPS_GEN_SANDBOX_FOLDER=$cache"; then
      basename "$(dirname "$file")"
    fi
  done
}
# other sandboxes of this machine have theirs elsewhere
mkdir "$work/t"
export TMPDIR=$work/t
sockets() { find "$TMPDIR" -maxdepth 1 -name 'mg-*.sock' 2>/dev/null | sort; }
demo() { "$work/mlops-gen" sandbox demo "$work/demo" --runtime rust --state "$cache"; }
round() { # the loop goes round, and a prediction comes back
  demo >"$work/out" 2>"$work/log" || {
    tail -n 60 "$work/log"
    fail "$1 the loop does not go round"
  }
  grep --quiet --extended-regexp '^  \[.*\] -> [0-9.]+$' "$work/out" || fail "no prediction came back: $(cat "$work/out")"
}
clean() { # after what
  "$work/mlops-gen" sandbox down --state "$cache" >"$work/down" 2>&1 || fail "down failed: $(cat "$work/down")"
  # what asked the sandbox something notices at its next question that nobody answers
  local try left new folder partial
  for ((try = 0; try < 100; try++)); do
    left=$(bearers; pgrep --full "$work/mlops-gen" || true)
    [[ -n $left ]] || break
    sleep 0.2
  done
  [[ -z $left ]] || fail "$1, these are left: $(ps -o pid=,args= -p "${left//$'\n'/,}")"
  new=$(comm -13 <(echo "$before") <(sockets))
  [[ -z $new ]] || fail "$1, these sockets are left: $new"
  for folder in tmp azure/processes; do
    [[ -z $(ls -A "$cache/$folder" 2>/dev/null) ]] || fail "$1, $folder is not empty"
  done
  partial=$(find "$cache/azure/layers" "$cache/azure/contexts" -maxdepth 1 \( -name '*partial*' -o -name 'build-*' \) 2>/dev/null || true)
  [[ -z $partial ]] || fail "$1, these are half done: $partial"
}

before=$(sockets)
mkdir -p "$cache"
cache=$(readlink -f "$cache")
SECONDS=0
round "before all that"
within=${WITHIN:-$((SECONDS + 1))}
clean "after the first loop"
echo "the loop takes $SECONDS s; $kills times it is killed within $within s"
declare -A met=()
for ((at = 1; at <= kills; at++)); do
  demo >"$work/out" 2>"$work/log" &
  demo=$!
  moment=$((RANDOM % (within * 10)))
  sleep "$((moment / 10)).$((moment % 10))"
  kill -9 "$(pgrep --parent "$demo" --full "sandbox demo" || echo "$demo")" 2>/dev/null || true
  wait "$demo" 2>/dev/null || true
  last=$(grep --extended-regexp '^== ' "$work/log" | tail -n 1 || true)
  last=${last:-before the first step}
  met[${last%%:*}]=1
  said=
  if ((at % 5 == 0)); then
    # one that comes up again takes over what there is, and says what has to be done again
    "$work/mlops-gen" sandbox up --state "$cache" --spec "$work/demo/mlops.yaml" >"$work/up" 2>"$work/said" ||
      fail "killed after $moment/10 s ($last), the sandbox does not come up: $(cat "$work/said")"
    said="; up: $(grep --count --extended-regexp 'again|cut off' "$work/said" || true) things to repeat"
  fi
  clean "killed after $moment/10 s ($last)"
  echo "$at: killed after $((moment / 10)).$((moment % 10)) s ($last): nothing is left$said"
done
round "after all that"
clean "after the last loop"
echo "sandbox-kill: $kills times killed, in ${#met[@]} parts of the loop, nothing was left, and the loop goes round; $SECONDS s"
