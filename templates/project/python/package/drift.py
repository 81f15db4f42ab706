"""Holds what was scored against what the model was trained on: `python -m {= package =}.drift --help` says how.

Exit code 0 no drift, or too few rows to judge, 1 drift, 2 error. Under Azure Pipelines the output variable `drift` is
set.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from . import baseline, collect, console, contract, drift_report, metrics, model_folder, outcomes
from .model_folder import Model, Task
from .outcomes import OutcomeFinding

# What stands for the predictions among the columns.
PREDICTION = "(prediction)"
SCHEMA = 1
TEXTS = ("category", "text")
MOMENT = "%Y-%m-%dT%H:%M:%SZ"
# The hour in a log's name: servers name logs by the hour in which they are written.
HOUR = re.compile(r"(?:^|/)(\d{4})/(\d\d)/(\d\d)/(\d\d)/[^/]*$")


@dataclass(frozen=True)
class Limits:
    """Above these there is drift; `rows` is the least number of rows that anything is said of."""

    psi: float = 0.2
    missing: float = 0.05
    unseen: float = 0.01
    rows: int = 200


@dataclass(frozen=True)
class ColumnReference:
    """A column in the training rows; `shape` is what `baseline.of` found, or None where that cannot be compared."""

    name: str
    type: str
    levels: frozenset[str]
    count: int
    missing: int
    shape: dict | None


@dataclass(frozen=True)
class Reference:
    """What logs are held against; `models` are the names of the model in its servers' logs, none for every model."""

    models: tuple[str, ...]
    task: Task
    columns: tuple[ColumnReference, ...]
    predictions: dict | None


@dataclass
class Cells:
    """What was scored of one column: pairs of counts in training and now, and what has no value or a strange one."""

    rows: int = 0
    missing: int = 0
    unseen: int = 0
    pairs: np.ndarray | None = None


@dataclass
class Tally:
    """What the lines so far come to."""

    reference: Reference
    rows: int = 0
    malformed_lines: int = 0
    other_models: int = 0
    columns: dict[str, Cells] = field(default_factory=dict)
    predictions: np.ndarray | None = None


@dataclass(frozen=True)
class Measured:
    """One column: stability index, and shares of missing cells and unknown levels beside those in training.

    `failures` names what is beyond its limit: `psi`, `missing`, `unseen`.
    """

    column: str
    psi: float | None
    missing: float
    missing_before: float
    unseen: float
    failures: tuple[str, ...]


@dataclass(frozen=True)
class Finding:
    """All that is found; `judged` says whether there are rows enough, `outcomes` what predictions were worth."""

    rows: int
    malformed_lines: int
    other_models: int
    judged: bool
    drift: bool
    columns: tuple[Measured, ...]
    not_logged: tuple[str, ...]
    outcomes: OutcomeFinding | None = None


def main(arguments: list[str] | None = None) -> int:
    """Judge the logged rows, write the report, and say whether there is drift."""
    parser = _parser()
    args = parser.parse_args(arguments)
    if args.outcomes and not (args.contract and args.metric):
        parser.error("--outcomes needs --contract and --metric")
    model = model_folder.load(args.model)
    limits = Limits(args.psi, args.missing, args.unseen, args.rows)
    since = args.since or (None if args.days is None else (datetime.now(UTC) - timedelta(args.days)).strftime(MOMENT))
    beside = _beside(args, model, since) if args.outcomes else None
    tally = read(collect.log_files(args.source, args.prefix), reference_of(model, Path(args.model)), since, beside)
    finding, told = judge(tally, limits), None
    if beside:
        told = outcomes.OutcomeLimits(args.metric, args.minimum, args.maximum, args.worse, args.outcome_rows)
        before = model.card["metrics"].get("holdout", {}).get(args.metric)
        finding = with_outcomes(finding, outcomes.judge(beside, told, before))
    for line in drift_report.lines(finding, limits, told):
        print(line)
    _write(Path(args.output), json.dumps(asdict(finding), indent=2) + "\n")
    if args.report:
        _write(Path(args.report), drift_report.html(finding, limits, told))
    console.set_output("drift", str(finding.drift).lower())
    return 1 if finding.drift else 0


def _beside(args: argparse.Namespace, model: Model, since: str | None) -> outcomes.Comparison:
    rules = contract.load(args.contract)
    outcomes.fits(rules, model.card, model.task)
    if args.outcome_days is not None:
        since = (datetime.now(UTC) - timedelta(args.outcome_days)).strftime(MOMENT)
    known = outcomes.read(Path(args.outcomes), rules, tuple(args.key), model.task)
    return outcomes.Comparison(known, model.task, since)


def reference_of(model: Model, folder: Path) -> Reference:
    """What the model knows of its training rows, and what servers call it in their logs."""
    known = {feature["name"]: feature["baseline"] for feature in model.card["features"]}
    columns = []
    for feature in model.features:
        column, before = feature.column, known[feature.column.name]
        shape = before if before["count"] and column.type != "text" else None
        levels = frozenset(feature.levels)
        columns.append(ColumnReference(column.name, column.type, levels, before["count"], before["missing"], shape))
    names = [str(model.card.get("training", {}).get("data_sha256", ""))[:12]]
    native = folder / "native-model.json"
    if native.is_file():
        names.append(hashlib.sha256(native.read_bytes()).hexdigest()[:16])
    return Reference(tuple(names), model.task, tuple(columns), model.explanation.get("predictions"))


def read(
    files: Iterable[tuple[str, str]],
    reference: Reference,
    since: str | None = None,
    beside: outcomes.Comparison | None = None,
) -> Tally:
    """Counts of all lines from `since` on, a moment as the log writes it, and `beside` what turned out, from its own.

    What follows the last line feed of a log is still being written, and is left out.
    """
    tally = Tally(reference, columns={column.name: Cells() for column in reference.columns})
    earliest = _earliest(since, beside)
    for name, text in files:
        hour = HOUR.search(name)
        if earliest and hour and "{}-{}-{}T{}".format(*hour.groups()) < earliest[:13]:
            continue
        # Other characters that end a line to Python may stand in a text.
        add(tally, (line for line in text[: text.rfind("\n") + 1].split("\n") if line), since, beside)
    return tally


def add(
    tally: Tally,
    lines: Iterable[str],
    since: str | None = None,
    beside: outcomes.Comparison | None = None,
) -> None:
    """Count the rows of lines, or why they are left out."""
    found: dict[str, list] = {}
    predictions: list[Any] = []
    earliest = _earliest(since, beside)
    for line in lines:
        try:
            record = json.loads(line, parse_constant=_refuse)
            rows = _checked(record, tally.reference)
        except (ValueError, KeyError, TypeError):
            tally.malformed_lines += 1
            continue
        if _before(record, earliest):
            continue
        if tally.reference.models and record["model"] not in tally.reference.models:
            tally.other_models += 1
            continue
        try:
            answers = _fitting(record, tally.reference)
        except (ValueError, KeyError, TypeError, OverflowError):
            tally.malformed_lines += 1
            continue
        if beside and not _before(record, beside.since):
            outcomes.compare(beside, record)
        if _before(record, since):
            continue
        tally.rows += rows
        predictions += answers
        for column in tally.reference.columns:
            if column.name in record["columns"]:
                place = record["columns"].index(column.name)
                found.setdefault(column.name, []).extend(row[place] for row in record["data"])
    for column in tally.reference.columns:
        if column.name in found:
            _count(tally.columns[column.name], found[column.name], column)
    if tally.reference.predictions and predictions:
        tally.predictions = _more(tally.predictions, tally.reference.predictions, predictions)


def _before(record: dict, since: str | None) -> bool:
    return since is not None and record["time"][:19] < since[:19]


def _earliest(since: str | None, beside: outcomes.Comparison | None) -> str | None:
    """The moment before which no line is of interest."""
    if since is None or (beside and beside.since is None):
        return None
    return min(since, beside.since or since) if beside else since


def _refuse(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def _checked(record: dict, reference: Reference) -> int:
    """The number of rows of a record of the known schema."""
    if record["schema"] != SCHEMA or not isinstance(record["time"], str) or len(record["time"]) < 19:
        raise ValueError("not a record")
    if not all(isinstance(record[name], str) for name in ("request_id", "model")):
        raise ValueError("not a record")
    if not isinstance(record["first_row"], int) or not isinstance(record["columns"], list):
        raise ValueError("not a record")
    if not all(isinstance(name, str) for name in record["columns"]):
        raise ValueError("not a record")
    if not all(isinstance(row, list) and len(row) == len(record["columns"]) for row in record["data"]):
        raise ValueError("a row has another width than the columns")
    return len(record["data"])


def _fitting(record: dict, reference: Reference) -> list:
    """The predictions by row, if these and the cells are what the model's columns and task say."""
    for column in reference.columns:
        if column.name in record["columns"]:
            place = record["columns"].index(column.name)
            for row in record["data"]:
                if row[place] is not None and not _is(row[place], text=column.type in TEXTS):
                    raise ValueError(f"{column.name} is not {column.type}")
    answers = record["result"]
    numbers = isinstance(answers, list) and all(_is(answer, text=False) for answer in answers)
    if not reference.task.classifies:
        if not numbers or any(isinstance(answer, bool) for answer in answers):
            raise ValueError("a result is no number")
    elif numbers:
        answers = _decided(answers, reference.task)
    elif not all(isinstance(answer, str) for answer in answers):
        raise ValueError("a result is no class")
    if len(answers) != len(record["data"]):
        raise ValueError("a row has no result")
    return answers


def _is(cell: object, text: bool) -> bool:
    return isinstance(cell, str) if text else isinstance(cell, int | float) and math.isfinite(cell)


def _decided(chances: list[float], task: Task) -> list[str]:
    """Names of classes from the probabilities of all classes, one row after another."""
    classes = task.classes or ()
    if len(chances) % len(classes):
        raise ValueError("a row has other classes")
    rows = np.array(chances, dtype=float).reshape(-1, len(classes))
    places = (rows[:, 1] >= task.threshold).astype(int) if len(classes) == 2 else rows.argmax(axis=1)
    return [classes[place] for place in places]


def _count(cells: Cells, values: list, column: ColumnReference) -> None:
    present = [value for value in values if value is not None]
    cells.rows += len(values)
    cells.missing += len(values) - len(present)
    if column.type == "category":
        cells.unseen += sum(value not in column.levels for value in present)
    if column.shape and present:
        cells.pairs = _more(cells.pairs, column.shape, present)


def _more(pairs: np.ndarray | None, shape: dict, values: list) -> np.ndarray:
    """Pairs of counts with further values; other levels are the last pair, which is there even without any."""
    found = baseline.pairs(shape, np.array(values, dtype=object if "levels" in shape else float))
    if "levels" in shape and len(found) == len(shape["levels"]):
        found.append((0, 0))
    now = np.array(found, dtype=float).reshape(-1, 2)
    if pairs is not None:
        now[:, 1] += pairs[:, 1]
    return now


def _stability(pairs: np.ndarray | None, shape: dict | None) -> float | None:
    if pairs is None or shape is None or not pairs[:, 0].any():
        return None
    used = pairs[:-1] if "levels" in shape and not pairs[-1].any() else pairs
    return baseline.stability(used.tolist())


def judge(tally: Tally, limits: Limits) -> Finding:
    """Hold a tally against the limits."""
    judged = tally.rows >= max(1, limits.rows)
    columns = tuple(_measured(tally, limits)) if judged else ()
    missing = tuple(name for name, cells in tally.columns.items() if judged and not cells.rows)
    drift = any(item.failures for item in columns)
    return Finding(tally.rows, tally.malformed_lines, tally.other_models, judged, drift, columns, missing)


def with_outcomes(finding: Finding, told: OutcomeFinding) -> Finding:
    """What is found, and what predictions were worth."""
    return replace(finding, drift=finding.drift or bool(told.failures), outcomes=told)


def _measured(tally: Tally, limits: Limits) -> Iterable[Measured]:
    for column in tally.reference.columns:
        cells = tally.columns[column.name]
        if not cells.rows:
            continue
        total = column.count + column.missing
        usual = column.missing / total if total else 0.0
        psi = _stability(cells.pairs, column.shape)
        missing, unseen = cells.missing / cells.rows, cells.unseen / cells.rows
        beyond = {
            "psi": psi is not None and psi > limits.psi,
            "missing": missing - usual > limits.missing,
            "unseen": unseen > limits.unseen,
        }
        failures = tuple(name for name, is_beyond in beyond.items() if is_beyond)
        yield Measured(column.name, psi, missing, usual, unseen, failures)
    psi = _stability(tally.predictions, tally.reference.predictions)
    if psi is not None:
        yield Measured(PREDICTION, psi, 0.0, 0.0, 0.0, ("psi",) if psi > limits.psi else ())


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def moment(text: str) -> str:
    """A time in UTC, to the second."""
    return datetime.fromisoformat(text).astimezone(UTC).strftime(MOMENT)


def _parser() -> argparse.ArgumentParser:
    usual = Limits()
    parser = argparse.ArgumentParser(description="Hold what was scored against what the model was trained on.")
    parser.add_argument("--source", required=True, help="Blob container (https://…) or folder with the scoring logs")
    parser.add_argument("--prefix", default="", help="first folder of the logs' names")
    parser.add_argument("--model", required=True, help="folder of the released model")
    window = parser.add_mutually_exclusive_group()
    window.add_argument("--since", type=moment, help="only records from this time on: 2026-11-30T08:00:00Z")
    window.add_argument("--days", type=int, help="only records of so many days, up to now")
    parser.add_argument("--psi", type=float, default=usual.psi, help=f"greatest stability index [default: {usual.psi}]")
    parser.add_argument("--missing", type=float, default=usual.missing, help="greatest growth of the missing share")
    parser.add_argument("--unseen", type=float, default=usual.unseen, help="greatest share of unknown levels")
    parser.add_argument("--rows", type=int, default=usual.rows, help="least rows to judge by")
    parser.add_argument("--outcomes", help="file or folder of what turned out: request_id, row (or --key), the target")
    parser.add_argument("--contract", help="the data contract, by which outcomes are read")
    parser.add_argument("--key", action="append", default=[], help="column that tells rows apart, not request_id")
    parser.add_argument("--metric", choices=sorted(metrics.DIRECTIONS), help="metric of predictions with an outcome")
    parser.add_argument("--minimum", type=float, help="least value of the metric")
    parser.add_argument("--maximum", type=float, help="greatest value of the metric")
    parser.add_argument("--worse", type=float, help="by how much it may be worse than on the rows held out in training")
    parser.add_argument("--outcome-days", type=int, help="records of so many days for the metric, up to now")
    parser.add_argument("--outcome-rows", type=int, default=50, help="least rows with an outcome to judge by")
    parser.add_argument("--report", help="file for the report, as HTML")
    parser.add_argument("--output", required=True, help="file for the findings, as JSON")
    return parser


if __name__ == "__main__":
    console.run(main)
