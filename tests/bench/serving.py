"""Serving benchmark: `score` beside azureml-inference-server-http (PyPI) with a scikit-learn ridge, and beside a bare server of its own framework
that answers a constant. Same machine, same run, same load tool (wrk, one thread), same model, request logging on for both; rounds alternate
between the servers, medians count. The servers' CPU seconds per request are shown too, as they depend least on what else the machine does.

    serving.py [--rounds N] [--seconds S] [--check]

Needs wrk. Builds the binaries unless SCORE and BARE name them; makes a virtual environment for the peer unless PEER names one. With --check the
exit code says whether the bars hold: 40 times the peer's requests per second at single rows, 20 times at batches of 1,000, 0.85 times the bare
server's, p99 under a tenth of the peer's, resident memory under 15 MB, ready within 25 ms.
"""

import argparse
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]

ENTRY = """
import json
import joblib

def init():
    global model
    model = joblib.load("model.pkl")

def run(data):
    return {"result": model.predict(json.loads(data)["data"]).tolist()}
"""

# Runs in the peer's environment: fits the model, writes it for both servers, and the bodies.
PREPARE = """
import json
import joblib
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Ridge
data = load_diabetes()
ridge = Ridge(alpha=0.4).fit(data.data, data.target)
joblib.dump(ridge, "model.pkl")
def baseline(values):
    return {"count": 1, "mean": float(values.mean()), "standard_deviation": float(values.std(ddof=1)), "min": float(values.min()),
            "max": float(values.max()), "histogram": {"log2_width": 0, "first": 0, "counts": [1]}}
features = [{"name": name, "type": "number", "coefficient": float(coefficient), "baseline": baseline(data.data[:, at])}
            for at, (name, coefficient) in enumerate(zip(data.feature_names, ridge.coef_))]
json.dump({"schema_version": 1, "code_version": "0.1.0", "alpha": 0.4, "intercept": float(ridge.intercept_), "features": features,
           "target": {"name": "y", "baseline": baseline(data.target)},
           "metrics": {"train": {"rows": 442, "mse": 0.0, "rmse": 0.0}},
           "training": {"rows": 442, "rows_skipped": 0, "data_blake3": "0",
                        "split": {"method": "permutation", "fraction": 0.2, "seed": 0, "fit_on": "all"},
                        "diagnostics": {"solver": "scikit-learn", "rank": 10}}}, open("model.json", "w"))
rows = data.data.tolist() * 3
for count in (1, 1000):
    json.dump({"data": rows[:count]}, open(f"body-{count}.json", "w"))
    json.dump(ridge.predict(rows[:count]).tolist(), open(f"result-{count}.json", "w"))
"""

LUA = """
wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
local file = io.open("%s")
wrk.body = file:read("*a")
function done(summary, latency)
    local e = summary.errors
    io.write(string.format('{"requests":%%d,"micros":%%d,"p50":%%d,"p99":%%d,"bad":%%d}\\n', summary.requests, summary.duration,
        latency:percentile(50), latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
"""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server:
    """A process (with its children) that answers POST /score on a port."""

    def __init__(self, command, port, folder, log, env=None):
        self.port, self.log = port, open(log, "wb")
        begin = time.perf_counter()
        self.process = subprocess.Popen(command, cwd=folder, stdout=self.log, stderr=subprocess.STDOUT, start_new_session=True,
                                        env=os.environ | (env or {}))
        while True:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                connection.request("GET", "/")
                if connection.getresponse().status < 500:
                    break
            except OSError:
                if time.perf_counter() - begin > 60:
                    raise SystemExit(f"{command[0]} does not answer, see {log}")
                time.sleep(0.0005)
        self.ready = time.perf_counter() - begin

    def pids(self):
        """The process and its descendants."""
        parents = {}
        for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            parents.setdefault(int(fields[1]), []).append(int(stat.parent.name))
        found, queue = [], [self.process.pid]
        while queue:
            pid = queue.pop()
            found.append(pid)
            queue += parents.get(pid, [])
        return found

    def cpu(self):
        """CPU seconds used so far."""
        total = 0
        for pid in self.pids():
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
        return total / os.sysconf("SC_CLK_TCK")

    def resident(self):
        """Highest resident memory in MB, over the processes."""
        peak = 0
        for pid in self.pids():
            peak += int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1])
        return peak * 1024 / 1e6

    def stop(self):
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.log.close()


def ask(port, body):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", "/score", body, {"content-type": "application/json"})
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    return json.loads(answer.read())["result"]


def load(server, script, seconds):
    before = server.cpu()
    command = ["wrk", "-t1", "-c16", f"-d{seconds}s", "--timeout", "20s", "--latency", "-s", str(script), f"http://127.0.0.1:{server.port}/score"]
    result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])
    assert result["bad"] == 0, result
    rate = result["requests"] / (result["micros"] / 1e6)
    return {"rate": rate, "p50": result["p50"] / 1e3, "p99": result["p99"] / 1e3,
            "cpu": (server.cpu() - before) / result["requests"] * 1e6}


def build():
    env = os.environ | {"RUSTFLAGS": "-C target-feature=+crt-static", "CARGO_PROFILE_RELEASE_LTO": "fat", "CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "1"}
    host = re.search(r"host: (\S+)", subprocess.run(["rustc", "-vV"], check=True, capture_output=True, text=True).stdout)[1]
    command = ["cargo", "build", "--release", "-q", "-p", "model", "--bin", "score", "--example", "bare_server", "--target", host]
    subprocess.run(command, cwd=ROOT, check=True, env=env)
    metadata = subprocess.run(["cargo", "metadata", "--format-version", "1", "--no-deps"], cwd=ROOT, check=True, capture_output=True)
    release = pathlib.Path(json.loads(metadata.stdout)["target_directory"], host, "release")
    return release / "score", release / "examples/bare_server"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    score, bare = (os.environ["SCORE"], os.environ["BARE"]) if "SCORE" in os.environ else build()
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        peer = os.environ.get("PEER")
        if peer is None:
            peer = work / "peer"
            subprocess.run([sys.executable, "-m", "venv", peer], check=True)
            packages = ["azureml-inference-server-http==1.5.1", "scikit-learn"]
            subprocess.run([peer / "bin/pip", "install", "-q", *packages], check=True)
        return run(arguments, work, pathlib.Path(peer), score, bare)


def run(arguments, work, peer, score, bare):
    (work / "entry.py").write_text(ENTRY)
    subprocess.run([peer / "bin/python", "-c", PREPARE], cwd=work, check=True)
    scripts = {}
    for count in (1, 1000):
        scripts[count] = work / f"load-{count}.lua"
        scripts[count].write_text(LUA % (work / f"body-{count}.json"))

    def start(name):
        port = free_port()
        if name.startswith("score"):
            command = [score, "--model", work / "model.json", "--listen", f"127.0.0.1:{port}", "--workers", name[-1], "--drain", "0"]
            return Server(command, port, work, work / "score.log")
        if name.startswith("bare"):
            return Server([bare, f"127.0.0.1:{port}", name[-1]], port, work, work / "bare.log")
        command = [peer / "bin/azmlinfsrv", "--entry_script", "entry.py", "--port", str(port)]
        env = {"WORKER_COUNT": name[-1], "PATH": f"{peer}/bin:{os.environ['PATH']}", "AZUREML_LOG_LEVEL": "INFO"}
        return Server(command, port, work, work / "peer.log", env)

    names = ["score 1", "score 2", "bare 1", "bare 2", "peer 1", "peer 2"]
    results = {(name, count): [] for name in names for count in (1, 1000)}
    resident, ready = {}, {}
    for _ in range(arguments.rounds):
        for name in names:
            server = start(name)
            ready.setdefault(name, []).append(server.ready * 1e3)
            try:
                for count in (1, 1000):
                    body = (work / f"body-{count}.json").read_text()
                    if not name.startswith("bare"):
                        expected = json.loads((work / f"result-{count}.json").read_text())
                        found = ask(server.port, body)
                        assert len(found) == count and all(abs(a - b) < 1e-9 * abs(b) for a, b in zip(found, expected))
                    load(server, scripts[count], 1)
                    results[name, count].append(load(server, scripts[count], arguments.seconds))
                resident[name] = max(resident.get(name, 0), server.resident())
            finally:
                server.stop()
            if name.startswith("score"):
                logged = (work / "score.log").read_bytes().count(b'"path":"/score"')
                assert logged > 0, "request logging was off"
    median = {key: {field: statistics.median(one[field] for one in values) for field in values[0]} for key, values in results.items()}
    print(f"{'server':8} {'rows':>5} {'requests/s':>11} {'p50 ms':>8} {'p99 ms':>8} {'CPU us/request':>15} {'peak MB':>8} {'ready ms':>9}")
    for (name, count), row in median.items():
        print(f"{name:8} {count:5} {row['rate']:11.0f} {row['p50']:8.2f} {row['p99']:8.2f} {row['cpu']:15.1f} {resident[name]:8.1f} "
              f"{statistics.median(ready[name]):9.1f}")

    def best(kind, count, field="rate"):
        choose = max if field == "rate" else min
        return choose(median[name, count][field] for name in names if name.startswith(kind))

    figures = {
        "times the peer, 1 row": (best("score", 1) / best("peer", 1), ">=", 40),
        "times the peer, 1,000 rows": (best("score", 1000) / best("peer", 1000), ">=", 20),
        "times the bare server, 1 row": (best("score", 1) / best("bare", 1), ">=", 0.85),
        "p99 over the peer's, 1 row": (best("score", 1, "p99") / best("peer", 1, "p99"), "<=", 0.1),
        "p99 over the peer's, 1,000 rows": (best("score", 1000, "p99") / best("peer", 1000, "p99"), "<=", 0.1),
        "resident MB": (max(resident["score 1"], resident["score 2"]), "<=", 15),
        "ready ms": (statistics.median(ready["score 1"]), "<=", 25),
    }
    held = True
    for name, (value, sign, bar) in figures.items():
        good = value >= bar if sign == ">=" else value <= bar
        held &= good
        print(f"{'ok ' if good else 'BAR'} {name}: {value:.3f} (bar {sign} {bar})")
    for field, rows in (("cpu", 1), ("cpu", 1000)):
        print(f"    CPU per request, {rows} rows: peer / score {best('peer', rows, field) / best('score', rows, field):.1f}, "
              f"bare / score {best('bare', rows, field) / best('score', rows, field):.2f}")
    return 0 if held or not arguments.check else 1


if __name__ == "__main__":
    sys.exit(main())
