"""The project's own data and contract: what is in the repository must train, and pass its own data test."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from {= package =} import contract, data_test, defaults, evaluate, model_folder, train
from {= package =}.score.app import create
from {= package =}.score.settings import Settings

ROOT = Path(__file__).parents[1]
DATA = ROOT / {= data_path =}
CONTRACT = ROOT / "data" / "data-contract.json"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    train.store(train.fit(DATA, contract.load(CONTRACT)), folder)
    return folder


def test_the_data_passes_its_own_test() -> None:
    assert data_test.main(["--data", str(DATA), "--contract", str(CONTRACT)]) == 0


def test_the_model_has_learned_something(model: Path) -> None:
    measured = json.loads((model / "metrics.json").read_text())["train"]
    assert measured["balanced-accuracy"] > 0.5 if "accuracy" in measured else measured["r2"] > 0


def test_the_example_request_fits_the_model(model: Path) -> None:
    request = json.loads((ROOT / "data" / "example-request.json").read_text())
    with TestClient(create(Settings(model=str(model)))) as client:
        answer = client.post("/score", json=request)
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["result"]) == len(request["data"])


def test_a_model_does_not_win_against_itself(model: Path) -> None:
    assert model_folder.exists(model)
    result = evaluate.judge(DATA, CONTRACT, model, model, defaults.METRIC)
    assert result["promote"] is False
