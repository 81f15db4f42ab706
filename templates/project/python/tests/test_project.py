"""The project's own data and contract: what is in the repository must train, and pass its own data test."""

from __future__ import annotations

import json
from pathlib import Path

from {= package =} import contract, data_test, evaluate, table, train

ROOT = Path(__file__).parents[1]
DATA = ROOT / {= data_path =}
CONTRACT = ROOT / "data" / "data-contract.json"


def test_the_data_passes_its_own_test() -> None:
    assert data_test.main(["--data", str(DATA), "--contract", str(CONTRACT)]) == 0


def test_the_model_beats_the_mean(tmp_path: Path) -> None:
    rules = contract.load(CONTRACT)
    model = train.fit(DATA, rules, {= alpha =})
    assert model.card["metrics"]["holdout"]["r2"] > 0


def test_the_example_request_fits_the_model(tmp_path: Path) -> None:
    rules = contract.load(CONTRACT)
    model = train.fit(DATA, rules, {= alpha =})
    request = json.loads((ROOT / "data" / "example-request.json").read_text())["data"]
    answer = model.estimator.predict(table.pd.DataFrame(request, columns=rules.features))
    assert len(answer) == len(request)


def test_a_model_does_not_win_against_itself(tmp_path: Path) -> None:
    from {= package =} import model_folder

    model_folder.save(train.fit(DATA, contract.load(CONTRACT), {= alpha =}), tmp_path / "model")
    same = str(tmp_path / "model")
    result = evaluate.judge(str(DATA), str(CONTRACT), same, same, {= metric =}, {= direction =}, 0.0)
    assert result["promote"] is False
