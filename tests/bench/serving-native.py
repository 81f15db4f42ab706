"""Serving benchmark of `serving: native` beside azureml-inference-server-http (PyPI) with the same HistGradientBoostingRegressor of 200 trees,
trained by the rendered project, and beside onnxruntime in Python at 1,000 rows. Same machine, same run, same load tool (wrk, one thread, 16
connections), request logging on for both servers; rounds alternate, medians count. CPU per request is shown too, as it depends least on what else
the machine does.

    serving-native.py [--rounds N] [--seconds S] [--check]

Needs wrk. MLOPS_GEN names the tool and SCORE the server (release builds are made otherwise), PYTHON_VENV an environment with the project's
requirements-train.txt, onnx and onnxruntime, PEER one with the peer and scikit-learn; environments are made otherwise. With --check the exit code
says whether the bars hold: 60 times the peer's requests per second at single rows, 3 times at 1,000 rows, 0.9 of onnxruntime's time at 1,000 rows,
25 MB of memory, a program and model of 15 MB.
"""

import argparse
import http.client
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

from serving import LUA, ROOT, Server, ask, free_port, load

SPEC = """
version: 1
project: {name: demo, description: Served natively}
data:
  path: data/numbers.csv
  target: y
  columns: [%s, {name: y, type: number}]
model: {runtime: python, algorithm: custom, parameters: {max_iter: 200}}
scoring: {serving: native}
azure: {location: westeurope}
devops: {organization: contoso, project: ml}
environments: [{name: qa, target: container-instances}]
"""

# Runs in the project's environment: the data.
DATA = """
import numpy as np
random = np.random.default_rng(0)
X = random.normal(size=(5000, 20))
y = X[:, 0] * 2 + np.sin(X[:, 1] * 3) + X[:, 2] * X[:, 3] + random.normal(size=5000) * 0.3
head = ",".join([*(f"x{at}" for at in range(20)), "y"])
np.savetxt("data/numbers.csv", np.column_stack([X, y]), delimiter=",", header=head, comments="", fmt="%.17g")
"""

# What a team writes for the peer: the estimator that the project's train wrote.
ENTRY = """
import json
import numpy as np
import skops.io

def init():
    global model, names
    trusted = skops.io.get_untrusted_types(file="model/model.skops")
    model = skops.io.load("model/model.skops", trusted=trusted).steps[-1][1]

def run(data):
    return {"result": model.predict(np.array(json.loads(data)["data"])).tolist()}
"""

# The same trees in onnxruntime, on one thread: prints the microseconds of a run, and the greatest difference (its thresholds are f32).
ONNX = """
import json, sys, time
import numpy as np, onnxruntime
from onnx import TensorProto, helper
document = json.load(open("model/native-model.json"))
rows = np.array(json.load(open(sys.argv[1]))["data"], dtype=np.float32)
expected = np.array(json.load(open(sys.argv[2]))["result"])
# The pipeline before the trees leaves numbers as they are.
assert document["steps"] == [] and document["link"]["kind"] == "identity"
n = {name: [] for name in ("treeids", "nodeids", "featureids", "values", "modes", "truenodeids", "falsenodeids", "missing_value_tracks_true")}
t = {name: [] for name in ("treeids", "nodeids", "ids", "weights")}
for tree, told in enumerate(document["model"]["trees"]):
    splits = len(told["feature"])
    place = lambda child: child if child >= 0 else splits - 1 - child
    for at in range(splits):
        given = (tree, at, document["model"]["columns"][told["feature"][at]], told["threshold"][at], "BRANCH_LEQ", place(told["left"][at]),
                 place(told["right"][at]), int(told.get("directions", "r" * splits)[at] == "l"))
        [n[name].append(value) for name, value in zip(n, given)]
    for leaf, weight in enumerate(told["leaves"]):
        [n[name].append(value) for name, value in zip(n, (tree, splits + leaf, 0, 0.0, "LEAF", 0, 0, 0))]
        [t[name].append(value) for name, value in zip(t, (tree, splits + leaf, 0, weight))]
node = helper.make_node("TreeEnsembleRegressor", ["X"], ["y"], domain="ai.onnx.ml", n_targets=1, base_values=document["model"]["base"],
                        **{f"nodes_{name}": values for name, values in n.items()}, **{f"target_{name}": values for name, values in t.items()})
graph = helper.make_graph([node], "trees", [helper.make_tensor_value_info("X", TensorProto.FLOAT, [None, rows.shape[1]])],
                          [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 1])])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("ai.onnx.ml", 3), helper.make_opsetid("", 18)], ir_version=9)
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = options.inter_op_num_threads = 1
session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
times = []
for _ in range(200):
    begin = time.perf_counter()
    found = session.run(None, {"X": rows})[0]
    times.append(time.perf_counter() - begin)
# The median difference: a row beside a threshold may go another way in single precision.
print(json.dumps({"micros": min(times) * 1e6, "median": float(np.median(times)) * 1e6, "difference": float(np.median(np.abs(found[:, 0] - expected)))}))
"""


def environment(path, variable, requirements):
    """The environment that a variable names, or a new one with these requirements."""
    if variable in os.environ:
        return pathlib.Path(os.environ[variable])
    subprocess.run([sys.executable, "-m", "venv", path], check=True)
    subprocess.run([path / "bin/pip", "install", "--quiet", *requirements], check=True)
    return path


def built():
    """Tool and server."""
    tool, score = os.environ.get("MLOPS_GEN"), os.environ.get("SCORE")
    if tool is None:
        subprocess.run(["cargo", "build", "--quiet", "-p", "generator"], cwd=ROOT, check=True)
        tool = ROOT / "target/debug/mlops-gen"
    if score is None:
        subprocess.run(["cargo", "build", "--quiet", "--release", "-p", "model", "--bin", "score"], cwd=ROOT, check=True)
        score = ROOT / "target/release/score"
    return tool, pathlib.Path(score)


def inside(port, body, count):
    """The least and the median of the server's own times of a request, in microseconds."""
    times = []
    for _ in range(count):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("POST", "/score", body, {"content-type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        times.append(float(answer.getheader("server-timing").partition("dur=")[2]) * 1e3)
    return min(times), statistics.median(times)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        return run(arguments, pathlib.Path(work))


def run(arguments, work):
    tool, score = built()
    project = work / "demo"
    (project / "data").mkdir(parents=True)
    (project / "mlops.yaml").write_text(SPEC % ", ".join(f"{{name: x{at}, type: number}}" for at in range(20)))
    subprocess.run([tool, "render"], cwd=project, check=True, capture_output=True)
    ours = environment(work / "ours", "PYTHON_VENV", ["-r", project / "requirements-train.txt", "onnx==1.23.2", "onnxruntime==1.32.0"])
    peers = environment(work / "peer", "PEER", ["azureml-inference-server-http==1.5.1", "-r", project / "requirements.txt"])
    path = os.environ | {"PYTHONPATH": str(project / "src"), "OMP_NUM_THREADS": "1"}
    python = ours / "bin/python"
    subprocess.run([python, "-c", DATA], cwd=project, check=True)
    train = [python, "-m", "demo.train", "--data", "data/numbers.csv", "--contract", "data/data-contract.json", "--output", "model"]
    subprocess.run(train, cwd=project, check=True, env=path, capture_output=True)
    (project / "entry.py").write_text(ENTRY)
    lines = [line.split(",") for line in (project / "data/numbers.csv").read_text().splitlines()[1:1001]]
    rows = [[float(cell) for cell in line[:20]] for line in lines]
    scripts = {}
    for count in (1, 1000):
        (work / f"body-{count}.json").write_text(json.dumps({"data": rows[:count]}))
        scripts[count] = work / f"load-{count}.lua"
        scripts[count].write_text(LUA % (work / f"body-{count}.json"))

    def start(kind):
        port = free_port()
        if kind == "score":
            settings = {"SCORE_MODEL": "model", "SCORE_LISTEN": f"127.0.0.1:{port}"}
            return Server([score], port, project, work / "score.log", settings)
        command = [peers / "bin/azmlinfsrv", "--entry_script", "entry.py", "--port", str(port)]
        settings = {"WORKER_COUNT": "2", "PATH": f"{peers}/bin:{os.environ['PATH']}", "AZUREML_LOG_LEVEL": "INFO"}
        return Server(command, port, project, work / "peer.log", {"OMP_NUM_THREADS": "1"} | settings)

    results = {(kind, count): [] for kind in ("score", "peer") for count in (1, 1000)}
    resident, own, onnx = {}, [], []
    for _ in range(arguments.rounds):
        found = {}
        for kind in ("score", "peer"):
            server = start(kind)
            try:
                for count in (1, 1000):
                    body = (work / f"body-{count}.json").read_text()
                    answer = ask(server.port, body)
                    assert answer == found.setdefault(count, answer), "the servers answer differently"
                    if kind == "score" and count == 1000:
                        (work / "expected.json").write_text(json.dumps({"result": answer}))
                        own.append(inside(server.port, body, 200))
                    load(server, scripts[count], 1)
                    results[kind, count].append(load(server, scripts[count], arguments.seconds))
                resident[kind] = max(resident.get(kind, 0), server.resident())
            finally:
                server.stop()
        told = subprocess.run([python, "-c", ONNX, work / "body-1000.json", work / "expected.json"], cwd=project, check=True,
                              env=path, capture_output=True, text=True)
        onnx.append(json.loads(told.stdout))
    median = {key: {field: statistics.median(one[field] for one in values) for field in values[0]} for key, values in results.items()}
    print(f"{'server':8} {'rows':>5} {'requests/s':>11} {'p50 ms':>8} {'p99 ms':>8} {'CPU us/request':>15} {'peak MB':>8}")
    for (kind, count), row in median.items():
        print(f"{kind:8} {count:5} {row['rate']:11.0f} {row['p50']:8.2f} {row['p99']:8.2f} {row['cpu']:15.1f} {resident[kind]:8.1f}")
    size = (score.stat().st_size + (project / "model/native-model.json").stat().st_size) / 1e6
    best, theirs = min(one[0] for one in own), min(one["micros"] for one in onnx)
    print(f"1,000 rows: {best:.0f} us in the server with reading and writing JSON, {theirs:.0f} us in onnxruntime without "
          f"(medians {statistics.median(one[1] for one in own):.0f} and {statistics.median(one['median'] for one in onnx):.0f}), "
          f"median difference {onnx[0]['difference']:.1e}")
    held = True
    for what, value, bar, more in (
        ("times the peer, 1 row", median["score", 1]["rate"] / median["peer", 1]["rate"], 60, True),
        ("times the peer, 1,000 rows", median["score", 1000]["rate"] / median["peer", 1000]["rate"], 3, True),
        ("of onnxruntime's speed, 1,000 rows", theirs / best, 0.9, True),
        ("MB of memory", resident["score"], 25, False),
        ("MB of program and model", size, 15, False),
    ):
        fine = value >= bar if more else value <= bar
        held &= fine
        print(f"{'ok ' if fine else 'BAR'} {value:.2f} {what} (bar {'>=' if more else '<='} {bar:g})")
    return 0 if held or not arguments.check else 1


if __name__ == "__main__":
    sys.exit(main())
