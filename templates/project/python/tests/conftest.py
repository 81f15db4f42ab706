"""Data with a known answer, y = 30 + 2a - b and a little noise, for the task of this project and any estimator."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from {= package =} import train

ROOT = Path(__file__).parents[1]
TASK = json.loads((ROOT / "data" / "data-contract.json").read_text()).get("task", {"kind": "regression"})["kind"]
METRIC = "accuracy" if TASK == "classification" else "mse"
TARGET: dict[str, Any] = {"name": "y", "type": "category" if TASK == "classification" else "number"}
CONTRACT: dict[str, Any] = {
    "version": 2,
    "task": {"kind": TASK},
    "target": "y",
    "columns": [
        {"name": "a", "type": "number", "min": -10, "max": 10},
        {"name": "b", "type": "number", "required": False, "when_missing": "mean"},
        TARGET,
    ],
    "holdout": {"fraction": 0.25, "seed": 7},
    "distribution": {"psi": 0.2, "ks_p_value": 0.001, "mean_sigmas": 4.0, "standard_deviation_ratio": 1.5},
}


def make_rows(count: int = 200, seed: int = 1) -> pd.DataFrame:
    """Rows of the known relation; for classes, whether y is above 30."""
    random = np.random.default_rng(seed)
    a, b = random.normal(size=count), random.normal(size=count)
    y = 30 + 2 * a - b + random.normal(scale=0.01, size=count)
    return pd.DataFrame({"a": a, "b": b, "y": np.where(y > 30, "yes", "no") if TASK == "classification" else y})


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
    train.main(["--data", str(data_file), "--contract", str(contract_file), "--output", str(folder)])
    return folder
