"""What turned out to be true, held against what was predicted: the model's own metric on rows that were scored."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from . import contract, metrics, table
from .contract import Column, Contract
from .model_folder import Task

# What tells rows apart: the request's id, and the row in the request, or the values of the key's columns.
Key = tuple[Any, ...]


@dataclass(frozen=True)
class OutcomeLimits:
    """What the metric is held against; `rows` is the least number of rows with a outcome that anything is said of.

    `worse` is by how much it may be worse than on the rows held out in training.
    """

    metric: str
    minimum: float | None = None
    maximum: float | None = None
    worse: float | None = None
    rows: int = 50


@dataclass(frozen=True)
class Outcomes:
    """What turned out, by what tells rows apart; a class is its place in the model's list, -1 one that is not there."""

    by: tuple[str, ...]
    known: dict[Key, float | int]


@dataclass
class Comparison:
    """Predictions since a moment beside what turned out; a row that is logged twice counts once."""

    outcomes: Outcomes
    task: Task
    since: str | None = None
    waiting: int = 0
    strangers: int = 0
    pairs: list[tuple[float | int, Any]] = field(default_factory=list)
    taken: set[tuple[str, int]] = field(default_factory=set)


@dataclass(frozen=True)
class OutcomeFinding:
    """What predictions were worth; `failures` names what is not good: `limit`, `worse`.

    `waiting` are the rows whose outcome is not known yet, `strangers` those whose outcome is a class that the model
    does not know; `judged` says whether there are rows enough, and the metric is defined on them.
    """

    metric: str
    rows: int
    waiting: int
    strangers: int
    judged: bool
    value: float | None
    before: float | None
    failures: tuple[str, ...]


def read(path: Path, rules: Contract, by: tuple[str, ...], task: Task) -> Outcomes:
    """A file, or a folder of files, with the target and `request_id` and `row` (from 0), or the columns `by`.

    `row` may be left out: every outcome is of row 0 then. A later outcome of the same row corrects an earlier one, and
    a row without a target is not known yet. A folder without files has none. Raises DataError.
    """
    keys = tuple(_key(rules, name) for name in by) or (
        contract.column({"name": "request_id", "type": "category"}),
        contract.column({"name": "row", "type": "integer"}),
    )
    target = dataclasses.replace(rules.target_column, required=False)
    wanted = dataclasses.replace(rules, columns=(*keys, target))
    known: dict[Key, float | int] = {}
    try:
        files = table.files_of(path)
    except table.DataError:
        if not path.is_dir():
            raise
        files = []
    for file in files:
        rows = table.read(file, wanted, optional=() if by else ("row",))
        columns = [rows.columns.get(column.name, np.zeros(rows.rows)) for column in keys]
        values = rows.columns[rules.target]
        gaps = rows.missing(rules.target)
        for place in np.flatnonzero(~gaps):
            value = values[place]
            known[tuple(_part(cells[place]) for cells in columns)] = (
                _class(value, task) if task.classifies else float(value)
            )
    return Outcomes(by, known)


def fits(rules: Contract, card: dict[str, Any], task: Task) -> None:
    """Raises DataError when the model predicts something else than the contract's target."""
    target = card["target"]["name"]
    if target != rules.target:
        raise table.DataError(f"the model predicts {target!r}, and the data contract's target is {rules.target!r}")
    if task.classifies != rules.task.classifies:
        raise table.DataError("the model is of another task than the data contract, regression or classification")


def _key(rules: Contract, name: str) -> Column:
    column = next((column for column in rules.features if column.name == name), None)
    if column is None:
        raise table.DataError(f"the key {name!r} is no column of the data contract other than the target")
    return dataclasses.replace(column, required=True)


def _part(cell: Any) -> Any:
    # -0 and 0 are one number, and so are a number and a boolean.
    return cell if isinstance(cell, str) else float(cell) + 0.0


def _class(value: Any, task: Task) -> int:
    classes = task.classes or ()
    return classes.index(value) if value in classes else -1


def compare(found: Comparison, record: dict[str, Any]) -> None:
    """Add the rows of a checked record of the log whose outcome is known."""
    by, columns = found.outcomes.by, record["columns"]
    places = [columns.index(name) for name in by if name in columns]
    for row, answer in enumerate(_answers(record["result"], found.task)):
        outcome = None
        if not by:
            outcome = found.outcomes.known.get((record["request_id"], float(record["first_row"] + row)))
        elif len(places) == len(by) and all(record["data"][row][place] is not None for place in places):
            outcome = found.outcomes.known.get(tuple(_part(record["data"][row][place]) for place in places))
        if outcome is None:
            found.waiting += 1
            continue
        here = (record["request_id"], record["first_row"] + row)
        if here in found.taken:
            continue
        found.taken.add(here)
        if found.task.classifies and (outcome == -1 or answer == -1):
            found.strangers += 1
        else:
            found.pairs.append((outcome, answer))


def _answers(result: list[Any], task: Task) -> list[Any]:
    """By row: a number, the list of the probabilities of all classes, or the place of a class, -1 for none."""
    if not task.classifies:
        return result
    classes = task.classes or ()
    if all(isinstance(answer, str) for answer in result):
        return [_class(answer, task) for answer in result]
    return [result[at : at + len(classes)] for at in range(0, len(result), len(classes))]


def measured(found: Comparison) -> dict[str, float]:
    """All metrics of the rows so far; one that these rows do not define is left out."""
    if not found.pairs:
        return {}
    outcome = np.array([pair[0] for pair in found.pairs])
    answers = [pair[1] for pair in found.pairs]
    if not found.task.classifies:
        return metrics.regression(outcome, np.array(answers, dtype=float))
    decided = np.array([_decided(answer, found.task) for answer in answers])
    named = any(isinstance(answer, int) for answer in answers)
    probabilities = None if named else np.array(answers, dtype=float)
    return metrics.classification(outcome, decided, probabilities, len(found.task.classes or ()))


def _decided(answer: Any, task: Task) -> int:
    if isinstance(answer, int):
        return answer
    return int(answer[1] >= task.threshold) if len(answer) == 2 else int(np.argmax(answer))


def judge(found: Comparison, limits: OutcomeLimits, before: float | None) -> OutcomeFinding:
    """Hold the metric against its limits; `before` is its value on the rows held out in training."""
    rows = len(found.pairs)
    value = measured(found).get(limits.metric) if rows >= max(1, limits.rows) else None
    failures = []
    if value is not None:
        if value < (-math.inf if limits.minimum is None else limits.minimum) or value > (
            math.inf if limits.maximum is None else limits.maximum
        ):
            failures.append("limit")
        if before is not None and limits.worse is not None:
            sign = 1 if metrics.DIRECTIONS[limits.metric] == "minimize" else -1
            if sign * (value - before) > limits.worse:
                failures.append("worse")
    judged = value is not None
    return OutcomeFinding(limits.metric, rows, found.waiting, found.strangers, judged, value, before, tuple(failures))


def report(finding: OutcomeFinding, limits: OutcomeLimits) -> list[str]:
    """Lines for the log."""
    lines = []
    if finding.strangers:
        lines.append(f"{finding.strangers} rows turned out to be of a class that the model does not know: left out")
    if finding.rows < max(1, limits.rows):
        few = f"{finding.rows} rows with a outcome, fewer than the {limits.rows} that are needed to judge"
        return [*lines, f"{few}; {finding.waiting} wait for one"]
    if finding.value is None:
        return [*lines, f"{finding.metric} is not defined on the {finding.rows} rows with a outcome"]
    told = f"{finding.metric} {finding.value:.6g} on {finding.rows} rows with a outcome, {finding.waiting} wait for one"
    before = "" if finding.before is None else f"; {finding.before:.6g} in training"
    return [*lines, told + before, *(f"  DRIFT {why(finding, failure, limits)}" for failure in finding.failures)]


def why(finding: OutcomeFinding, failure: str, limits: OutcomeLimits) -> str:
    """A failure in words."""
    value, before = finding.value or 0.0, finding.before or 0.0
    if failure == "worse":
        by = abs(value - before)
        return f"{finding.metric} is worse than on the held-out rows by {by:.6g}, the limit is {limits.worse:g}"
    low = limits.minimum is not None and value < limits.minimum
    bound, limit = ("minimum", limits.minimum) if low else ("maximum", limits.maximum)
    return f"{finding.metric} is {value:.6g}, the {bound} is {limit:g}"
