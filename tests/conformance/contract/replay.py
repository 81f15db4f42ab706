"""Plays recorded calls through Prism, and collects what it finds wrong.

usage: replay.py DOCUMENTS RECORD KNOWN PRISM NAME...

For each document NAME, Prism runs as a proxy in front of a server that gives the recorded answers; each recorded call
of that document goes through it. What Prism reports is compared with the patterns of KNOWN. Exits 1 when something is
not known.
"""

import fnmatch
import http.client
import json
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import check


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Recorded(BaseHTTPRequestHandler):
    """Gives the answer that was recorded for the call whose number is in a header."""

    protocol_version = "HTTP/1.1"
    calls = []

    def answer(self):
        self.rfile.read(int(self.headers.get("content-length") or 0))
        call = self.calls[int(self.headers["x-call"])]
        text = call["response"]
        body = b"" if text is None and call["status"] == 204 else (
            text.encode() if isinstance(text, str) else json.dumps(text).encode()
        )
        self.send_response(call["status"])
        if call["contentType"]:
            self.send_header("content-type", call["contentType"].split(";")[0])
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def log_message(self, *_):
        pass


def prepared(document, folder):
    """The document without byte order mark and examples, and with the paths that differ by query only left out."""
    thing = json.loads(json.dumps(document.json))
    thing.pop("x-ms-paths", None)
    thing["securityDefinitions"] = {}
    for methods in thing["paths"].values():
        for name, operation in methods.items():
            if name != "parameters":
                operation.pop("security", None)
                operation.pop("x-ms-examples", None)
    path = pathlib.Path(folder) / f"{document.name}.json"
    path.write_text(json.dumps(thing))
    return path


def send(port, number, call):
    url = urlsplit(call["url"])
    body = None if call["request"] is None else json.dumps(call["request"])
    headers = {"x-call": str(number), "accept": "application/json"}
    if body is not None:
        headers["content-type"] = "application/json"
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(call["method"], f"{url.path}?{url.query}", body, headers)
    response = connection.getresponse()
    response.read()
    found = response.getheader("sl-violations")
    connection.close()
    return json.loads(found) if found else []


def main(folder, record, known_file, prism, *names):
    known = json.loads(pathlib.Path(known_file).read_text())
    calls = [json.loads(line) for line in pathlib.Path(record).read_text().splitlines()]
    documents = [check.Document(path) for path in sorted(pathlib.Path(folder).glob("*.json"))]
    operations = [operation for document in documents for operation in document.operations]
    Recorded.calls = calls
    upstream = ThreadingHTTPServer(("127.0.0.1", 0), Recorded)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    played, explained, unexplained = 0, 0, {}
    used = [0] * len(known)
    with tempfile.TemporaryDirectory() as work:
        for document in documents:
            if document.name not in names:
                continue
            plain = {path.rstrip("/") for path in document.json["paths"]}
            port = free_port()
            command = [prism, "proxy", str(prepared(document, work)), f"http://127.0.0.1:{upstream.server_port}"]
            log = open(pathlib.Path(work) / "log", "w")
            server = subprocess.Popen([*command, "-p", str(port), "-v", "error"], stdout=log, stderr=log)
            try:
                for _ in range(600):
                    with socket.socket() as probe:
                        if probe.connect_ex(("127.0.0.1", port)) == 0:
                            break
                    time.sleep(0.2)
                else:
                    raise SystemExit(f"prism does not start: {pathlib.Path(log.name).read_text()[-2000:]}")
                for number, call in enumerate(calls):
                    parts = urlsplit(call["url"]).path.strip("/").split("/")
                    fits = [o for o in operations if o.method == call["method"] and o.path_values(parts) is not None]
                    operation = max(fits, key=check.Operation.literals, default=None)
                    # Prism knows no paths that differ by their query only.
                    if call["status"] >= 300 or operation is None or operation.document is not document:
                        continue
                    if operation.template not in plain:
                        continue
                    played += 1
                    for violation in send(port, number, call):
                        place = ".".join(re.sub(r"^\d+$", "N", str(part)) for part in violation["location"])
                        key = f"{operation.id}:{place}:{violation['message']}"
                        for index, entry in enumerate(known):
                            if fnmatch.fnmatchcase(key, entry["violation"]):
                                used[index] += 1
                                explained += 1
                                break
                        else:
                            unexplained.setdefault(key, f"{call['method']} {call['url']}")
            finally:
                server.terminate()
                server.wait()
    stale = [entry["violation"] for entry, count in zip(known, used) if not count]
    for key, example in sorted(unexplained.items()):
        print(f"violation: {key}\n    {example}")
    for key in stale:
        print(f"known error that was never met: {key}")
    print(f"prism: {played} calls over {len(names)} documents, {len(unexplained)} unexplained, {explained} explained")
    return 1 if unexplained or stale or not played else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
