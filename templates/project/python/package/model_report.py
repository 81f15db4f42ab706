"""The report of a challenger as one page of HTML: metrics, residuals, drift, permutation importance."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from . import baseline, explain, page
from .model_folder import Model
from .table import Table

# Points of the drawing, bins of its histogram, columns of a table: what a page can show.
POINTS, BINS, COLUMNS = 1_000, 30, 200


def html(result: dict[str, Any], model: Model, held: Table, truth: np.ndarray) -> str:
    """The page about `model`, whose verdict is `result`; `truth` is the target of `held`, rows that both take."""
    verdict = "promoted" if result["promote"] else "not promoted"
    parts = [
        f"<p><strong>{page.shown(verdict)}</strong>: {page.shown(result['reason'])}</p>",
        f"<p>{held.rows} held-out rows, data {page.shown(result['data_sha256'][:12])}.</p>",
        "<h2>Metrics</h2>",
        _metrics(result, model),
        *(_classes(model, held, truth) if model.task.classifies else _residuals(model, held, truth)),
        "<h2>Drift of the held-out rows from the training rows</h2>",
        _drift(model, held),
        "<h2>Permutation importance</h2>",
        _importance(model),
    ]
    return page.page("Model report", parts)


def _metrics(result: dict[str, Any], model: Model) -> str:
    new, old = result["challenger_metrics"], result["champion_metrics"] or {}
    training = model.card["metrics"].get("train", {})
    rows = []
    for name, value in new.items():
        most = max(abs(value), abs(old.get(name, 0.0)))
        drawn = page.meter(value, most) + (("<br>" + page.meter(old[name], most)) if name in old else "")
        rows.append((page.shown(name), drawn, _number(value), _number(old.get(name)), _number(training.get(name))))
    said = ("Metric", "Challenger above champion", "Challenger", "Champion", "Challenger, training rows")
    return page.table(said, rows)


def _residuals(model: Model, held: Table, truth: np.ndarray) -> Iterable[str]:
    predicted = model.predict(held).values
    residuals = predicted - truth
    yield "<h2>Residuals</h2>"
    low, high = float(residuals.min()), float(residuals.max())
    counts = np.histogram(residuals, bins=BINS, range=(low, high if high > low else low + 1.0))[0]
    yield f"<p>{page.bars(counts)} from {low:.4g} to {high:.4g}</p>"
    mean, deviation = baseline.moments(residuals)
    middle = np.quantile(residuals, [0.05, 0.5, 0.95])
    header = ("Mean", "Standard deviation", "5 %", "Median", "95 %", "Greatest distance")
    cells = [mean, deviation, *middle.tolist(), float(np.abs(residuals).max())]
    yield page.table(header, [[_number(cell) for cell in cells]])
    said = "Predicted over observed values; points on the line are right"
    yield "<p>Predicted values over observed ones; what is right lies on the line.</p>"
    yield page.scatter(truth[:POINTS], predicted[:POINTS], said)
    yield from _calibration(model, held, truth, "Mean prediction")


def _classes(model: Model, held: Table, truth: np.ndarray) -> Iterable[str]:
    names = list(model.task.classes or ())
    predicted = model.predict(held).values.astype(int)
    yield "<h2>Errors by class</h2>"
    rows = []
    for place, name in enumerate(names):
        counts = np.bincount(predicted[truth == place], minlength=len(names))
        rows.append([page.shown(name), *(page.shown(int(count)) for count in counts)])
    yield page.table(("Class", *(f"decided {name}" for name in names)), rows)
    yield from _calibration(model, held, truth, f"Mean probability of {names[-1]}" if names else "Prediction")


def _calibration(model: Model, held: Table, truth: np.ndarray, said: str) -> Iterable[str]:
    bins = explain.calibration(model, held, truth)
    if bins:
        yield "<h2>Calibration</h2>"
        rows = [(_number(one["predicted"]), _number(one["observed"]), page.shown(one["rows"])) for one in bins]
        yield page.table((said, "Observed", "Rows"), rows)


def _drift(model: Model, held: Table) -> str:
    rows = []
    for feature in model.card["features"][:COLUMNS]:
        name, known = feature["name"], feature["baseline"]
        missing = held.missing(name)
        cells = held.columns[name][~missing]
        psi = None
        if known["count"] and feature["type"] != "text" and len(cells):
            psi = baseline.psi(known, cells)
        total = known["count"] + known["missing"]
        before = known["missing"] / total if total else 0.0
        drawn = page.meter(psi, 0.5) if psi is not None else ""
        share = f"{float(missing.mean()):.1%}"
        rows.append((page.shown(name), drawn, _number(psi), page.shown(share), page.shown(f"{before:.1%}")))
    return page.table(("Column", "Of 0.5", "Stability index", "Missing", "Missing in training"), rows)


def _importance(model: Model) -> str:
    told = model.explanation
    found = told.get("importance", [])[:COLUMNS]
    if not found:
        return "<p>It was not measured: the metric is not defined for the rows that were held out in training.</p>"
    most = max(abs(item["loss"]) for item in found)
    rows = [(page.shown(item["column"]), page.meter(item["loss"], most), _number(item["loss"])) for item in found]
    said = f"By how much {told.get('metric', 'the metric')} gets worse when a column is shuffled."
    return f"<p>{page.shown(said)}</p>" + page.table(("Column", "Share of the greatest", "Loss"), rows)


def _number(value: float | None) -> str:
    return page.shown("-" if value is None else f"{value:.6g}")
