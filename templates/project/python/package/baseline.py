"""How a column was distributed in the training rows: what drift is measured against."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np

BINS = 10
QUANTILES = 101
LEVELS = 200


def of(cells: np.ndarray) -> dict:
    """Moments, range, quantiles and a histogram of numbers, or counts of levels; missing cells are counted apart."""
    if cells.dtype != float:
        known = [cell for cell in cells if cell is not None]
        counts = Counter(known).most_common(LEVELS)
        return {"count": len(known), "missing": len(cells) - len(known), "levels": dict(counts)}
    known = cells[~np.isnan(cells)]
    result = {"count": len(known), "missing": len(cells) - len(known)}
    if not len(known):
        return result
    quantiles = np.quantile(known, np.linspace(0, 1, QUANTILES))
    edges = _edges(known, quantiles)
    mean, deviation = moments(known)
    return {
        **result,
        "mean": mean,
        "standard_deviation": deviation,
        "min": float(known.min()),
        "max": float(known.max()),
        "quantiles": quantiles.tolist(),
        "edges": edges.tolist(),
        "counts": histogram(known, edges).tolist(),
    }


def _edges(known: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
    """Where bins begin and end: about a tenth of the cells in each, or a bin for each of few values.

    A single value has empty bins on both sides, so that a constant that has moved is seen.
    """
    edges = np.unique(quantiles[:: (QUANTILES - 1) // BINS])
    distinct = np.unique(known)
    if len(distinct) == 1:
        beyond = np.nextafter(distinct[0], np.inf)
        return np.array([distinct[0], distinct[0], beyond, beyond])
    return np.append(distinct, distinct[-1]) if len(distinct) <= BINS else edges


def mean(cells: np.ndarray) -> float:
    """The mean, its sum rounded once, also where that is beyond the largest float."""
    try:
        return math.fsum(cells.tolist()) / len(cells)
    except OverflowError:
        return math.fsum((cells / 2**60).tolist()) / len(cells) * 2**60


def moments(cells: np.ndarray) -> tuple[float, float]:
    """Mean and standard deviation, also where squares of the cells are beyond the largest float."""
    scale = float(np.abs(cells).max()) or 1.0
    scaled = cells / scale
    return float(scaled.mean() * scale), float(scaled.std(ddof=1) * scale) if len(cells) > 1 else 0.0


def histogram(cells: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Counts between the inner edges; what lies outside counts in the first and last bin."""
    if len(edges) < 3:
        return np.array([len(cells)])
    return np.bincount(np.searchsorted(edges[1:-1], cells, side="right"), minlength=len(edges) - 1)


def pairs(known: dict, cells: np.ndarray) -> list[tuple[int, int]]:
    """Counts of the training rows beside those of the cells, by bin or level; other levels, if any, are the last."""
    if "levels" not in known:
        now = histogram(cells, np.asarray(known["edges"]))
        return list(zip(known["counts"], now.tolist(), strict=True))
    found = Counter(cells.tolist())
    levels = known["levels"]
    before = known["count"] - sum(levels.values())
    others = sum(count for level, count in found.items() if level not in levels)
    beside = [(count, found.get(level, 0)) for level, count in levels.items()]
    return beside + ([(before, others)] if before + others else [])


def psi(known: dict, cells: np.ndarray) -> float:
    """Population stability index of cells against the training rows."""
    return stability(pairs(known, cells))


def stability(beside: list[tuple[int, int]]) -> float:
    """Sum of (p - q) ln(p / q) over pairs of counts, with half a row added so that an empty one has a logarithm."""
    counts = np.array(beside, dtype=float) + 0.5
    p, q = (counts / counts.sum(axis=0)).T
    return float(((p - q) * np.log(p / q)).sum())
