"""Judges a challenger: it must reach the floor, and be better than the champion on the same held-out rows.

"Not better" is a result, not a failure, and so is a champion that cannot be measured on today's data.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from . import console, contract, features, metrics, model_folder, model_report, table, train
from .contract import Contract
from .model_folder import Model
from .table import DataError, Table


def main(arguments: list[str] | None = None) -> int:
    """Write the verdict; under Azure Pipelines also set the output variable `promote`."""
    args = _parser().parse_args(arguments)
    floor = {"minimum": args.minimum, "maximum": args.maximum}
    result = judge(
        args.data,
        args.contract,
        args.challenger,
        args.champion,
        args.metric,
        args.direction,
        args.margin,
        floor={key: value for key, value in floor.items() if value is not None},
        incomparable=args.incomparable,
        report=args.report,
    )
    path = Path(args.output)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(console.harmless(result["reason"]))
    console.set_output("promote", str(result["promote"]).lower())
    return 0


def judge(
    data: str | Path,
    contract_file: str | Path,
    challenger: str | Path,
    champion: str | Path | None,
    metric: str,
    direction: str | None = None,
    margin: float = 0.0,
    floor: dict[str, float] | None = None,
    incomparable: str = "promote",
    report: str | Path | None = None,
) -> dict:
    """Whether the challenger is good enough and better by more than the margin, and why; `report` is a page to write.

    Raises DataError when the challenger itself cannot be measured.
    """
    rules = contract.load(contract_file)
    direction = direction or metrics.DIRECTIONS.get(metric, "minimize")
    new_model = model_folder.load(challenger)
    old_model, obstacle = _champion(champion, new_model)
    extra = _further_columns(old_model, rules)
    rows = table.training_rows(
        table.read(data, rules.with_columns(extra), optional=tuple(column.name for column in extra)), rules
    )
    _, held = table.split(rows, rules)
    held = held.take(~features.refused(new_model.features, held))
    if old_model:
        gone = [name for name in old_model.feature_names if name not in held.columns]
        if gone:
            old_model, obstacle = None, f"the data no longer has its feature {gone[0]!r}"
        else:
            both = held.take(~features.refused(old_model.features, held))
            if both.rows:
                held = both
            else:
                old_model, obstacle = None, "it refuses every held-out row"
    new_metrics = _measured(new_model, held, rules)
    old_metrics = _measured(old_model, held, rules) if old_model else None
    new, old = new_metrics.get(metric), (old_metrics or {}).get(metric)
    if new is None:
        sure = new_model.task.classifies and not hasattr(new_model.estimator, "predict_proba")
        way = "wrap it in CalibratedClassifierCV, or let model.metric be accuracy, balanced-accuracy or f1"
        hint = f"; the estimator has no predict_proba, which auc, log-loss and brier need: {way}" if sure else ""
        raise DataError(f"{metric} is not defined for the model and {held.rows} held-out rows{hint}")
    if old_model and old is None:
        obstacle = f"its {metric} is not defined"
    promote, reason = _verdict(metric, direction, margin, new, old, obstacle, floor or {}, incomparable)
    result = {
        "promote": promote,
        "reason": reason,
        "metric": metric,
        "direction": direction,
        "margin": margin,
        "floor": floor or {},
        "challenger": new,
        "champion": old,
        "rows": held.rows,
        "challenger_metrics": new_metrics,
        "champion_metrics": old_metrics,
        "data_sha256": table.sha256(data),
    }
    if report:
        path = Path(report)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(model_report.html(result, new_model, held, train.targets(held, rules, new_model.task)), "utf-8")
    return result


def _verdict(
    metric: str,
    direction: str,
    margin: float,
    new: float,
    old: float | None,
    obstacle: str | None,
    floor: dict[str, float],
    incomparable: str,
) -> tuple[bool, str]:
    if new < floor.get("minimum", new) or new > floor.get("maximum", new):
        (bound, limit) = next(iter(floor.items()))
        return False, f"not good enough: {metric} {new:.6g}, and the {bound} is {limit:g}"
    if obstacle:
        decision = "promoted without comparison" if incomparable == "promote" else "the champion stays"
        return incomparable == "promote", f"no comparable champion: {obstacle}; {decision}, {metric} {new:.6g}"
    if old is None:
        return True, f"no champion yet: the challenger's {metric} is {new:.6g}"
    gain = old - new if direction == "minimize" else new - old
    promote = gain > margin
    verdict = "better" if promote else "not better"
    return promote, f"{verdict}: {metric} {new:.6g} against the champion's {old:.6g} (margin {margin:g}, {direction})"


def _champion(folder: str | Path | None, challenger: Model) -> tuple[Model | None, str | None]:
    """The champion, or why it cannot be compared; neither when there is none."""
    if not folder or not model_folder.exists(folder):
        return None, None
    try:
        model = model_folder.load(folder)
    except model_folder.ModelError as error:
        return None, f"it cannot be read: {error}"
    if (model.task.kind, model.task.classes) != (challenger.task.kind, challenger.task.classes):
        return None, "it predicts something else"
    return model, None


def _further_columns(champion: Model | None, rules: Contract) -> list[contract.Column]:
    """Columns that only the champion takes; an empty cell in them is its own affair."""
    known = {column.name for column in rules.columns}
    mine = [feature.column for feature in champion.features] if champion else []
    return [contract.column({"name": c.name, "type": c.type, "required": False}) for c in mine if c.name not in known]


def _measured(model: Model, held: Table, rules: Contract) -> dict[str, float]:
    if not held.rows:
        raise DataError("the contract holds out no row that the model takes, so there is nothing to judge on")
    return train.of_rows(model, held, rules)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Judge a challenger beside the champion.")
    parser.add_argument("--data", required=True, help="CSV, TSV or Parquet file, or a folder of them")
    parser.add_argument("--contract", required=True, help="the data contract")
    parser.add_argument("--challenger", required=True, help="folder of the new model")
    parser.add_argument("--champion", help="folder of the current model; missing or empty means that there is none yet")
    parser.add_argument("--metric", required=True, help=f"{', '.join(metrics.DIRECTIONS)}, or one of estimator.py")
    parser.add_argument("--direction", choices=("minimize", "maximize"), help="which way is better")
    parser.add_argument("--margin", type=float, default=0.0, help="by how much the challenger must be better")
    floor = parser.add_mutually_exclusive_group()
    floor.add_argument("--minimum", type=float, help="least value that any model must reach, the first one too")
    floor.add_argument("--maximum", type=float, help="greatest value that any model may have, the first one too")
    parser.add_argument("--incomparable", choices=("promote", "keep"), default="promote", help="[default: promote]")
    parser.add_argument("--output", required=True, help="file for the verdict, as JSON")
    parser.add_argument("--report", help="file for a page about the challenger: metrics, residuals, drift, importance")
    return parser


if __name__ == "__main__":
    console.run(main)
