"""Judges a challenger beside the champion, both on the same held-out rows. "Not better" is a result, not a failure."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from . import console, contract, metrics, model_folder, table


def main(arguments: list[str] | None = None) -> int:
    """Write the verdict; under Azure Pipelines also set the output variable `promote`."""
    args = _parser().parse_args(arguments)
    result = judge(args.data, args.contract, args.challenger, args.champion, args.metric, args.direction, args.margin)
    path = Path(args.output)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(result["reason"])
    console.set_output("promote", str(result["promote"]).lower())
    return 0


def judge(
    data: str,
    contract_file: str,
    challenger: str,
    champion: str | None,
    metric: str,
    direction: str | None,
    margin: float,
) -> dict:
    """Whether the challenger is better by more than the margin, and why."""
    rules = contract.load(contract_file)
    direction = direction or metrics.DIRECTIONS[metric]
    _, held = table.split(table.numbers(table.read(data), rules), rules)
    if not len(held):
        raise table.DataError("the contract holds out no rows, so there is nothing to judge on")
    new = _score(challenger, held, rules.target, metric)
    old = _score(champion, held, rules.target, metric) if champion and model_folder.exists(champion) else None
    if old is None:
        promote, reason = True, f"no champion yet: the challenger's {metric} is {new:.6g}"
    else:
        gain = old - new if direction == "minimize" else new - old
        promote = gain > margin
        verdict = "better" if promote else "not better"
        reason = f"{verdict}: {metric} {new:.6g} against the champion's {old:.6g} (margin {margin:g}, {direction})"
    return {
        "promote": promote,
        "reason": reason,
        "metric": metric,
        "direction": direction,
        "margin": margin,
        "challenger": new,
        "champion": old,
        "rows": len(held),
        "data_sha256": table.sha256(data),
    }


def _score(folder: str, held, target: str, metric: str) -> float:
    model = model_folder.load(folder)
    missing = [name for name in model.features if name not in held.columns]
    if missing:
        raise table.DataError(f"the model in {folder} needs the columns {', '.join(missing)}, which the data lacks")
    measured = metrics.measure(held[target], model.estimator.predict(held[model.features]))
    if metric not in measured:
        raise table.DataError(f"{metric} is not defined for {len(held)} held-out rows")
    return measured[metric]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Judge a challenger beside the champion.")
    parser.add_argument("--data", required=True, help="CSV or Parquet file, or a folder of them")
    parser.add_argument("--contract", required=True, help="the data contract")
    parser.add_argument("--challenger", required=True, help="folder of the new model")
    parser.add_argument("--champion", help="folder of the current model; missing or empty means that there is none yet")
    parser.add_argument("--metric", required=True, choices=sorted(metrics.DIRECTIONS))
    parser.add_argument("--direction", choices=("minimize", "maximize"), help="which way is better")
    parser.add_argument("--margin", type=float, default=0.0, help="by how much the challenger must be better")
    parser.add_argument("--output", required=True, help="file for the verdict, as JSON")
    return parser


if __name__ == "__main__":
    console.run(main)
