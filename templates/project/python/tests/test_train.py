from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from {= package =} import contract, model_folder, table, train


def test_the_known_relation_is_learned(model_folder: Path) -> None:
    from {= package =} import model_folder as folder

    model = folder.load(model_folder)
    assert model.features == ["a", "b"]
    assert model.estimator.coef_ == pytest.approx([2, -1], abs=0.01)
    assert model.estimator.intercept_ == pytest.approx(3, abs=0.01)
    assert json.loads((model_folder / "metrics.json").read_text())["holdout"]["r2"] > 0.99


def test_the_search_takes_the_best_alpha(data_file: Path, contract_file: Path) -> None:
    model = train.fit(data_file, contract.load(contract_file), None, [0.001, 1000.0], folds=3)
    assert model.card["alpha"] == 0.001
    assert [alpha for alpha, _ in model.card["training"]["search"]] == [0.001, 1000.0]


def test_shards_combine_to_the_model_of_all_rows(tmp_path: Path, data_file: Path, contract_file: Path) -> None:
    common = ["--data", str(data_file), "--contract", str(contract_file)]
    for index in range(3):
        train.main([*common, "--shard", f"{index}/3", "--partial", str(tmp_path / "partials" / f"{index}.npz")])
    combine = ["--contract", str(contract_file), "--combine", str(tmp_path / "partials")]
    train.main([*combine, "--alpha", "0.1", "--output", str(tmp_path / "combined")])
    whole = train.fit(data_file, contract.load(contract_file), 0.1)
    combined = model_folder.load(tmp_path / "combined")
    assert combined.estimator.coef_ == pytest.approx(whole.estimator.coef_, rel=1e-9)
    assert combined.estimator.intercept_ == pytest.approx(whole.estimator.intercept_, rel=1e-9)


def test_a_missing_shard_is_refused(tmp_path: Path, data_file: Path, contract_file: Path) -> None:
    common = ["--data", str(data_file), "--contract", str(contract_file)]
    train.main([*common, "--shard", "0/2", "--partial", str(tmp_path / "partials" / "0.npz")])
    combine = ["--contract", str(contract_file), "--combine", str(tmp_path / "partials")]
    with pytest.raises(table.DataError, match="expected 0 to 1"):
        train.main([*combine, "--alpha", "1", "--output", str(tmp_path / "m")])


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("text", "row 3, column a: 'text' is not a number"),
        ("inf", "not finite"),
        ("", "empty, but the column is required"),
    ],
)
def test_a_bad_cell_is_named(tmp_path: Path, contract_file: Path, cell: str, message: str, rows) -> None:
    bad = rows(10).astype(object)
    bad.loc[2, "a"] = cell
    path = tmp_path / "bad.csv"
    bad.to_csv(path, index=False)
    with pytest.raises(table.DataError, match=message):
        train.fit(path, contract.load(contract_file), 1.0)


def test_rows_without_an_optional_value_are_left_out(tmp_path: Path, contract_file: Path, rows) -> None:
    gaps = rows(40)
    gaps.loc[:9, "b"] = np.nan
    path = tmp_path / "gaps.csv"
    gaps.to_csv(path, index=False)
    assert len(table.numbers(table.read(path), contract.load(contract_file))) == 30


def test_a_column_that_is_missing_is_named(tmp_path: Path, contract_file: Path, rows) -> None:
    path = tmp_path / "narrow.csv"
    rows(10).drop(columns="a").to_csv(path, index=False)
    with pytest.raises(table.DataError, match="lacks the columns a"):
        train.fit(path, contract.load(contract_file), 1.0)


def test_the_split_is_the_same_each_time(data_file: Path, contract_file: Path) -> None:
    rules = contract.load(contract_file)
    frame = table.numbers(table.read(data_file), rules)
    first, second = table.split(frame, rules), table.split(frame, rules)
    assert first[1].index.equals(second[1].index)
    assert len(first[1]) == 50
