"""Serving benchmark of the rendered Python server beside azureml-inference-server-http (PyPI): the same scikit-learn estimator, trained by the
rendered project; same machine, same run, same load tool (wrk, one thread, 16 connections), request logging on for both; rounds alternate between
the servers, medians count, and each server counts with its best number of workers. CPU per request is shown too, as it depends least on what
else the machine does.

    serving-python.py [--rounds N] [--seconds S] [--workers N,N] [--check]

Needs wrk. MLOPS_GEN names the tool (built otherwise), PYTHON_VENV an environment with the project's requirements-dev.txt, PEER one with the peer
and the project's requirements.txt; environments are made otherwise. With --check the exit code says whether the bar holds: at least 2 times the
peer's requests per second at single rows.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

from serving import LUA, ROOT, Server, ask, free_port, load

# What a team writes for the peer: the estimator that the project's train wrote.
ENTRY = """
import json
import skops.io

def init():
    global model
    trusted = skops.io.get_untrusted_types(file="model/model.skops")
    model = skops.io.load("model/model.skops", trusted=trusted)

def run(data):
    return {"result": model.predict(json.loads(data)["data"]).tolist()}
"""


def environment(path, variable, requirements):
    """The environment that a variable names, or a new one with these requirements."""
    if variable in os.environ:
        return pathlib.Path(os.environ[variable])
    subprocess.run([sys.executable, "-m", "venv", path], check=True)
    subprocess.run([path / "bin/pip", "install", "--quiet", *requirements], check=True)
    return path


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--workers", default="1,2,4")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        return run(arguments, pathlib.Path(work))


def run(arguments, work):
    tool = os.environ.get("MLOPS_GEN")
    if tool is None:
        subprocess.run(["cargo", "build", "--quiet", "-p", "generator"], cwd=ROOT, check=True)
        tool = ROOT / "target/debug/mlops-gen"
    project = work / "demo"
    render = [tool, "init", project, "--yes", "--no-git", "--runtime", "python", "--name", "demo"]
    subprocess.run(render, check=True, capture_output=True)
    ours = environment(work / "ours", "PYTHON_VENV", ["-r", project / "requirements-dev.txt"])
    peers = environment(work / "peer", "PEER", ["azureml-inference-server-http==1.5.1", "-r", project / "requirements.txt"])
    path = {"PYTHONPATH": str(project / "src"), "OMP_NUM_THREADS": "1"}
    train = [ours / "bin/python", "-m", "demo.train", "--data", "data/diabetes.csv", "--contract", "data/data-contract.json", "--output", "model"]
    subprocess.run(train, cwd=project, check=True, env=os.environ | path, capture_output=True)
    (project / "entry.py").write_text(ENTRY)
    lines = [line.split(",") for line in (project / "data/diabetes.csv").read_text().splitlines()[1:]] * 3
    rows = [[float(cell) for cell in line[:10]] for line in lines]
    scripts = {}
    for count in (1, 1000):
        (work / f"body-{count}.json").write_text(json.dumps({"data": rows[:count]}))
        scripts[count] = work / f"load-{count}.lua"
        scripts[count].write_text(LUA % (work / f"body-{count}.json"))

    def start(kind, workers):
        port = free_port()
        if kind == "score":
            settings = {"SCORE_MODEL": "model", "SCORE_LISTEN": f"127.0.0.1:{port}", "SCORE_WORKERS": str(workers)}
            return Server([ours / "bin/python", "-m", "demo.score"], port, project, work / "score.log", path | settings)
        command = [peers / "bin/azmlinfsrv", "--entry_script", "entry.py", "--port", str(port)]
        settings = {"WORKER_COUNT": str(workers), "PATH": f"{peers}/bin:{os.environ['PATH']}", "AZUREML_LOG_LEVEL": "INFO"}
        return Server(command, port, project, work / "peer.log", {"OMP_NUM_THREADS": "1"} | settings)

    counts = [int(text) for text in arguments.workers.split(",")]
    results = {(kind, workers, count): [] for kind in ("score", "peer") for workers in counts for count in (1, 1000)}
    resident = {}
    for _ in range(arguments.rounds):
        found = {}
        for workers in counts:
            for kind in ("score", "peer"):
                server = start(kind, workers)
                try:
                    for count in (1, 1000):
                        answer = ask(server.port, (work / f"body-{count}.json").read_text())
                        expected = found.setdefault(count, answer)
                        assert len(answer) == count and all(abs(a - b) < 1e-9 * abs(b) for a, b in zip(answer, expected, strict=True))
                        load(server, scripts[count], 1)
                        results[kind, workers, count].append(load(server, scripts[count], arguments.seconds))
                    resident[kind, workers] = max(resident.get((kind, workers), 0), server.resident())
                finally:
                    server.stop()
                assert b"/score" in (work / f"{kind}.log").read_bytes(), f"request logging of {kind} was off"
    median = {key: {field: statistics.median(one[field] for one in values) for field in values[0]} for key, values in results.items()}
    print(f"{'server':8} {'workers':>7} {'rows':>5} {'requests/s':>11} {'p50 ms':>8} {'p99 ms':>8} {'CPU us/request':>15} {'peak MB':>8}")
    for (kind, workers, count), row in median.items():
        print(f"{kind:8} {workers:7} {count:5} {row['rate']:11.0f} {row['p50']:8.2f} {row['p99']:8.2f} {row['cpu']:15.1f} {resident[kind, workers]:8.1f}")

    def best(kind, count, field, choose):
        return choose(row[field] for (one, _, rows), row in median.items() if (one, rows) == (kind, count))

    held = True
    for count, bar in ((1, 2.0), (1000, None)):
        ratio = best("score", count, "rate", max) / best("peer", count, "rate", max)
        cpu = best("peer", count, "cpu", min) / best("score", count, "cpu", min)
        held &= bar is None or ratio >= bar
        goal = f" (bar >= {bar:g})" if bar else ""
        print(f"{'   ' if bar is None else 'ok ' if ratio >= bar else 'BAR'} times the peer, {count} rows: {ratio:.2f}{goal}; by CPU per request {cpu:.2f}")
    return 0 if held or not arguments.check else 1


if __name__ == "__main__":
    sys.exit(main())
