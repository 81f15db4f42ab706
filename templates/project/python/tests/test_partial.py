from __future__ import annotations

import json
from pathlib import Path

import pytest
from sklearn.linear_model import Ridge

from {= package =} import contract, features, model_folder, table, train

from .conftest import CONTRACT, make_rows


def test_shards_combine_to_the_model_of_all_rows(tmp_path: Path) -> None:
    columns = [*CONTRACT["columns"][:2], {"name": "y", "type": "number"}]
    path, data = tmp_path / "numbers.json", tmp_path / "numbers.csv"
    path.write_text(json.dumps({**CONTRACT, "task": {"kind": "regression"}, "columns": columns}))
    rows = make_rows()
    rows["y"] = 3 + 2 * rows["a"] - rows["b"]
    rows.to_csv(data, index=False)
    for index in range(3):
        shard = ["--shard", f"{index}/3", "--partial", str(tmp_path / "partials" / f"{index}.npz")]
        train.main(["--data", str(data), "--contract", str(path), *shard])
    combine = ["--contract", str(path), "--combine", str(tmp_path / "partials"), "--alpha", "0.1"]
    train.main([*combine, "--output", str(tmp_path / "combined")])
    rules = contract.load(path)
    known, _ = table.split(table.training_rows(table.read(data, rules), rules), rules)
    whole = Ridge(alpha=0.1).fit(features.matrix(features.fit(known, rules), known), known.columns["y"])
    combined = model_folder.load(tmp_path / "combined")
    assert combined.estimator.coef_ == pytest.approx(whole.coef_, rel=1e-9)
    (tmp_path / "partials" / "1.npz").unlink()
    with pytest.raises(table.DataError, match="expected 0 to 2"):
        train.main([*combine, "--output", str(tmp_path / "m")])
