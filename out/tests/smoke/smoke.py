"""Holds a scoring service against its contract: answers, number and values of predictions, latency.

Needs nothing but Python's standard library, so it runs on any agent. The service is either a base address, whose
route the contract names (--url), or a complete scoring address (--scoring-url). A key or token, if the service wants
one, comes from the environment variable SCORING_KEY.

Exit code: 0 the contract is kept, 1 it is broken, 2 the service could not be asked.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
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
        await_answer(url, body, headers, options.wait)
        answers = [ask(url, body, headers) for _ in range(contract["requests"])]
    except (OSError, ValueError) as error:
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
    parser.add_argument("--junit", help="where to write the results for Azure Pipelines")
    return parser.parse_args()


def header(text: str) -> tuple[str, str]:
    """One header of the command line."""
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise argparse.ArgumentTypeError("a header has the form 'name: value'")
    return name.strip(), value.strip()


def await_answer(url: str, body: bytes, headers: dict[str, str], wait: float) -> None:
    """Asks until the service answers at all; a refusal (4xx) is an answer and is raised at once."""
    deadline = time.monotonic() + wait
    while True:
        try:
            ask(url, body, headers)
            return
        except urllib.error.HTTPError as error:
            if error.code < 500 and error.code not in (404, 408, 425, 429):
                raise
            problem: Exception = error
        except (OSError, ValueError) as error:
            problem = error
        if time.monotonic() >= deadline:
            raise ValueError(f"no good answer within {wait:g} s: {problem}")
        time.sleep(min(0.5, max(0.1, deadline - time.monotonic())))


def ask(url: str, body: bytes, headers: dict[str, str]) -> tuple[list[float], float]:
    """One request: the predictions, and the milliseconds until they were here."""
    request = urllib.request.Request(url, data=body, headers=headers, method="POST")
    start = time.perf_counter()
    with urllib.request.urlopen(request, timeout=30) as response:
        answer = response.read()
    milliseconds = (time.perf_counter() - start) * 1000
    predictions = json.loads(answer)["result"] if answer else None
    if not isinstance(predictions, list) or not all(is_number(p) for p in predictions):
        raise ValueError('the answer has no list of numbers under "result"')
    return predictions, milliseconds


def is_number(value: object) -> bool:
    """Whether a JSON value is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def check(contract: dict, answers: list[tuple[list[float], float]]) -> list[tuple[str, str]]:
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


def compare(expected: list[float], answers: list[list[float]]) -> str:
    """Where the first wrong prediction is, or nothing."""
    for predictions in answers:
        for row, (want, got) in enumerate(zip(expected, predictions, strict=True)):
            if not math.isclose(want, got, rel_tol=RELATIVE_TOLERANCE, abs_tol=1e-9):
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
