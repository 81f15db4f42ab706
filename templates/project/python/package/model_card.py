"""The model card: a page of markdown that is registered with the model.

After Mitchell et al., "Model Cards for Model Reporting" (2019).
"""

from __future__ import annotations

from .console import harmless
from .model_folder import Model

MOST = 20


def text(model: Model) -> str:
    """The page."""
    card, told = model.card, model.explanation
    task = model.task.kind
    if model.task.classes:
        task += " of " + ", ".join(_plain(name) for name in model.task.classes)
    training = card["training"]
    lines = [
        f"# Model of {_plain(card['target']['name'])}",
        "",
        f"- Task: {task}",
        f"- Algorithm: {card['algorithm']}, {type(model.estimator).__name__}",
        f"- Parameters: {', '.join(f'{name} = {value}' for name, value in card['parameters'].items()) or 'none'}",
        f"- Trained on {training['rows']} rows; {training['split']['fraction']:.0%} of all rows were held out",
        f"- Data: sha256 {training.get('data_sha256', '')[:12]}, package version {card['code_version']}",
        "",
        "## Measured",
        "",
        "| Metric | Training rows | Held-out rows |",
        "|---|---|---|",
    ]
    train, held = card["metrics"].get("train", {}), card["metrics"].get("holdout", {})
    lines += [f"| {_plain(name)} | {value:.6g} | {_number(held.get(name))} |" for name, value in train.items()]
    lines += ["", "## Columns", "", "| Column | Type | Missing | In training |", "|---|---|---|---|"]
    lines += [_column(feature) for feature in card["features"]]
    if told.get("importance"):
        lines += ["", "## What matters", "", f"By how much {told['metric']} gets worse when a column is shuffled:", ""]
        lines += ["| Column | Loss |", "|---|---|"]
        lines += [f"| {_plain(item['column'])} | {item['loss']:.4g} |" for item in told["importance"][:MOST]]
    if told.get("calibration"):
        what = f"probability of {_plain(model.task.classes[-1])}" if model.task.classes else "prediction"
        lines += ["", "## Calibration", "", f"Mean {what} and what was observed, in bins of equally many rows:", ""]
        lines += ["| Predicted | Observed | Rows |", "|---|---|---|"]
        lines += [f"| {b['predicted']:.4g} | {b['observed']:.4g} | {b['rows']} |" for b in told["calibration"]]
    return "\n".join(lines) + "\n"


def _column(feature: dict) -> str:
    known = feature["baseline"]
    total = known["count"] + known["missing"]
    share = f"{known['missing'] / total:.1%}" if total else ""
    if "levels" in known:
        shown = ", ".join(_plain(level) for level in list(known["levels"])[:5])
        more = len(known["levels"]) - 5
        values = shown + (f", {more} more" if more > 0 else "")
    else:
        values = f"{known['min']:.4g} to {known['max']:.4g}" if "min" in known else ""
    return f"| {_plain(feature['name'])} | {feature['type']} | {share} | {values} |"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def _plain(text: object) -> str:
    """Text from data, which must not become markup."""
    shown = harmless(text)
    for mark in "\\`*_{}[]<>()#|!":
        shown = shown.replace(mark, f"\\{mark}")
    return shown
