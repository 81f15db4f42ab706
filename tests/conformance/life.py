"""The steps of `life-soak.sh`: run in a project's folder, in a sandbox, with the program as argument."""

from __future__ import annotations

import json
import pathlib
import re
import subprocess
import sys

PROGRAM = sys.argv[1]
MARK = "# the team's own work"
work: dict[str, str] = {}  # what the team wrote, by file


def run(line: str, *, codes: tuple[int, ...] = (0,)) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([PROGRAM, *line.split()], capture_output=True, text=True, check=False)
    if done.returncode not in codes:
        sys.exit(f"`mlops-gen {line}` ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], capture_output=True, text=True, check=True).stdout


def change(path: str, old: str, new: str) -> None:
    file = pathlib.Path(path)
    text = file.read_text()
    if old not in text:
        sys.exit(f"{path} holds no {old!r}")
    file.write_text(text.replace(old, new, 1))


def own(path: str, text: str = f"\n{MARK}\n") -> None:
    file = pathlib.Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text((file.read_text() if file.exists() else "") + text)
    work[path] = text.strip()


def follow(words: str, text: str) -> None:
    """Does what the advice says that begins with these words."""
    found = re.search(rf"`mlops-gen ({words}[^`]*)`", text)
    if not found:
        sys.exit(f"nobody advises `mlops-gen {words}`: {text}")
    run(found[1], codes=(0, 1))


def settle(name: str) -> None:
    """Renders, applies, and holds everything against what must be."""
    rendered = run("render", codes=(0, 1))
    for _ in range(3):
        if rendered.returncode == 0:
            break
        follow("render --merge", rendered.stderr)
        rendered = run("render", codes=(0, 1))
    checked = run("check", codes=(0, 1))
    if checked.returncode == 1:
        follow("adopt-edit", checked.stderr)
        run("check")
    git("add", "--all")
    git("commit", "--quiet", "--allow-empty", "--message", name)
    run("apply --yes")
    plan = run("plan", codes=(0, 1))
    if plan.returncode != 0:
        sys.exit(f"{name}: something is left after an apply:\n{plan.stdout}")
    lost = [path for path, text in work.items() if text not in pathlib.Path(path).read_text()]
    if lost:
        sys.exit(f"{name}: the team's work is lost in {lost}")
    print(f"{name}: rendered, checked, applied, nothing left, nothing lost", flush=True)


settle("the first apply")

runtime = "python" if pathlib.Path("pyproject.toml").exists() else "rust"
own("README.md")
own("tools/own.sh", f"echo {MARK}\n")
if runtime == "python":
    own("src/churn/features.py")
    own("src/churn/features_own.py", f"X = 1  {MARK}\n")
else:
    own("churn/src/lib.rs", "\n// the team's own work\n")
settle("files of the team's")

own("pipelines/retrain.yml", f"\n{MARK}\n")
plan = run("plan", codes=(2,))
follow("adopt-edit", plan.stderr)
settle("an edit that was accepted")

own("kubernetes/production/autoscaler.yml", f"{MARK}\n")
change("mlops.yaml", "    max: 6\n", "    max: 5\n")
settle("an edit and a change of the spec at once")

# Before the others: a pull request that nobody completes keeps all that it holds in the plan.
change("mlops.yaml", "  - name: production\n", "  - name: staging\n    target: container-instances\n\n  - name: production\n")
change("mlops.yaml", "failedPercent: 5", "failedPercent: 7")
change("mlops.yaml", "    max: 5\n", "    max: 4\n")
run("render")
git("add", "--all")
git("commit", "--quiet", "--message", "three changes")
compact = run("plan --compact", codes=(1,)).stdout.splitlines()
head = "\n".join(compact[:20])
for wanted in ("failedPercent", "replicas.max", "staging"):
    if wanted not in head:
        sys.exit(f"{wanted} does not stand in the first 20 lines of the plan:\n{head}")
if len(compact) > 80:
    sys.exit(f"the compact plan has {len(compact)} lines")
settle("an environment")

CHANGES = [
    ("project.description", "one year after baseline", "a year after baseline"),
    ("project.tags", "cost-center: ml-research", "cost-center: ml-other"),
    ("devops.agent", "image: ubuntu-24.04", "image: ubuntu-22.04"),
    ("data.columns", "{name: age, min: -0.2", "{name: age, min: -0.3"),
    ("data.holdout", "fraction: 0.2", "fraction: 0.25"),
    ("data.distribution", "psi: 0.2", "psi: 0.3"),
    ("model.parameters", "alpha: 0.4", "alpha: 0.5"),
    ("model.metric", "margin: 0\n", "margin: 1\n"),
    ("model.tags", "task: regression", "task: other"),
    ("training.compute", "idleSeconds: 300", "idleSeconds: 600"),
    ("training.timeoutMinutes", "timeoutMinutes: 60", "timeoutMinutes: 90"),
    ("training.schedules", "0 3 * * 1", "0 4 * * 1"),
    ("training.onNewData", "prefix: incoming/", "prefix: arriving/"),
    ("scoring.contract", "smokeRequests: 20", "smokeRequests: 30"),
    ("scoring.memoryGiB", "memoryGiB: 1", "memoryGiB: 2"),
    ("scoring.replicas", "targetCpuPercent: 70", "targetCpuPercent: 60"),
    ("scoring.logging", "sample: 0.1", "sample: 0.2"),
    ("environments", "timeToLiveHours: 12", "timeToLiveHours: 24"),
    ("environments", "canaryPercent: 20", "canaryPercent: 30"),
    ("monitoring.alerts", "failedPercent: 7", "failedPercent: 6"),
    ("monitoring.drift", "monitoring:\n", "monitoring:\n  drift: {psi: 0.3}\n"),
    ("monitoring.budget", "amount: 300", "amount: 400"),
    ("monitoring.retentionDays", "retentionDays: 90", "retentionDays: 60"),
    ("environments.checks", 'start: "08:00"', 'start: "07:30"'),
    ("environments.approvals", "Compare the metrics", "Compare all metrics"),
    (
        "environments.tls",
        "    canaryPercent: 30\n",
        "    canaryPercent: 30\n    tls: {hostName: churn.example.com, certificate: churn-certificate}\n",
    ),
    ("scoring.authentication", "authentication: key", "authentication: entra"),
    ("variableGroups", "SUPPORT_URL: https://example.com/support", "SUPPORT_URL: https://example.com/help"),
    ("batch", "network: public\n", "network: public\n\nbatch: {schedule: {name: nightly, cron: 0 2 * * Mon-Fri}}\n"),
    ("usage", "network: public\n", "network: public\n\nusage: {requestsPerDay: 500}\n"),
    ("data.missing", "data:\n", "data:\n  missing: [NA]\n"),
    ("model.search", "    alpha: 0.5\n", "    alphas: [0.1, 0.5]\n"),
]
if runtime == "python":
    CHANGES.append(("scoring.serving", "scoring:\n", "scoring:\n  serving: native\n"))
for key, old, new in CHANGES:
    change("mlops.yaml", old, new)
    settle(key)

git("rm", "--quiet", "tools/own.sh")
del work["tools/own.sh"]
git("commit", "--quiet", "--message", "a file less")
pathlib.Path("notes.txt").write_text("not committed\n")
said = run("plan --json", codes=(0, 1))
if "not committed, so not pushed by apply: notes.txt" not in said.stderr + said.stdout:
    sys.exit(f"what is not pushed is not said:\n{said.stderr}")
pathlib.Path("notes.txt").unlink()
settle("a file of the team's that is deleted")
files = json.loads(run("plan --json").stdout)["projects"][0]["steps"]
left = [change for step in files for change in step["changes"] if change["field"] == "tools/own.sh"]
if left:
    sys.exit(f"a file that was deleted is still in the plan: {left}")

run("check --json")
json.loads(run("plan --json").stdout)

spec = pathlib.Path("mlops.yaml")
text = re.sub(r"\n    - \{name: s6, [^\n]*", "", spec.read_text())
text = re.sub(r"(\n      - \[[^\]]*), -?[0-9.]+\]", r"\1]", text)
spec.write_text(text)
settle("a column less")

change("mlops.yaml", "  name: churn\n", "  name: attrition\n")
rendered = run("render", codes=(0, 1))
if "the project was called churn" not in rendered.stderr:
    sys.exit(f"a render says nothing of the former name:\n{rendered.stderr}")
if runtime == "python":
    if "src/churn/features_own.py" not in rendered.stderr:
        sys.exit(f"a file of the team's that stays behind is not named:\n{rendered.stderr}")
    git("mv", "src/churn/features_own.py", "src/attrition/features_own.py")
git("add", "--all")
git("commit", "--quiet", "--message", "another name")
plan = run("plan --compact", codes=(1,)).stdout
for wanted in (
    "renamed from churn: attrition takes over variable-group/churn-settings",
    "resources of the former name churn are still there and may cost",
    "data, models and history of churn are not taken along: copy what is needed from resource-group/churn-platform",
):
    if wanted not in plan:
        sys.exit(f"the plan does not say {wanted!r}:\n{plan}")
run("destroy --former churn --yes --confirm churn", codes=(1,))
run("apply --yes")
moved = {
    path.replace("src/churn/", "src/attrition/").replace("churn/src/", "attrition/src/"): text
    for path, text in work.items()
}
work.clear()
work.update(moved)
secrets = run("plan", codes=(0, 2)).stderr
for name, vault in re.findall(r"`mlops-gen secrets set (\S+) --vault (\S+)`", secrets):
    line = [PROGRAM, "secrets", "set", name, "--vault", vault]
    subprocess.run(line, input="a made-up value", text=True, check=True, capture_output=True)
settle("another name")
run("destroy --former churn --yes --confirm churn")
if "former name" in run("plan").stdout:
    sys.exit("something of the former name is left")
settle("nothing of the former name")

run("upgrade", codes=(0,))
settle("an upgrade")
print("the life of a project: every step true, nothing lost")
