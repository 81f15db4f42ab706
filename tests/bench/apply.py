"""Benchmark of `mlops-gen apply`: a whole project beside the official Python client, `azure-devops` (PyPI), which makes the same things.

    apply.py [--rounds N] [--latency MILLISECONDS] [--spec FILE]

Both make what `mlops-gen plan --only devops --json` lists for the spec: team project, repository, one push of the rendered files, service
connections, variable groups, environments, checks, pipelines, permissions, branch policy. Same machine, same run, same emulator process with the
same latency on every request; each run finds a fresh, empty organization, and rounds alternate between the two; medians count. Requests are those
in the emulator's journal. Afterwards a plan by mlops-gen must find nothing left to do in either organization: they are the same.

Timed of mlops-gen: the whole process of `apply --yes --only devops`, with its three looks at everything (before, under the lock, after), the lock
and the previews of the pipelines. Timed of the client (apply-peer.py): its calls alone, one after the other, each write with one read of what it
made; not Python's start and imports, which are shown beside it. It looks at nothing else, never pauses, and has learned the service's addresses in
a round that does not count (it keeps them in a file). The emulator has team projects and service connections ready at once, so neither waits for
them. Where the client's models fall short its own `_send` is used; apply-peer.py says where.

Builds mlops-gen (release) unless MLOPS_GEN names it, and the emulator likewise unless DEVOPS_EMULATOR names it; makes a virtual environment for
the client unless PEER names a Python that has it.
"""

import argparse
import collections
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOKEN = "benchmark-token"
ID = "aaaaaaaa-0000-4000-8000-%012d"


def built(variable, package, name):
    """The program that the variable names, or one that is built now."""
    if os.environ.get(variable):
        return pathlib.Path(os.environ[variable]).resolve()
    subprocess.run(["cargo", "build", "--release", "--quiet", "--package", package, "--bin", name], cwd=ROOT, check=True)
    return ROOT / os.environ.get("CARGO_TARGET_DIR", "target") / "release" / name


def peer(work):
    """A Python with the client."""
    if os.environ.get("PEER"):
        return os.environ["PEER"]
    subprocess.run([sys.executable, "-m", "venv", work / "venv"], check=True)
    python = work / "venv/bin/python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "azure-devops==7.1.0b4", "setuptools<81"], check=True)
    return python


class Emulator:
    """The emulator's process and its control API."""

    def __init__(self, binary, organization, work):
        (work / "tokens").write_text(TOKEN + "\n")
        self.process = subprocess.Popen([binary, "--organization", organization, "--tokens", work / "tokens"], stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()
        if not self.url:
            raise SystemExit("the emulator did not start")
        # Team projects and service connections are ready at once: how long the service takes for them is nobody's merit.
        self.control("PUT", "settings", {**self.control("GET", "settings"), "operation_polls": 0, "endpoint_ready_after_reads": 0})
        self.empty = self.control("GET", "state/full")

    def control(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url.rsplit('/', 1)[0]}/_emulator/{path}", data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def fresh(self, latency):
        """An empty organization, and an empty journal."""
        self.control("DELETE", "faults")
        self.control("PUT", "state", self.empty)
        if latency:
            self.control("POST", "faults", {"action": {"latency": {"millis": latency}}})
        self.control("DELETE", "requests")

    def requests(self):
        """What the journal holds, by method; every request must have been answered well, or be a look at what is not there."""
        entries = self.control("GET", "requests")["value"]
        bad = [entry for entry in entries if entry["status"] >= 400 and (entry["method"], entry["status"]) != ("GET", 404)]
        if bad:
            raise SystemExit(f"refused: {bad}")
        return collections.Counter(entry["method"] for entry in entries)


class Tool:
    """mlops-gen in a folder with the rendered project."""

    def __init__(self, binary, folder, emulator):
        self.binary, self.folder = binary, folder
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("MLOPS_GEN")}
        self.environment = {**inherited, "NO_COLOR": "1", "MLOPS_GEN_DEVOPS_URL": emulator.url, "MLOPS_GEN_DEVOPS_TOKEN": TOKEN}

    def run(self, *arguments):
        return subprocess.run([self.binary, *arguments], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)

    def plan(self):
        """The plan; ids that the spec leaves to the environment are made up as they are asked for."""
        while True:
            done = self.run("plan", "--only", "devops", "--json")
            if done.returncode in (0, 1):
                return done.stdout
            asked = set(re.findall(r"set the environment variable ([A-Z0-9_]+)", done.stdout + done.stderr)) - set(self.environment)
            if not asked:
                raise SystemExit(f"plan: {done.stdout}{done.stderr}")
            for name in sorted(asked):
                self.environment[name] = ID % len(self.environment)

    def left(self):
        """What a plan finds left to do."""
        return [f"{step['action']} {step['key']['kind']}/{step['key']['name']}: {step['changes']}"
                for step in json.loads(self.plan())["projects"][0]["steps"] if step["action"] != "unchanged"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--latency", type=int, default=50, help="milliseconds before each answer")
    parser.add_argument("--spec", type=pathlib.Path, default=ROOT / "tests/cases/names-and-groups/mlops.yaml")
    given = parser.parse_args()
    organization = re.search(r"organization: *([\w-]+)", given.spec.read_text())[1]
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        binary = built("MLOPS_GEN", "generator", "mlops-gen")
        emulator = Emulator(built("DEVOPS_EMULATOR", "devops-emulator", "devops-emulator"), organization, work)
        try:
            measure(given, work, binary, peer(work), emulator)
        finally:
            emulator.process.terminate()
            emulator.process.wait()


def measure(given, work, binary, python, emulator):
    folder = work / "project"
    folder.mkdir()
    shutil.copy(given.spec, folder / "mlops.yaml")
    tool = Tool(binary, folder, emulator)
    rendered = tool.run("render")
    if rendered.returncode:
        raise SystemExit(rendered.stderr)
    (work / "plan.json").write_text(tool.plan())
    steps = json.loads((work / "plan.json").read_text())["projects"][0]["steps"]
    kinds = collections.Counter(step["key"]["kind"] for step in steps)
    files = sum(len(step["changes"]) for step in steps if step["key"]["kind"] == "files")
    print(f"{len(steps)} things: " + ", ".join(f"{kind} {count}" for kind, count in kinds.items()) + f" (one push of {files} files)")

    def ours():
        begun = time.monotonic()
        done = tool.run("apply", "--yes", "--only", "devops")
        whole = time.monotonic() - begun
        if done.returncode:
            raise SystemExit(f"apply: {done.stdout}{done.stderr}")
        return whole, whole

    def theirs():
        # What the client learns of the service's addresses is kept in this folder, not in the home directory.
        environment = {**os.environ, "HOME": str(work), "AZURE_DEVOPS_CACHE_DIR": str(work / "cache")}
        command = [python, ROOT / "tests/bench/apply-peer.py", emulator.url, TOKEN, work / "plan.json", folder]
        begun = time.monotonic()
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        whole = time.monotonic() - begun
        if done.returncode:
            raise SystemExit(f"apply-peer.py: {done.stdout}{done.stderr}")
        said = json.loads(done.stdout)
        if said["made"] != kinds:
            raise SystemExit(f"the client made {said['made']}, the plan has {dict(kinds)}")
        return said["seconds"], whole

    sides = {"mlops-gen": ours, "azure-devops": theirs}
    results = {name: [] for name in sides}
    for number in range(given.rounds + 1):
        for name, side in sides.items():
            emulator.fresh(given.latency if number else 0)
            seconds, whole = side()
            requests = emulator.requests()
            emulator.control("DELETE", "faults")
            if left := tool.left():
                raise SystemExit(f"{name} left something to do: {left}")
            if number:
                results[name].append((seconds, whole, requests))
                print(f"round {number}: {name} {seconds:.2f} s, {requests.total()} requests", flush=True)
    medians = {}
    for name, rounds in results.items():
        medians[name] = statistics.median(seconds for seconds, _, _ in rounds)
        process = statistics.median(whole for _, whole, _ in rounds)
        requests = collections.Counter({method: round(statistics.median(count[method] for _, _, count in rounds)) for method in rounds[0][2]})
        print(f"{name}: {medians[name]:.2f} s (whole process {process:.2f} s), {requests.total()} requests ("
              + ", ".join(f"{method} {count}" for method, count in sorted(requests.items())) + ")")
    print(f"at {given.latency} ms a request the client takes {medians['azure-devops'] / medians['mlops-gen']:.1f} times as long as mlops-gen")


main()
