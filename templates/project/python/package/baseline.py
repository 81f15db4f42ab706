"""How a column was distributed in the training rows: what drift is measured against."""

from __future__ import annotations

import numpy as np
import pandas as pd

BINS = 10
QUANTILES = 101


def of(values: pd.Series) -> dict:
    """Moments, range, quantiles and a histogram over ten parts of equal share."""
    cells = values.to_numpy(dtype=float)
    quantiles = np.quantile(cells, np.linspace(0, 1, QUANTILES))
    edges = np.unique(quantiles[:: (QUANTILES - 1) // BINS])
    counts = histogram(cells, edges)
    return {
        "count": len(cells),
        "mean": float(cells.mean()),
        "standard_deviation": float(cells.std(ddof=1)) if len(cells) > 1 else 0.0,
        "min": float(cells.min()),
        "max": float(cells.max()),
        "quantiles": [float(q) for q in quantiles],
        "edges": [float(e) for e in edges],
        "counts": [int(c) for c in counts],
    }


def histogram(cells: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Counts between the inner edges; what lies outside counts in the first and last bin."""
    if len(edges) < 3:
        return np.array([len(cells)])
    return np.bincount(np.searchsorted(edges[1:-1], cells, side="right"), minlength=len(edges) - 1)


def psi(known: dict, cells: np.ndarray) -> float:
    """Population stability index: sum of (p - q) ln(p / q) over the bins, each with half a row added."""
    counts = np.asarray(known["counts"], dtype=float)
    found = histogram(cells, np.asarray(known["edges"])).astype(float)
    p = (counts + 0.5) / (counts + 0.5).sum()
    q = (found + 0.5) / (found + 0.5).sum()
    return float(((p - q) * np.log(p / q)).sum())
