"""Two processes train together. `joined.py MLOPS_GEN PROJECT mpi|pytorch`: sets `training.distribution` in the project's spec, renders it, writes
an estimator whose processes each take half of the rows and add up what they found, and runs the rendered component's command as Azure ML would."""
import json
import os
import pathlib
import re
import socket
import subprocess
import sys

import numpy as np
import yaml
from edits import edit

TOOL, PROJECT, KIND = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]

# Least squares: each process adds up its rows, and the sums of all are solved by everyone.
ESTIMATOR = '''

class Joined:
    """Least squares over several processes."""

    def fit(self, X, y):
        number, count, add = join()
        rows = np.column_stack([X, np.ones(len(X))])[number::count]
        sums = add(np.column_stack([rows.T @ rows, rows.T @ y[number::count]]))
        self.w = np.linalg.solve(sums[:, :-1], sums[:, -1])
        self.count = count
        return self

    def predict(self, X):
        return np.asarray(X) @ self.w[:-1] + self.w[-1]

    def save(self, folder):
        np.savez(folder / "joined.npz", w=self.w, count=self.count)


def load(folder):
    made, kept = Joined(), np.load(folder / "joined.npz")
    made.w, made.count = kept["w"], int(kept["count"])
    return made
'''

JOIN = {
    "mpi": (
        ["from mpi4py import MPI"],
        '''

def join():
    everyone = MPI.COMM_WORLD
    return everyone.Get_rank(), everyone.Get_size(), everyone.allreduce
''',
    ),
    "pytorch": (
        ["import torch"],
        '''

def join():
    group = torch.distributed
    if not group.is_initialized():
        group.init_process_group("gloo")

    def add(values):
        sum = torch.from_numpy(np.ascontiguousarray(values))
        group.all_reduce(sum)
        return sum.numpy()

    return group.get_rank(), group.get_world_size(), add
''',
    ),
}


def command(component, data, output):
    """The component's command with its inputs, as Azure ML puts them in."""
    text = component["command"]
    values = {name: str(one["default"]) for name, one in component["inputs"].items() if "default" in one} | {"data": data}
    text = re.sub(r"\$\{\{\s*inputs\.(\w+)\s*}}", lambda found: values[found[1]], text)
    text = text.replace("${{outputs.model}}", output)
    assert "${{" not in text, text
    return text


def start(words, **environment):
    paths = {"PYTHONPATH": "src", "DATA_CONTRACT": "data/data-contract.json", "OMP_NUM_THREADS": "1"}
    path = f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.Popen(words, cwd=PROJECT, env={**os.environ, **paths, "PATH": path, **environment})


def processes(count, output):
    """So many processes, each of which runs the component's command."""
    shell = ["bash", "-c", command(component, "data/diabetes.csv", output)]
    if KIND == "mpi":
        return [start(["mpiexec", "-n", str(count), *shell])]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    where = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "WORLD_SIZE": str(count)}
    return [start(shell, **where, RANK=str(number), LOCAL_RANK=str(number)) for number in range(count)]


spec = (PROJECT / "mlops.yaml").read_text()
spec = re.sub(r"  algorithm: \S+\n  parameters:\n    alpha: \S+\n", "  algorithm: custom\n", spec)
spec = re.sub(r"\n  (instances: \d+|distribution: .*)", "", spec)
spec = spec.replace("\ntraining:\n", f"\ntraining:\n  instances: 2\n  distribution: {{type: {KIND}}}\n")
(PROJECT / "mlops.yaml").write_text(spec)
subprocess.run([TOOL, "-C", PROJECT, "render"], check=True, capture_output=True)
imports, join = JOIN[KIND]
edit(PROJECT, imports, ["return Joined()"], "matrix", ESTIMATOR + join)
component = yaml.safe_load((PROJECT / "ml/components/train.yml").read_text())
assert component["resources"]["instance_count"] == 2 and component["distribution"]["type"] == KIND, component

found = {}
for count in (1, 2):
    output = f"model-{KIND}-{count}"
    codes = [process.wait(300) for process in processes(count, output)]
    assert not any(codes), codes
    (file,) = (PROJECT / output).rglob("joined.npz")
    found[count] = np.load(file)
    measured = json.loads((PROJECT / output / "metrics.json").read_text())
    print(f"{KIND}: {count} process{'es' if count > 1 else ''}, mse {measured['holdout']['mse']:.6f}")
assert [int(one["count"]) for one in found.values()] == [1, 2]
assert np.allclose(found[1]["w"], found[2]["w"], rtol=1e-9), found
print(f"{KIND}: two processes joined, and found what one finds")
