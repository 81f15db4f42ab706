#!/usr/bin/env bash
# Projects that earlier versions of the tool rendered are brought up to this one: the team's work stays, untouched files
# follow, and a check is content. The projects are what the history of this repository has in `out/`: one for each form of
# the lock file.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_lib.sh"
git cat-file -e 4bd47ab^{commit} 2>/dev/null || skip "the history of this repository is not here"
mlops_gen --version >/dev/null
for commit in 4bd47ab $(git log --format=%h -n 1 --diff-filter=AM -- out/.mlops-gen/lock.json); do
  project=$work/$commit
  mkdir "$project"
  git archive "$commit" out | tar -x -C "$project" --strip-components 1
  cd "$project"
  git init --quiet --initial-branch main .
  git config user.name t; git config user.email t@example.com
  git add --all; git commit --quiet --message rendered
  form=$(python3 -c 'import json; print(json.load(open(".mlops-gen/lock.json"))["version"])')
  # The team's work: in a file that is now its own, in one of the tool's, and a file beside.
  printf '\n## Ours\n\nKept.\n' >> README.md
  printf '# ours\n' >> kubernetes/production/autoscaler.yml
  mkdir -p tools; echo 'echo ours' > tools/own.sh
  # The oldest has a canary without pods, which is refused since: three replicas are the way out that is printed.
  sed -i 's/^    min: 1$/    min: 3/; s/^    max: 3$/    max: 6/' mlops.yaml
  git add --all; git commit --quiet --message ours
  code=0; mlops_gen upgrade --dry-run > dry.txt 2>&1 || code=$?
  [[ $code -le 1 ]] || { cat dry.txt; exit 1; }
  rm dry.txt
  code=0; mlops_gen upgrade > "$work/said.txt" 2>&1 || code=$?
  # What both sides changed in the same lines is decided for the team's side, as the advice says.
  if [[ $code == 1 ]]; then
    python3 - <<'PYTHON'
import pathlib, re
for path in pathlib.Path(".").rglob("*"):
    if path.is_file() and ".git/" not in str(path):
        try: text = path.read_text()
        except UnicodeDecodeError: continue
        if text.count("<<<<<<< ours\n"):
            path.write_text(re.sub(r"<<<<<<< ours\n(.*?)=======\n(.*?)>>>>>>> theirs\n", r"\1", text, flags=re.S))
PYTHON
    mlops_gen render >> "$work/said.txt" 2>&1 || true
  elif [[ $code != 0 ]]; then cat "$work/said.txt"; exit 1
  fi
  # An edit of one of the tool's files is kept for good by accepting it, as the advice says.
  mlops_gen adopt-edit kubernetes/production/autoscaler.yml >> "$work/said.txt" 2>&1
  mlops_gen check || { cat "$work/said.txt"; exit 1; }
  grep -q '^Kept.$' README.md && grep -q '^# ours$' kubernetes/production/autoscaler.yml && [[ -f tools/own.sh ]]
  [[ $(python3 -c 'import json; print(json.load(open(".mlops-gen/lock.json"))["version"])') == 2 ]]
  echo "from $commit, lock of form $form: upgraded, checked, nothing lost"
  cd "$root"
done
