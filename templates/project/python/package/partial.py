"""Ridge regression from the statistics of shards: the same model as from all rows at once.

Each shard keeps count, means and centred products of its training rows; two of them combine by the rule of
Chan, Golub and LeVeque (1979), "Updating formulae and a pairwise algorithm for computing sample variances".
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.linear_model import Ridge

from . import metrics, table
from .contract import Contract
from .model_folder import Model


def write(path: Path, data: Path, rules: Contract, index: int, count: int) -> None:
    """Write the statistics of every `count`-th training row from `index` on, and this shard's held-out rows."""
    rows = table.numbers(table.read(data), rules)
    train, held = (part.iloc[index::count] for part in table.split(rows, rules))
    cells = train[[*rules.features, rules.target]].to_numpy()
    mean = cells.mean(axis=0) if len(cells) else np.zeros(len(rules.columns))
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(
        path,
        count=len(cells),
        mean=mean,
        products=(cells - mean).T @ (cells - mean),
        train=cells,
        held=held[[*rules.features, rules.target]].to_numpy(),
        sha256=table.sha256(data),
        shard=[index, count],
    )


def combine(folder: Path, rules: Contract, alpha: float | None) -> Model:
    """The model of all shards in `folder`."""
    from .train import card

    shards = [np.load(file) for file in sorted(folder.rglob("*.npz"))]
    if alpha is None or not shards:
        raise table.DataError(f"--combine needs --alpha and at least one shard's .npz file in {folder}")
    _complete(shards, folder)
    count, mean, products = 0, np.zeros(len(rules.columns)), np.zeros((len(rules.columns),) * 2)
    for shard in shards:
        more, gap = int(shard["count"]), shard["mean"] - mean
        if more:
            products += shard["products"] + np.outer(gap, gap) * (count * more / (count + more))
            mean = mean + gap * (more / (count + more))
            count += more
    train = np.vstack([shard["train"] for shard in shards])
    held = np.vstack([shard["held"] for shard in shards])
    fitted = _solve(products, mean, alpha, train[:2])
    measured = {"train": metrics.measure(train[:, -1], fitted.predict(train[:, :-1]))}
    if len(held):
        measured["holdout"] = metrics.measure(held[:, -1], fitted.predict(held[:, :-1]))
    frame = table.pd.DataFrame(train, columns=[*rules.features, rules.target])
    fitted.feature_names_in_ = np.array(rules.features, dtype=object)
    return Model(fitted, card(rules, frame, alpha, measured, [], str(shards[0]["sha256"]), "train"))


def _complete(shards: list, folder: Path) -> None:
    found = sorted(int(shard["shard"][0]) for shard in shards)
    expected = int(shards[0]["shard"][1])
    if found != list(range(expected)):
        raise table.DataError(f"{folder} holds the shards {found}, expected 0 to {expected - 1}, each once")
    if len({str(shard["sha256"]) for shard in shards}) != 1:
        raise table.DataError(f"the shards in {folder} come from different data")


def _solve(products: np.ndarray, mean: np.ndarray, alpha: float, sample: np.ndarray) -> Ridge:
    gram, moments = products[:-1, :-1], products[:-1, -1]
    coefficients = np.linalg.lstsq(gram + alpha * np.eye(len(gram)), moments, rcond=None)[0]
    fitted = Ridge(alpha=alpha).fit(sample[:, :-1], sample[:, -1])
    fitted.coef_ = coefficients
    fitted.intercept_ = float(mean[-1] - mean[:-1] @ coefficients)
    return fitted
