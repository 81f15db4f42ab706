"""Ridge regression from the statistics of shards: the same model as from all rows at once.

Each shard keeps count, means and centred products of its training rows; two of them combine by the rule of
Chan, Golub and LeVeque (1979), "Updating formulae and a pairwise algorithm for computing sample variances".
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import Ridge

from . import features, metrics, table
from .contract import Contract
from .model_folder import Model


def write(path: Path, data: Path, rules: Contract, index: int, count: int) -> None:
    """Write the statistics of every `count`-th training row from `index` on, and this shard's held-out rows."""
    from . import train

    rows, held = table.split(table.training_rows(table.read(data, rules), rules), rules)
    # Every shard reads all rows, and so learns the same features.
    known = features.fit(rows, rules)
    held = held.take(~features.refused(known, held))
    shard = rows.take(np.arange(index, rows.rows, count))
    cells = np.column_stack([features.matrix(known, shard), shard.columns[rules.target]])
    held = held.take(np.arange(index, held.rows, count))
    mean = cells.mean(axis=0) if len(cells) else np.zeros(cells.shape[1])
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(
        path,
        count=len(cells),
        mean=mean,
        products=(cells - mean).T @ (cells - mean),
        train=cells,
        held=np.column_stack([features.matrix(known, held), held.columns[rules.target]]),
        card=json.dumps(train.card(rules, known, rules.task, "ridge", {}, rows)),
        sha256=table.sha256(data),
        shard=[index, count],
    )


def combine(folder: Path, rules: Contract, parameters: dict[str, Any]) -> Model:
    """The model of all shards in `folder`."""
    shards = [np.load(file) for file in sorted(folder.rglob("*.npz"))]
    if "alpha" not in parameters or not shards:
        raise table.DataError(f"{folder}: --combine needs --alpha and at least one shard's .npz file")
    _complete(shards, folder)
    width = len(shards[0]["mean"])
    count, mean, products = 0, np.zeros(width), np.zeros((width, width))
    for shard in shards:
        more, gap = int(shard["count"]), shard["mean"] - mean
        if more:
            products += shard["products"] + np.outer(gap, gap) * (count * more / (count + more))
            mean = mean + gap * (more / (count + more))
            count += more
    train = np.vstack([shard["train"] for shard in shards])
    held = np.vstack([shard["held"] for shard in shards])
    fitted = _solve(products, mean, float(parameters["alpha"]), train[:2])
    measured = {"train": metrics.regression(train[:, -1], fitted.predict(train[:, :-1]))}
    if len(held):
        measured["holdout"] = metrics.regression(held[:, -1], fitted.predict(held[:, :-1]))
    card = json.loads(str(shards[0]["card"]))
    card.update(metrics=measured, parameters={"alpha": parameters["alpha"]}, input="matrix")
    card["training"].update(data_sha256=str(shards[0]["sha256"]), search=[])
    return Model(fitted, [features.from_json(feature) for feature in card["features"]], rules.task, card)


def _complete(shards: list, folder: Path) -> None:
    found = sorted(int(shard["shard"][0]) for shard in shards)
    expected = int(shards[0]["shard"][1])
    if found != list(range(expected)):
        raise table.DataError(f"{folder}: holds the shards {found}, expected 0 to {expected - 1}, each once")
    if len({str(shard["sha256"]) for shard in shards}) != 1:
        raise table.DataError(f"{folder}: its shards come from different data")


def _solve(products: np.ndarray, mean: np.ndarray, alpha: float, sample: np.ndarray) -> Ridge:
    gram, moments = products[:-1, :-1], products[:-1, -1]
    coefficients = np.linalg.lstsq(gram + alpha * np.eye(len(gram)), moments, rcond=None)[0]
    fitted = Ridge(alpha=alpha).fit(sample[:, :-1], sample[:, -1])
    fitted.coef_ = coefficients
    fitted.intercept_ = float(mean[-1] - mean[:-1] @ coefficients)
    return fitted
