"""Checks the scoring server against things that were not made by us: official validators of its API descriptions, Azurite as its Blob
storage, wrk as its load. The shell scripts beside this file set up what each check needs.

    score-check.py openapi                        /openapi.json and /swagger.json against openapi-spec-validator
    score-check.py azurite --outage S             scoring log and collect against Azurite, which is down for S seconds meanwhile
    score-check.py soak --requests N --reloads N  requests at full load with reloads, then SIGTERM under load

SCORE and COLLECT name the binaries. Exit code 0: everything held; the last line of each check holds its figures.
"""

import argparse
import concurrent.futures
import contextlib
import hashlib
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

SCORE = os.environ.get("SCORE", "score")
COLLECT = os.environ.get("COLLECT", "collect")
NAMES = ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"]


def model(intercept):
    """A model of ten features whose prediction for a row of ones is intercept + 55."""
    baseline = {"count": 1, "mean": 0.5, "standard_deviation": 1.0, "min": -10.0, "max": 10.0,
                "histogram": {"log2_width": 0, "first": 0, "counts": [1]}}
    features = [{"name": name, "type": "number", "coefficient": float(at + 1), "baseline": baseline}
                for at, name in enumerate(NAMES)]
    return json.dumps({
        "schema_version": 1, "code_version": "0.1.0", "alpha": 0.4, "intercept": float(intercept),
        "features": features, "target": {"name": "y", "baseline": baseline},
        "metrics": {"train": {"rows": 1, "mse": 0.0, "rmse": 0.0}},
        "training": {"rows": 1, "rows_skipped": 0, "data_blake3": "0",
                     "split": {"method": "permutation", "fraction": 0.2, "seed": 0, "fit_on": "train"},
                     "diagnostics": {"solver": "gram", "rank": 10}}})


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server:
    """A running score binary; its log is kept in memory."""

    def __init__(self, folder, *flags, **environment):
        env = {name: value for name, value in os.environ.items() if not name.startswith(("SCORE_", "OTEL_", "AZURE_"))}
        env |= environment
        self.lines = []
        command = [SCORE, "--model", str(folder), "--listen", "127.0.0.1:0", *flags]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, env=env, text=True)
        first = json.loads(self.process.stdout.readline())
        assert first["message"] == "listening", first
        self.port = int(first["address"].rsplit(":", 1)[1])
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append(line)

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200, (path, answer.status, body)
        return body

    def metric(self, name):
        return float(re.search(rf"^{name} (\S+)$", self.get("/metrics").decode(), re.MULTILINE)[1])

    def resident(self):
        """Resident memory now, in MiB."""
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) / 1024

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(60) == 0
        self.reader.join(10)


def check_openapi(_):
    from openapi_spec_validator import OpenAPIV2SpecValidator, OpenAPIV31SpecValidator

    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "model.json").write_text(model(0))
        server = Server(folder, "--route", "/api/v1/predict")
        three, two = json.loads(server.get("/openapi.json")), json.loads(server.get("/swagger.json"))
        server.stop()
    assert three["openapi"].startswith("3.") and two["swagger"] == "2.0"
    OpenAPIV31SpecValidator(three).validate()
    OpenAPIV2SpecValidator(two).validate()
    for document in (three, two):
        assert {"/score", "/api/v1/predict", "/", "/livez", "/readyz", "/metrics"} <= set(document["paths"])
    # The validator must be able to say no.
    del three["info"]["title"]
    with contextlib.suppress(Exception):
        OpenAPIV31SpecValidator(three).validate()
        raise SystemExit("the validator accepts a document without a title")
    print("openapi: 3.1 and 2.0 documents valid")


class Azurite:
    """Azurite's Blob service on loopback, with its data in a folder so that it survives a restart."""

    ACCOUNT = "devstoreaccount1"

    def __init__(self, folder):
        self.folder, self.port, self.process = folder, free_port(), None
        # The account's key is ours for this run: Azurite takes accounts from its environment.
        self.key = __import__("base64").b64encode(hashlib.sha512(os.urandom(64)).digest()).decode()

    def start(self):
        command = [os.environ["AZURITE"], "--blobHost", "127.0.0.1", "--blobPort", str(self.port), "--location",
                   str(self.folder), "--silent", "--skipApiVersionCheck", "--disableTelemetry"]
        env = os.environ | {"AZURITE_ACCOUNTS": f"{self.ACCOUNT}:{self.key}"}
        self.process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(300):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.1)
        raise SystemExit("Azurite does not answer")

    def stop(self):
        self.process.terminate()
        self.process.wait(30)

    def container(self, name):
        from azure.storage.blob import BlobServiceClient

        account = f"http://127.0.0.1:{self.port}/{self.ACCOUNT}"
        return BlobServiceClient(account, credential=self.key).get_container_client(name)

    def sas(self, name):
        import datetime

        from azure.storage.blob import ContainerSasPermissions, generate_container_sas

        expiry = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=2)
        permission = ContainerSasPermissions(read=True, list=True, add=True, create=True, write=True)
        token = generate_container_sas(self.ACCOUNT, name, account_key=self.key, permission=permission, expiry=expiry)
        return f"http://127.0.0.1:{self.port}/{self.ACCOUNT}/{name}?{token}"


def check_azurite(arguments):
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        (work / "model").mkdir()
        (work / "model/model.json").write_text(model(0))
        azurite = Azurite(work / "azurite")
        azurite.start()
        try:
            azurite_run(arguments, work, azurite)
        finally:
            azurite.stop()


def azurite_run(arguments, work, azurite):
    container = azurite.container("logs")
    container.create_container()
    url = azurite.sas("logs")
    server = Server(work / "model", "--log-flush", "0.5", "--log-buffer", str(arguments.buffer), "--grace", "60",
                    SCORE_LOG_CONTAINER_URL=url)
    sent, failed, stop = [], [], threading.Event()

    def client(number):
        connection, count = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20), 0
        while not stop.is_set():
            request_id = f"c{number}-{count}"
            body = json.dumps({"data": [[float(count + row)] * 10 for row in range(2)]})
            connection.request("POST", "/score", body, {"content-type": "application/json", "x-request-id": request_id})
            answer = connection.getresponse()
            text = answer.read()
            if answer.status == 200 and json.loads(text)["result"] == [55.0 * count, 55.0 * (count + 1)]:
                sent.append(request_id)
            else:
                failed.append((request_id, answer.status, text))
            count += 1
            time.sleep(arguments.pause)

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        clients = [pool.submit(client, number) for number in range(4)]
        time.sleep(2)
        azurite.stop()
        print(f"azurite: down for {arguments.outage} s", flush=True)
        time.sleep(arguments.outage)
        azurite.start()
        time.sleep(2)
        stop.set()
        for done in clients:
            done.result()
    retries, dropped = server.metric("score_log_retries_total"), server.metric("score_log_records_dropped_total")
    server.stop()
    assert not failed, failed[:3]
    assert retries > 0, "the outage was not noticed"
    records = []
    for blob in container.list_blobs():
        assert blob.blob_type == "AppendBlob", blob.name
        records += [json.loads(line) for line in container.download_blob(blob.name).readall().splitlines()]
    ids = [record["request_id"] for record in records]
    assert len(ids) == len(set(ids)), "a record was stored twice"
    assert set(ids) <= set(sent)
    assert len(ids) + dropped == len(sent), (len(ids), dropped, len(sent))
    assert all(record["columns"] == NAMES and len(record["data"]) == 2 for record in records)
    if arguments.buffer >= 1 << 26:
        assert dropped == 0, dropped

    columns = [{"name": name, "type": "number"} for name in NAMES + ["y"]]
    contract = {"version": 1, "target": "y", "columns": columns, "holdout": {"fraction": 0.2, "seed": 0},
                "distribution": {}}
    (work / "contract.json").write_text(json.dumps(contract))
    known = sorted(ids)[: len(ids) // 2]
    (work / "outcomes.csv").write_text("request_id,row,y\n" + "".join(f"{id},1,{at}\n" for at, id in enumerate(known)))
    command = [COLLECT, "--source", url, "--outcomes", work / "outcomes.csv", "--contract", work / "contract.json",
               "--state", work / "state.jsonl", "--output", work / "table.csv"]
    first = collect(command)
    assert first["rows_read"] == 2 * len(ids) and first["rows_written"] == len(known), first
    table = (work / "table.csv").read_text()
    assert len(table.splitlines()) == len(known) + 1
    again = collect(command)
    assert again["logs_read"] == 0 and again["rows_written"] == len(known), again
    assert (work / "table.csv").read_text() == table
    assert "sig=" not in (work / "state.jsonl").read_text(), "the state shows the SAS"
    print(f"azurite: {len(sent)} requests answered, 0 failed, {len(ids)} records stored once, {dropped:.0f} dropped and "
          f"counted, {retries:.0f} retries; collect: {len(known)} rows joined")


def collect(command):
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


LUA = """
wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
wrk.body = '{"data":[[1,1,1,1,1,1,1,1,1,1]]}'
local threads = {}
function setup(thread) table.insert(threads, thread) end
function init() wrong = 0; refused = 0 end
function response(status, headers, body)
    if status ~= 200 then refused = refused + 1 end
    if body ~= '{"result":[55.0]}' and body ~= '{"result":[56.0]}' then wrong = wrong + 1 end
end
function done(summary, latency)
    local wrong, refused = 0, 0
    for _, thread in ipairs(threads) do
        wrong = wrong + thread:get("wrong")
        refused = refused + thread:get("refused")
    end
    local e = summary.errors
    io.write(string.format('{"requests":%d,"micros":%d,"wrong":%d,"refused":%d,"connect":%d,"read":%d,"write":%d,"timeout":%d,"p99":%d}\\n',
        summary.requests, summary.duration, wrong, refused, e.connect, e.read, e.write, e.timeout, latency:percentile(99)))
end
"""


def wrk(port, seconds, script):
    command = ["wrk", "-t1", "-c16", f"-d{seconds}s", "-s", str(script), f"http://127.0.0.1:{port}/score"]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(output.splitlines()[-1])


def check_soak(arguments):
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        script = work / "load.lua"
        script.write_text(LUA)
        (work / "model.json").write_text(model(0))
        server = Server(work, "--workers", "1", "--access-log", "off", "--reload-interval", "0.1")
        warm = wrk(server.port, 3, script)
        rate = warm["requests"] / (warm["micros"] / 1e6)
        seconds = max(5, int((arguments.requests - warm["requests"]) / rate * 1.02) + 1)
        before = server.resident()
        stop = threading.Event()

        def reload():
            for count in range(1, arguments.reloads + 1):
                (work / "next").write_text(model(count % 2))
                os.rename(work / "next", work / "model.json")
                if stop.wait(seconds / (arguments.reloads + 1)):
                    return

        thread = threading.Thread(target=reload)
        thread.start()
        total, peak = dict(warm), before
        while total["requests"] < arguments.requests:
            result = wrk(server.port, min(seconds, 60), script)
            for name in result:
                total[name] += result[name]
            peak = max(peak, server.resident())
        thread.join()
        after = server.resident()
        reloads, panics = server.metric("score_model_reloads_total"), server.metric("score_panics_total")
        bad = {name: total[name] for name in ("wrong", "refused", "connect", "read", "write", "timeout")}
        assert not any(bad.values()), bad
        assert reloads == arguments.reloads, reloads
        assert panics == 0
        assert after < before + 2, f"memory grew from {before:.1f} to {after:.1f} MiB"
        print(f"soak: {total['requests']} requests, {reloads:.0f} reloads, 0 failed, 0 wrong; resident {before:.1f} MiB "
              f"before, {after:.1f} after, {peak:.1f} highest; {rate:.0f} requests/s at the start", flush=True)
        server.stop()
        terminate_under_load(work)


def terminate_under_load(work):
    """SIGTERM while 16 connections are busy: whoever was connected is answered."""
    server = Server(work, "--workers", "1", "--drain", "1")
    answered, lost = [0] * 16, []

    def client(number):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        while True:
            try:
                connection.connect()
            except ConnectionRefusedError:
                return
            while True:
                try:
                    connection.request("POST", "/score", '{"data":[[1,1,1,1,1,1,1,1,1,1]]}')
                    answer = connection.getresponse()
                    assert answer.status == 200 and b"result" in answer.read()
                    answered[number] += 1
                except (OSError, http.client.HTTPException) as error:
                    lost.append(repr(error))
                    return
                if answer.getheader("connection") == "close":
                    connection.close()
                    break

    threads = [threading.Thread(target=client, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    time.sleep(2)
    server.stop()
    for thread in threads:
        thread.join()
    assert not lost, lost
    print(f"sigterm: {sum(answered)} requests answered, 0 lost")


def main():
    parser = argparse.ArgumentParser()
    checks = parser.add_subparsers(required=True)
    checks.add_parser("openapi").set_defaults(check=check_openapi)
    azurite = checks.add_parser("azurite")
    azurite.add_argument("--outage", type=float, default=10)
    azurite.add_argument("--buffer", type=int, default=1 << 26)
    azurite.add_argument("--pause", type=float, default=0.005)
    azurite.set_defaults(check=check_azurite)
    soak = checks.add_parser("soak")
    soak.add_argument("--requests", type=int, default=500_000)
    soak.add_argument("--reloads", type=int, default=20)
    soak.set_defaults(check=check_soak)
    arguments = parser.parse_args()
    arguments.check(arguments)


if __name__ == "__main__":
    sys.exit(main())
