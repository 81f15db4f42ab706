"""Registers the model with MLflow, which is what Azure ML speaks; registering the same model again changes nothing."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
from pathlib import Path

import mlflow
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from . import console, model_folder

HASH_TAG = "model_sha256"
# Most characters of the model card that go into the version's description; the whole card lies beside the model.
DESCRIPTION = 4_000


def main(arguments: list[str] | None = None) -> int:
    """Register when the verdict says so, then write what happened."""
    args = _parser().parse_args(arguments)
    verdict = json.loads(Path(args.evaluation).read_text(encoding="utf-8"))
    result = {"registered": False, "reason": verdict["reason"]}
    if verdict["promote"]:
        if args.tracking_uri:
            mlflow.set_tracking_uri(args.tracking_uri)
        version = register(args.model, args.name, args.experiment, dict(args.tag), verdict)
        if args.champion:
            shutil.copytree(args.model, args.champion, dirs_exist_ok=True)
        result = {"registered": True, "name": args.name, "version": version}
    path = Path(args.output)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(console.harmless(json.dumps(result)))
    return 0


def register(folder: str, name: str, experiment: str | None, tags: dict[str, str], verdict: dict) -> str:
    """Log the run, make a version of the model, and return the version's number."""
    model = model_folder.load(folder)
    digest = hashlib.sha256(Path(folder, "model.json").read_bytes()).hexdigest()
    client = MlflowClient()
    known = _known_version(client, name, digest)
    if known:
        return known
    if experiment and not os.environ.get("MLFLOW_RUN_ID"):
        mlflow.set_experiment(experiment)
    with mlflow.start_run(run_id=os.environ.get("MLFLOW_RUN_ID")) as run:
        held = model.card["metrics"].get("holdout") or model.card["metrics"]["train"]
        mlflow.log_params({"algorithm": model.card["algorithm"], **model.card["parameters"]})
        mlflow.log_metrics(held)
        mlflow.log_artifacts(folder, artifact_path="model")
        before = verdict.get("champion")
        champion = {} if before is None else {f"champion_{verdict['metric']}": f"{before:.10g}"}
        lineage = {
            **tags,
            "run_id": run.info.run_id,
            "data_sha256": model.card["training"]["data_sha256"],
            "metric": verdict["metric"],
            verdict["metric"]: f"{verdict['challenger']:.10g}",
            **champion,
            HASH_TAG: digest,
        }
        mlflow.set_tags(lineage)
        source = f"{run.info.artifact_uri}/model"
        _ensure_model(client, name)
        told = Path(folder, "MODEL_CARD.md")
        about = told.read_text(encoding="utf-8")[:DESCRIPTION] if told.is_file() else None
        version = client.create_model_version(name, source, run_id=run.info.run_id, tags=lineage, description=about)
    return str(version.version)


def _known_version(client: MlflowClient, name: str, digest: str) -> str | None:
    try:
        found = client.search_model_versions(f"name = '{name}'")
    except MlflowException:
        return None
    return next((str(version.version) for version in found if version.tags.get(HASH_TAG) == digest), None)


def _ensure_model(client: MlflowClient, name: str) -> None:
    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def _tag(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not key or not separator:
        raise argparse.ArgumentTypeError("a tag is written key=value")
    return key, value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Register the model.")
    parser.add_argument("--model", required=True, help="folder of the model")
    parser.add_argument("--name", required=True, help="name in the registry")
    parser.add_argument("--evaluation", required=True, help="the verdict of evaluate")
    parser.add_argument("--champion", help="folder that keeps the current champion for the next evaluation")
    parser.add_argument("--tracking-uri", help="MLflow server [default: MLFLOW_TRACKING_URI]")
    parser.add_argument("--experiment", help="experiment of the run, outside an Azure ML job")
    parser.add_argument("--tag", type=_tag, action="append", default=[], metavar="KEY=VALUE", help="lineage")
    parser.add_argument("--output", required=True, help="file for name and version, as JSON")
    return parser


if __name__ == "__main__":
    console.run(main)
