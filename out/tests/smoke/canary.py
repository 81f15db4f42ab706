"""Holds a canary against the version beside it: errors and latency, of requests of its own and of all that both served.

    canary.py watch --canary URL [--baseline URL] --contract FILE --minutes 10 --output FILE
    canary.py judge --observed FILE --contract FILE [--counters DIR] [--junit FILE]

`watch` asks both in turn, with smoke.py's connection, and notes how each answered. `judge` compares; DIR holds what
/metrics of the pods said before and after, as canary-before.txt, canary-after.txt, baseline-before.txt and
baseline-after.txt, each pod below a line `# pod NAME`. A key or token comes from SCORING_KEY.

Exit code: 0 the canary is as good as what serves, 1 it is worse, 2 it could not be found out.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
from pathlib import Path

from smoke import Refused, Service, compare, header, percentile, trust, write_junit

# A canary is worse when two answers or more are errors, more than this share, and so many times the baseline's share.
ERROR_SHARE, ERROR_FACTOR = 0.01, 2.0
# Or when its 95th percentile is so many times the baseline's and so many milliseconds above it: noise is neither.
LATENCY_FACTOR, LATENCY_MARGIN_MS = 1.5, 5.0
# Fewer requests than this say nothing about a percentile, nor about giving up early: so many are made in any case.
ENOUGH = 30
# Seconds between requests that are still missing when the time is over: they are counted, not waited for.
HURRY = 0.2
SAMPLE = re.compile(r"(?P<name>score_\w+?)(?:\{(?P<labels>[^}]*)\})? (?P<value>\S+)")


def main() -> int:
    """Reads the command line and does one of the two."""
    options = arguments()
    try:
        contract = json.loads(Path(options.contract).read_text(encoding="utf-8"))
        return watch(options, contract) if options.command == "watch" else judge(options, contract)
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    asks = commands.add_parser("watch", help="ask canary and baseline in turn")
    asks.add_argument("--canary", required=True, help="complete address of the canary's scoring route")
    asks.add_argument("--canary-header", type=header, action="append", default=[], help="'name: value'")
    asks.add_argument("--baseline", help="the same of the version that serves; left out: there is none")
    asks.add_argument("--baseline-header", type=header, action="append", default=[], help="'name: value'")
    trust(asks)
    asks.add_argument("--minutes", type=float, required=True, help="how long")
    asks.add_argument("--every", type=float, default=1, help="seconds from one pair of requests to the next")
    asks.add_argument("--output", required=True, help="where to note the answers")
    says = commands.add_parser("judge", help="compare what was seen")
    says.add_argument("--observed", required=True, help="the file that watch wrote")
    says.add_argument("--counters", help="folder with what /metrics said before and after")
    says.add_argument("--junit", help="where to write the results for Azure Pipelines")
    for command in (asks, says):
        command.add_argument("--contract", required=True, help="tests/smoke/contract.json")
    return parser.parse_args()


def watch(options: argparse.Namespace, contract: dict) -> int:
    """Asks until the time is over, or until the canary has failed beyond doubt."""
    body = json.dumps({"data": contract["request"]}).encode()
    headers = {"content-type": "application/json"}
    key = os.environ.get("SCORING_KEY")
    if key:
        headers["authorization"] = f"Bearer {key}"
    trusted = (options.certificate, options.host_name)
    sides = {"canary": Service(options.canary, {**headers, **dict(options.canary_header)}, *trusted)}
    if options.baseline:
        sides["baseline"] = Service(options.baseline, {**headers, **dict(options.baseline_header)}, *trusted)
    for service in sides.values():
        service.classifies = contract.get("task") == "classification"
    seen = {side: {"errors": [], "milliseconds": []} for side in sides}
    end = time.monotonic() + options.minutes * 60
    rounds = 0
    while True:
        started = time.monotonic()
        rounds += 1
        for side, service in sides.items():
            ask(service, body, contract, seen[side])
        given_up = len(seen["canary"]["errors"]) >= ENOUGH and errors_of(totals(seen))
        left = end - time.monotonic()
        if (left <= 0 and rounds >= ENOUGH) or given_up:
            break
        pause = options.every if left > 0 else min(options.every, HURRY)
        time.sleep(max(0.0, pause - (time.monotonic() - started)))
    Path(options.output).write_text(json.dumps(seen), encoding="utf-8")
    print(", ".join(f"{side}: {count(seen[side])} requests, {len(seen[side]['errors'])} errors" for side in sides))
    return 0


def ask(service: Service, body: bytes, contract: dict, noted: dict) -> None:
    """One request: a wrong answer is an error like none at all."""
    try:
        predictions, milliseconds = service.ask(body)
    except (Refused, OSError, ValueError, KeyError, TypeError) as error:
        noted["errors"].append(str(error)[:200])
        return
    expected = contract.get("response")
    if len(predictions) != len(contract["request"]) or (expected and compare(expected, [predictions])):
        noted["errors"].append("the answer is not the one that the contract promises")
    noted["milliseconds"].append(milliseconds)


def judge(options: argparse.Namespace, contract: dict) -> int:
    """Compares, prints, and writes the report."""
    seen = json.loads(Path(options.observed).read_text(encoding="utf-8"))
    results = [
        ("errors of requests of its own", errors_of(totals(seen))),
        ("latency of requests of its own", latency_of(seen, contract["latency_ms"])),
    ]
    if options.counters:
        results.append(("errors of all that it served", errors_of(served(Path(options.counters)))))
    write_junit(options.junit, results)
    for name, problem in results:
        print(f"{'FAILED' if problem else 'ok'} {name}{': ' + problem if problem else ''}")
    for error in seen["canary"]["errors"][:3]:
        print(f"an error of the canary: {error}")
    return 1 if any(problem for _, problem in results) else 0


def count(noted: dict) -> int:
    """Requests of one side: an answer that is wrong has a time too, and counts once."""
    wrong = sum(error.startswith("the answer is not") for error in noted["errors"])
    return len(noted["errors"]) + len(noted["milliseconds"]) - wrong


def totals(seen: dict) -> dict[str, tuple[int, int]]:
    """Errors and requests of each side."""
    return {side: (len(noted["errors"]), count(noted)) for side, noted in seen.items()}


def errors_of(totals: dict[str, tuple[int, int]]) -> str:
    """What is wrong with the canary's share of errors, or nothing."""
    errors, requests = totals["canary"]
    if not requests:
        return "the canary answered nothing that could be counted"
    share = errors / requests
    beside = [wrong / all_of_it for wrong, all_of_it in [totals.get("baseline", (0, 0))] if all_of_it]
    if errors < 2 or share <= ERROR_SHARE or any(share <= ERROR_FACTOR * other for other in beside):
        return ""
    baseline = f"{beside[0]:.1%} of the baseline's" if beside else "there is no baseline"
    return f"{errors} of {requests} answers ({share:.1%}) are errors, {baseline}"


def latency_of(seen: dict, allowed: float) -> str:
    """What is wrong with the canary's latency, or nothing."""
    own = seen["canary"]["milliseconds"]
    if not own:
        return "no request was answered"
    canary = percentile(own, 95)
    if canary > allowed:
        return f"95th percentile {canary:.1f} ms, {allowed} ms are allowed"
    beside = seen.get("baseline", {}).get("milliseconds", [])
    if min(len(own), len(beside)) < ENOUGH:
        return ""
    baseline = percentile(beside, 95)
    if canary > baseline * LATENCY_FACTOR and canary > baseline + LATENCY_MARGIN_MS:
        return f"95th percentile {canary:.1f} ms, {baseline:.1f} ms of the baseline"
    return ""


def served(folder: Path) -> dict[str, tuple[int, int]]:
    """Errors (5xx) and requests that each side served between its two files."""
    found = {}
    for side in ("canary", "baseline"):
        before, after = (pods(folder / f"{side}-{moment}.txt") for moment in ("before", "after"))
        errors = requests = 0
        for pod, now in after.items():
            earlier = before.get(pod, {})
            for status, value in now.items():
                # A pod that was started again counts from nothing.
                grown = value - earlier.get(status, 0) if value >= earlier.get(status, 0) else value
                requests += grown
                errors += grown if status.startswith("5") else 0
        if after:
            found[side] = (errors, requests)
    return found


def pods(path: Path) -> dict[str, dict[str, int]]:
    """Scoring requests by status of each pod in a file; nothing where there is no file."""
    found: dict[str, dict[str, int]] = {}
    current: dict[str, int] = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        if line.startswith("# pod "):
            current = found.setdefault(line[len("# pod ") :], {})
        sample = SAMPLE.fullmatch(line)
        if not sample or sample["name"] != "score_requests_total":
            continue
        labels = dict(re.findall(r'(\w+)="([^"]*)"', sample["labels"] or ""))
        if labels.get("route", "score") == "score":
            status = labels.get("status", "")
            current[status] = current.get(status, 0) + int(float(sample["value"]))
    return found


if __name__ == "__main__":
    sys.exit(main())
