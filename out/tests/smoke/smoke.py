"""Holds a scoring service against its contract: answers, number and values of predictions, latency.

Needs nothing but Python's standard library, so it runs on any agent. The service is either a base address, whose
route the contract names (--url), or a complete scoring address (--scoring-url). A key or token, if the service wants
one, comes from the environment variable SCORING_KEY.

Exit code: 0 the contract is kept, 1 it is broken, 2 the service could not be asked.
"""

from __future__ import annotations

import argparse
import http.client
import json
import math
import os
import ssl
import sys
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

# Two runs of one model agree to the last bits; other hardware may differ there, and nowhere else.
RELATIVE_TOLERANCE = 1e-6


def main() -> int:
    """Reads the command line, asks the service, reports."""
    options = arguments()
    contract = json.loads(Path(options.contract).read_text(encoding="utf-8"))
    url = options.scoring_url or options.url.rstrip("/") + contract["route"]
    headers = {"content-type": "application/json", **dict(options.header)}
    key = os.environ.get("SCORING_KEY")
    if key:
        headers["authorization"] = f"Bearer {key}"
    body = json.dumps({"data": contract["request"]}).encode()

    try:
        service = Service(url, headers, options.certificate, options.host_name)
        service.classifies = contract.get("task") == "classification"
        await_answer(service, body, options.wait)
        answers = [service.ask(body) for _ in range(contract["requests"])]
    except (OSError, ValueError, KeyError, TypeError) as error:
        results = [("answers", f"{url}: {error}")]
        write_junit(options.junit, results)
        print(f"error: {url}: {error}", file=sys.stderr)
        return 2

    results = check(contract, answers)
    write_junit(options.junit, results)
    for name, problem in results:
        print(f"{'FAILED' if problem else 'ok'} {name}{': ' + problem if problem else ''}")
    return 1 if any(problem for _, problem in results) else 0


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--url", help="base address of the service; the contract's route is added")
    where.add_argument("--scoring-url", help="complete address of the scoring route")
    parser.add_argument("--contract", required=True, help="tests/smoke/contract.json")
    parser.add_argument("--wait", type=float, default=60, help="seconds until the first answer must be there")
    parser.add_argument("--header", type=header, action="append", default=[], help="further header, 'name: value'")
    trust(parser)
    parser.add_argument("--junit", help="where to write the results for Azure Pipelines")
    return parser.parse_args()


def trust(parser: argparse.ArgumentParser) -> None:
    """Arguments that say which server is the right one."""
    parser.add_argument("--certificate", help="the one certificate (PEM) that the server must show")
    parser.add_argument("--host-name", help="name in the certificate, where the address has another")


def header(text: str) -> tuple[str, str]:
    """One header of the command line."""
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise argparse.ArgumentTypeError("a header has the form 'name: value'")
    return name.strip(), value.strip()


class Refused(ValueError):
    """An answer that is no answer: the service says no."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"HTTP {status} {reason}")
        self.status = status


class Service:
    """One connection to a service, kept open, so that what a request takes is the service's time and no handshake's."""

    def __init__(
        self, url: str, headers: dict[str, str], certificate: str | None = None, host_name: str | None = None
    ) -> None:
        self.address = urlsplit(url)
        self.host_name = host_name
        self.context = context(certificate) if self.address.scheme == "https" else None
        # Who is asked for by another address is still asked for by name.
        self.headers = {**headers, "host": host_name} if host_name else headers
        self.connection: http.client.HTTPConnection | None = None
        # Whether classes are predicted, which may be texts.
        self.classifies = False

    def is_prediction(self, value: object) -> bool:
        """Whether a JSON value is what the service may predict."""
        return is_number(value) or (self.classifies and isinstance(value, str))

    def ask(self, body: bytes) -> tuple[list[float | str], float]:
        """One request: the predictions, and the milliseconds that they took: the service's own, where it says them."""
        target = self.address.path + (f"?{self.address.query}" if self.address.query else "")
        while True:
            reused = self.connection is not None
            try:
                connection = self.open()
                start = time.perf_counter()
                connection.request("POST", target, body=body, headers=self.headers)
                response = connection.getresponse()
                answer = response.read()
                milliseconds = (time.perf_counter() - start) * 1000
                break
            except (OSError, http.client.HTTPException) as error:
                self.close()
                # A service may end a connection that it has answered on; scoring twice does no harm.
                if not (reused and isinstance(error, ConnectionError)):
                    raise OSError(str(error) or type(error).__name__) from error
        if response.will_close:
            self.close()
        if response.status >= 300:
            raise Refused(response.status, response.reason)
        own = own_time(response.getheader("server-timing", ""))
        predictions = json.loads(answer)["result"] if answer else None
        if not isinstance(predictions, list) or not all(map(self.is_prediction, predictions)):
            kind = "numbers or classes" if self.classifies else "numbers"
            raise ValueError(f'the answer has no list of {kind} under "result"')
        return predictions, milliseconds if own is None else own

    def open(self) -> http.client.HTTPConnection:
        """The connection, through the agent's proxy if it has one."""
        if self.connection is None:
            host = self.address.netloc
            proxy = urllib.request.getproxies().get(self.address.scheme)
            tunnel = bool(proxy) and not urllib.request.proxy_bypass(self.address.hostname or "")
            first = urlsplit(proxy).netloc if proxy and tunnel else host
            if self.context:
                self.connection = Encrypted(first, self.context, self.host_name)
            else:
                self.connection = http.client.HTTPConnection(first, timeout=30)
            if tunnel:
                self.connection.set_tunnel(host)
            self.connection.connect()
        return self.connection

    def close(self) -> None:
        """Ends the connection; the next request opens another."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None


class Encrypted(http.client.HTTPConnection):
    """A connection over TLS whose server must prove a name, which need not be that of the address."""

    default_port = 443

    def __init__(self, host: str, context: ssl.SSLContext, name: str | None) -> None:
        super().__init__(host, timeout=30)
        self.context = context
        self.name = name

    def connect(self) -> None:
        """Connects, through the tunnel if there is one, and shakes hands."""
        super().connect()
        name = self.name or getattr(self, "_tunnel_host", None) or self.host
        self.sock = self.context.wrap_socket(self.sock, server_hostname=name)


def context(certificate: str | None) -> ssl.SSLContext:
    """Whom to trust: the authorities of the machine, or one certificate and nobody else, whoever has signed it."""
    made = ssl.create_default_context(cafile=certificate)
    if certificate:
        made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        made.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return made


def await_answer(service: Service, body: bytes, wait: float) -> None:
    """Asks until the service answers at all; a refusal (4xx) is an answer and is raised at once."""
    deadline = time.monotonic() + wait
    while True:
        try:
            service.ask(body)
            return
        except Refused as error:
            if error.status < 500 and error.status not in (404, 408, 425, 429):
                raise
            problem: Exception = error
        except (OSError, ValueError) as error:
            problem = error
        if time.monotonic() >= deadline:
            raise ValueError(f"no good answer within {wait:g} s: {problem}")
        time.sleep(min(0.5, max(0.1, deadline - time.monotonic())))


def own_time(timing: str) -> float | None:
    """The milliseconds of the metric `score` in a Server-Timing header, so that no network counts; None without one."""
    for metric in timing.split(","):
        name, *parameters = (part.strip() for part in metric.split(";"))
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if name == "score" and key == "dur":
                try:
                    return float(value.strip('"'))
                except ValueError:
                    return None
    return None


def is_number(value: object) -> bool:
    """Whether a JSON value is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def check(contract: dict, answers: list[tuple[list[float | str], float]]) -> list[tuple[str, str]]:
    """(name, problem) of every promise of the contract; the problem is empty where it is kept."""
    rows = len(contract["request"])
    counts = sorted({len(predictions) for predictions, _ in answers})
    wrong_count = "" if counts == [rows] else f"{rows} rows were sent, {counts} predictions came back"
    results = [("number of predictions", wrong_count)]
    expected = contract.get("response")
    if expected is not None and not wrong_count:
        results.append(("values of predictions", compare(expected, [p for p, _ in answers])))
    latency = percentile([milliseconds for _, milliseconds in answers], 95)
    allowed = contract["latency_ms"]
    slow = "" if latency <= allowed else f"95th percentile {latency:.1f} ms, {allowed} ms are allowed"
    results.append(("latency", slow))
    return results


def compare(expected: list[float | str], answers: list[list[float | str]]) -> str:
    """Where the first wrong prediction is, or nothing; classes are the same text or another class."""
    for predictions in answers:
        for row, (want, got) in enumerate(zip(expected, predictions, strict=True)):
            numbers = is_number(want) and is_number(got)
            if not (math.isclose(want, got, rel_tol=RELATIVE_TOLERANCE, abs_tol=1e-9) if numbers else want == got):
                return f"row {row}: {want!r} is promised, {got!r} came back"
    return ""


def percentile(values: list[float], percent: int) -> float:
    """The smallest value that so many percent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def write_junit(path: str | None, results: list[tuple[str, str]]) -> None:
    """The results in the format that PublishTestResults reads."""
    if not path:
        return
    suite = ElementTree.Element(
        "testsuite",
        name="smoke",
        tests=str(len(results)),
        failures=str(sum(bool(problem) for _, problem in results)),
    )
    for name, problem in results:
        case = ElementTree.SubElement(suite, "testcase", classname="smoke", name=name)
        if problem:
            ElementTree.SubElement(case, "failure", message=problem).text = problem
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    ElementTree.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)


if __name__ == "__main__":
    sys.exit(main())
