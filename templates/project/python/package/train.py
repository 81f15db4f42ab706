"""Trains the model: `python -m {= package =}.train --help` says how."""

from __future__ import annotations

import argparse
import json
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pandas as pd

from . import baseline, console, contract, estimator, metrics, model_folder, partial, table
from .contract import Contract
from .model_folder import SCHEMA_VERSION, Model


def main(arguments: list[str] | None = None) -> int:
    """Train on the whole data, write one shard's statistics, or combine those of all shards."""
    args = _parser().parse_args(arguments)
    rules = contract.load(args.contract)
    if args.combine:
        model = partial.combine(Path(args.combine), rules, args.alpha)
    elif args.shard:
        index, count = args.shard
        partial.write(Path(args.partial), Path(args.data), rules, index, count)
        return 0
    else:
        model = fit(args.data, rules, args.alpha, args.alphas, args.folds, args.fit_on)
    model_folder.save(model, args.output)
    (Path(args.output) / "metrics.json").write_text(
        json.dumps(model.card["metrics"], indent=2) + "\n", encoding="utf-8"
    )
    print(json.dumps(model.card["metrics"]))
    return 0


def fit(
    data: str | Path,
    rules: Contract,
    alpha: float | None,
    alphas: list[float] | None = None,
    folds: int = 5,
    fit_on: str = "train",
) -> Model:
    """Fit on the training rows and measure on the rows that were held out."""
    rows = table.numbers(table.read(data), rules)
    train, held = table.split(rows, rules)
    searched: list[tuple[float, float]] = []
    if alphas:
        found = estimator.search(alphas, folds).fit(train[rules.features], train[rules.target])
        alpha = float(found.best_params_["alpha"])
        searched = [(float(a), -float(s)) for a, s in zip(alphas, found.cv_results_["mean_test_score"], strict=True)]
    if alpha is None:
        raise table.DataError("neither --alpha nor --alphas says how strong the penalty is")
    fitted = estimator.build(alpha).fit(train[rules.features], train[rules.target])
    measured = measure(fitted, train, held, rules)
    if fit_on == "all":
        fitted = estimator.build(alpha).fit(rows[rules.features], rows[rules.target])
    return Model(fitted, card(rules, train, alpha, measured, searched, table.sha256(data), fit_on))


def measure(fitted, train: pd.DataFrame, held: pd.DataFrame, rules: Contract) -> dict:
    """Metrics on the training rows, and on the held-out rows where there are any."""
    result = {"train": metrics.measure(train[rules.target], fitted.predict(train[rules.features]))}
    if len(held):
        result["holdout"] = metrics.measure(held[rules.target], fitted.predict(held[rules.features]))
    return result


def card(
    rules: Contract, train: pd.DataFrame, alpha: float, measured: dict, searched: list, digest: str, on: str
) -> dict:
    """What is known of the model, for evaluation, data tests and people."""
    return {
        "schema_version": SCHEMA_VERSION,
        "code_version": _code_version(),
        "alpha": alpha,
        "features": [{"name": name, "baseline": baseline.of(train[name])} for name in rules.features],
        "target": {"name": rules.target, "baseline": baseline.of(train[rules.target])},
        "metrics": measured,
        "training": {
            "rows": len(train),
            "data_sha256": digest,
            "split": {"fraction": rules.holdout.fraction, "seed": rules.holdout.seed, "fit_on": on},
            "search": searched,
        },
    }


def _code_version() -> str:
    try:
        return version(__package__ or "")
    except PackageNotFoundError:
        return "unknown"


def _shard(text: str) -> tuple[int, int]:
    try:
        index, count = (int(part) for part in text.split("/"))
    except ValueError:
        index, count = 0, 0
    if not 0 <= index < count:
        raise argparse.ArgumentTypeError("a shard is written I/N with I from 0 to N - 1")
    return index, count


def _alphas(text: str) -> list[float]:
    return [_alpha(part) for part in text.split(",")]


def _alpha(text: str) -> float:
    value = float(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError("alpha is 0 or greater")
    return value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Train the model.")
    parser.add_argument("--data", help="CSV or Parquet file, or a folder of them")
    parser.add_argument("--contract", required=True, help="the data contract")
    penalty = parser.add_mutually_exclusive_group()
    penalty.add_argument("--alpha", type=_alpha, help="penalty of the ridge, 0 or greater")
    penalty.add_argument("--alphas", type=_alphas, help="penalties to choose from by cross-validation, with commas")
    parser.add_argument("--folds", type=int, default=5, help="folds of the cross-validation")
    parser.add_argument("--fit-on", choices=("train", "all"), default="train", help="rows of the last fit")
    parser.add_argument("--output", help="folder for model.json, model.skops and metrics.json")
    parser.add_argument("--shard", type=_shard, metavar="I/N", help="only this shard's statistics")
    parser.add_argument("--partial", help="file for the shard's statistics")
    parser.add_argument("--combine", metavar="DIR", help="folder with the statistics of all shards")
    return parser


if __name__ == "__main__":
    console.run(main)
