"""Data with a known answer: y = 3 + 2a - b, and a little noise."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from {= package =} import train

CONTRACT = {
    "version": 1,
    "target": "y",
    "columns": [
        {"name": "a", "type": "number", "min": -10, "max": 10},
        {"name": "b", "type": "number", "required": False},
        {"name": "y", "type": "number"},
    ],
    "holdout": {"fraction": 0.25, "seed": 7},
    "distribution": {"psi": 0.2, "ks_p_value": 0.001, "mean_sigmas": 4.0, "standard_deviation_ratio": 1.5},
}


def make_rows(count: int = 200, seed: int = 1) -> pd.DataFrame:
    """Rows of the known relation."""
    random = np.random.default_rng(seed)
    a, b = random.normal(size=count), random.normal(size=count)
    return pd.DataFrame({"a": a, "b": b, "y": 3 + 2 * a - b + random.normal(scale=0.01, size=count)})


@pytest.fixture
def rows() -> Callable[..., pd.DataFrame]:
    return make_rows


@pytest.fixture
def contract_file(tmp_path: Path) -> Path:
    path = tmp_path / "contract.json"
    path.write_text(json.dumps(CONTRACT))
    return path


@pytest.fixture
def data_file(tmp_path: Path) -> Path:
    path = tmp_path / "data.csv"
    make_rows().to_csv(path, index=False)
    return path


@pytest.fixture
def model_folder(tmp_path: Path, data_file: Path, contract_file: Path) -> Path:
    folder = tmp_path / "model"
    train.main(["--data", str(data_file), "--contract", str(contract_file), "--alpha", "0.1", "--output", str(folder)])
    return folder
