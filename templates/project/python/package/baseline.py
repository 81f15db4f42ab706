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
    edges = np.unique(quantiles[:: (QUANTILES - 1) // BINS])
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


def psi(known: dict, cells: np.ndarray) -> float:
    """Population stability index: sum of (p - q) ln(p / q) over bins or levels, each with half a row added."""
    if "levels" in known:
        found = Counter(cells.tolist())
        levels = sorted({*known["levels"], *found})
        counts = np.array([known["levels"].get(level, 0) for level in levels], dtype=float)
        now = np.array([found.get(level, 0) for level in levels], dtype=float)
    else:
        counts = np.asarray(known["counts"], dtype=float)
        now = histogram(cells, np.asarray(known["edges"])).astype(float)
    p = (counts + 0.5) / (counts + 0.5).sum()
    q = (now + 0.5) / (now + 0.5).sum()
    return float(((p - q) * np.log(p / q)).sum())
