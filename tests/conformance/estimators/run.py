"""Each estimator in a rendered project, by editing estimator.py alone: the project's own tests, then train, evaluate, register (a real MLflow
server) and score. `run.py PROJECTS CASE…`, where PROJECTS has the rendered projects `regression` and `classification`; MLFLOW_TRACKING_URI
names the server. Prints a table; the exit code is 1 where something failed."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

from edits import EDITS, edit

# Of each kind one, for every change; `all` of them by hand.
SAMPLE = ["mlp", "lightgbm-classes", "pipeline-classes"]
ALL = [name for name in EDITS if name != "pytorch"]
PROJECTS, CASES = pathlib.Path(sys.argv[1]), ALL if sys.argv[2:] == ["all"] else sys.argv[2:] or SAMPLE
TRACKING = os.environ["MLFLOW_TRACKING_URI"]


def run(project, *command):
    environment = {**os.environ, "PYTHONPATH": str(project / "src"), "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run([sys.executable, *command], cwd=project, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[:2])} ends with {done.returncode}:\n{(done.stdout + done.stderr)[-3000:]}")
    return done.stdout


def score(project, package, folder):
    """The example request, answered by the project's server."""
    log = open(project / "score.log", "wb")
    port = 20_000 + os.getpid() % 20_000
    environment = {**os.environ, "PYTHONPATH": str(project / "src"), "SCORE_MODEL": str(folder), "SCORE_LISTEN": f"127.0.0.1:{port}"}
    server = subprocess.Popen([sys.executable, "-m", f"{package}.score"], cwd=project, env=environment, stdout=log, stderr=log)
    try:
        body = (project / "data/example-request.json").read_bytes()
        request = urllib.request.Request(f"http://127.0.0.1:{port}/score", body, {"content-type": "application/json"})
        for _ in range(600):
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                raise RuntimeError(f"the server answers {error.code}: {error.read().decode()}") from error
            except urllib.error.URLError:
                if server.poll() is not None:
                    break
                time.sleep(0.1)
        raise RuntimeError("the server does not answer:\n" + (project / "score.log").read_text()[-3000:])
    finally:
        server.terminate()
        server.wait()


def case(name, scratch):
    task, imports, lines, what, more = EDITS[name]
    project = scratch / name
    shutil.copytree(PROJECTS / task, project)
    package = edit(project, imports, lines, what, more)
    run(project, "-m", "pytest", "--quiet", "-x")
    data = next(path for path in (project / "data").iterdir() if path.suffix == ".csv")
    common = ["--data", str(data), "--contract", "data/data-contract.json"]
    run(project, "-m", f"{package}.train", *common, "--output", "model")
    metric = "mse" if task == "regression" else "accuracy"
    chosen = ["--challenger", "model", "--metric", metric, "--output", "evaluation.json"]
    run(project, "-m", f"{package}.evaluate", *common, *chosen)
    kept = ["--model", "model", "--name", name, "--evaluation", "evaluation.json", "--experiment", "estimators"]
    run(project, "-m", f"{package}.register", *kept, "--tracking-uri", TRACKING, "--output", "registered.json")
    query = urllib.parse.quote(f"name = '{name}'")
    with urllib.request.urlopen(f"{TRACKING}/api/2.0/mlflow/model-versions/search?filter={query}") as answer:
        versions = json.load(answer)["model_versions"]
    assert [version["version"] for version in versions] == [json.loads((project / "registered.json").read_text())["version"]], versions
    answer = score(project, package, project / "model")
    request = json.loads((project / "data/example-request.json").read_text())
    assert len(answer["result"]) == len(request["data"]), answer
    measured = json.loads((project / "model/metrics.json").read_text())
    return measured.get("holdout", measured["train"])[metric], metric


failed = 0
with tempfile.TemporaryDirectory() as scratch:
    for name in CASES:
        begin = time.perf_counter()
        try:
            value, metric = case(name, pathlib.Path(scratch))
            print(f"ok      {name:36} {metric} {value:12.5g}  {time.perf_counter() - begin:5.1f} s", flush=True)
        except (RuntimeError, AssertionError, OSError, KeyError) as error:
            failed += 1
            print(f"FAILED  {name:36} {error}", flush=True)
        shutil.rmtree(pathlib.Path(scratch) / name, ignore_errors=True)
print(f"{len(CASES) - failed} of {len(CASES)} estimators")
sys.exit(1 if failed else 0)
