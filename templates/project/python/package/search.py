"""Finds parameters by cross-validation on the training rows: every combination, some of them, or by halving."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

# Scores parameters on a share of the rows and one fold; greater is better.
Score = Callable[[dict[str, Any], np.ndarray, np.ndarray], float]


@dataclass(frozen=True)
class Search:
    """What is tried: `grid` all, `random` at most `iterations`, `halving` all on few rows, then the best on more."""

    kind: str
    candidates: dict[str, list[Any]]
    folds: int = 5
    iterations: int = 20


def run(search: Search, fixed: dict[str, Any], labels: np.ndarray | None, rows: int, score: Score):
    """The best parameters, and every combination with its score (the last one that it got)."""
    names = list(search.candidates)
    combinations = [
        {**fixed, **dict(zip(names, values, strict=True))}
        for values in itertools.product(*(search.candidates[name] for name in names))
    ]
    if search.kind == "random" and len(combinations) > search.iterations:
        combinations = random.Random(0).sample(combinations, search.iterations)  # noqa: S311
    scores: dict[int, float] = {}
    alive = list(range(len(combinations)))
    share = 1 / 3 ** max(0, math.ceil(math.log(len(alive), 3))) if search.kind == "halving" else 1.0
    # Each fold keeps enough rows to learn anything at all.
    share = min(1.0, max(share, 20 * search.folds / rows))
    while True:
        folds = _folds(rows, labels, search.folds, share)
        for place in alive:
            scores[place] = float(np.mean([score(combinations[place], *fold) for fold in folds]))
        alive.sort(key=lambda place: (-scores[place], place))
        if share >= 1.0:
            break
        alive = alive[: max(1, math.ceil(len(alive) / 3))]
        share = min(1.0, share * 3)
    return combinations[alive[0]], [(combinations[place], score) for place, score in sorted(scores.items())]


def trial(parameters: dict[str, Any], folds: int, stages: int, labels: np.ndarray | None, rows: int, score: Score):
    """How good one combination is, stage by stage: on few rows first, then on thrice as many, at last on all."""
    for stage in range(stages):
        # Each fold keeps enough rows to learn anything at all.
        share = min(1.0, max(3.0 ** (stage + 1 - stages), 20 * folds / rows))
        yield float(np.mean([score(parameters, *fold) for fold in _folds(rows, labels, folds, share)]))


def _folds(rows: int, labels: np.ndarray | None, count: int, share: float) -> list[tuple[np.ndarray, np.ndarray]]:
    """Places of the rows to learn from and to measure on; the classes keep their shares."""
    order = np.random.default_rng(0).permutation(rows)
    if labels is not None:
        order = order[np.argsort(labels[order], kind="stable")]
    fold = np.empty(rows, dtype=int)
    fold[order] = np.arange(rows) % count
    kept = np.zeros(rows, dtype=bool)
    kept[order[:: max(1, round(1 / share))] if labels is not None else order[: max(count, round(rows * share))]] = True
    if labels is not None:
        fold[np.flatnonzero(kept)[np.argsort(labels[kept], kind="stable")]] = np.arange(kept.sum()) % count
    return [(np.flatnonzero(kept & (fold != k)), np.flatnonzero(kept & (fold == k))) for k in range(count)]
