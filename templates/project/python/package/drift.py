"""Holds what was scored against what the model was trained on: `python -m {= package =}.drift --help` says how.

Exit code 0 no drift, or too few rows to judge, 1 drift, 2 error. Under Azure Pipelines the output variables `drift` and
`retrain` are set; `retrain` is true once for a model, if it is asked for at all.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from . import baseline, cells, collect, console, model_folder, page
from .console import harmless
from .features import Feature
from .model_folder import Model
from .table import DataError

# What stands for the predictions among the columns.
PREDICTION = "(prediction)"


@dataclass(frozen=True)
class Limits:
    """Above these there is drift; `rows` is the least number of rows that anything is said of."""

    psi: float = 0.2
    missing: float = 0.05
    unknown: float = 0.01
    rows: int = 200


@dataclass(frozen=True)
class Measured:
    """One column: stability index, and shares of missing cells and unknown levels beside those in training."""

    column: str
    psi: float | None
    missing: float
    missing_before: float
    unknown: float
    failures: tuple[str, ...]


def main(arguments: list[str] | None = None) -> int:
    """Judge the logged rows, write the report, and say whether there is drift."""
    args = _parser().parse_args(arguments)
    model = model_folder.load(args.model)
    limits = Limits(args.psi, args.missing, args.unknown, args.rows)
    rows, predictions = logged(collect.log_files(args.source), model, args.since)
    measured = judge(model, rows, predictions, limits) if len(predictions) >= limits.rows else []
    drifted = any(item.failures for item in measured)
    retrain = drifted and args.retrain and _first_time(Path(args.state), args.model)
    for line in report(measured, len(predictions), limits):
        print(line)
    document = {"rows": len(predictions), "drift": drifted, "retrain": retrain, "columns": [vars(m) for m in measured]}
    _write(Path(args.output), json.dumps(document, indent=2) + "\n")
    if args.report:
        _write(Path(args.report), html(measured, len(predictions)))
    console.set_output("drift", str(drifted).lower())
    console.set_output("retrain", str(retrain).lower())
    return 1 if drifted else 0


def logged(files: Iterator[tuple[str, str]], model: Model, since: str | None = None) -> tuple[dict[str, list], list]:
    """The logged cells by column, and the predictions; columns that the log leaves out are not there.

    Raises DataError for a line that is no record.
    """
    rows: dict[str, list] = {}
    predictions: list[Any] = []
    for name, text in files:
        for number, line in enumerate(text.splitlines(), start=1):
            try:
                record = json.loads(line)
                if since and record["time"] < since:
                    continue
                columns, data = record["columns"], record["data"]
                if not all(len(row) == len(columns) for row in data):
                    raise ValueError("a row has another width than the columns")
                for place, column in enumerate(columns):
                    rows.setdefault(column, []).extend(row[place] for row in data)
                predictions += record["result"]
            except (ValueError, KeyError, TypeError) as error:
                raise DataError(f"{name}: line {number}: not a scoring record: {error!r}") from error
    return {name: rows[name] for name in model.feature_names if name in rows}, predictions


def judge(model: Model, rows: dict[str, list], predictions: list, limits: Limits) -> list[Measured]:
    """Every column that is logged, and the predictions where the model's folder knows those of training."""
    known = {feature["name"]: feature["baseline"] for feature in model.card["features"]}
    found = [
        _column(feature, rows[feature.column.name], known[feature.column.name], limits)
        for feature in model.features
        if feature.column.name in rows
    ]
    before = model.explanation.get("predictions")
    if before and predictions and ("levels" in before) is isinstance(predictions[0], str):
        values = np.array(predictions, dtype=object if "levels" in before else float)
        psi = baseline.psi(before, values)
        found.append(Measured(PREDICTION, psi, 0.0, 0.0, 0.0, _beyond("stability index", psi, limits.psi)))
    return found


def _column(feature: Feature, values: list, before: dict, limits: Limits) -> Measured:
    column = feature.column
    found = cells.array(values, column)
    gaps = cells.gaps(found)
    present = found[~gaps]
    share = float(gaps.mean()) if len(gaps) else 0.0
    total = before["count"] + before["missing"]
    usual = before["missing"] / total if total else 0.0
    levels = set(feature.levels)
    strange = sum(cell not in levels for cell in present) / max(1, len(values)) if column.type == "category" else 0.0
    comparable = len(present) > 0 and before["count"] > 0 and column.type != "text"
    psi = baseline.psi(before, present) if comparable else None
    failures = (
        *_beyond("stability index", psi, limits.psi),
        *_beyond("more missing cells than in training by", share - usual, limits.missing),
        *_beyond("share of unknown levels", strange, limits.unknown),
    )
    return Measured(column.name, psi, share, usual, float(strange), failures)


def _beyond(what: str, value: float | None, limit: float) -> tuple[str, ...]:
    return () if value is None or value <= limit else (f"{what} {value:.3g}, the limit is {limit:g}",)


def report(measured: list[Measured], rows: int, limits: Limits) -> list[str]:
    """Lines for the log."""
    if not measured:
        return [f"{rows} logged rows, fewer than the {limits.rows} that are needed to judge, or nothing to compare"]
    failed = [item for item in measured if item.failures]
    lines = [f"{rows} logged rows, {len(measured)} columns, {len(failed)} drifted"]
    return lines + [f"  DRIFT {harmless(item.column)}: {failure}" for item in failed for failure in item.failures]


def html(measured: list[Measured], rows: int) -> str:
    """The page for people."""
    header = ("Column", "Stability index", "Missing", "Missing in training", "Unknown levels", "Verdict")
    cells_ = [
        (
            page.shown(item.column),
            "" if item.psi is None else f"{item.psi:.3g}",
            f"{item.missing:.1%}",
            f"{item.missing_before:.1%}",
            f"{item.unknown:.1%}",
            page.verdict("; ".join(item.failures) or None),
        )
        for item in sorted(measured, key=lambda item: -(item.psi or 0))
    ]
    return page.page("Drift", [f"<p>{rows} logged rows against the training rows.</p>", page.table(header, cells_)])


def _first_time(state: Path, model: str) -> bool:
    """Whether no retraining was asked for yet because of this model; from now on, one was."""
    digest = hashlib.sha256(Path(model, "model.json").read_bytes()).hexdigest()
    asked = json.loads(state.read_text(encoding="utf-8")) if state.exists() else []
    if digest in asked:
        return False
    _write(state, json.dumps([*asked, digest]) + "\n")
    return True


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    usual = Limits()
    parser = argparse.ArgumentParser(description="Hold what was scored against what the model was trained on.")
    parser.add_argument("--source", required=True, help="Blob container (https://…) or folder with the scoring logs")
    parser.add_argument("--model", required=True, help="folder of the released model")
    parser.add_argument("--since", help="only records from this time on, as the log writes it: 2026-11-30T08:00:00Z")
    parser.add_argument("--psi", type=float, default=usual.psi, help=f"greatest stability index [default: {usual.psi}]")
    parser.add_argument("--missing", type=float, default=usual.missing, help="greatest growth of the missing share")
    parser.add_argument("--unknown", type=float, default=usual.unknown, help="greatest share of unknown levels")
    parser.add_argument("--rows", type=int, default=usual.rows, help="least rows to judge by")
    parser.add_argument("--retrain", action="store_true", help="ask for a retraining, once for a model")
    parser.add_argument("--state", default="drift-state.json", help="file that remembers what was asked for")
    parser.add_argument("--report", help="file for the report, as HTML")
    parser.add_argument("--output", required=True, help="file for the findings, as JSON")
    return parser


if __name__ == "__main__":
    console.run(main)
