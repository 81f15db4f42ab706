"""What MLflow's own client sees after the registrations of model-mlflow.sh."""

import hashlib
import json
import pathlib
import sys

import mlflow
import yaml
from mlflow.tracking import MlflowClient

work, job_run = pathlib.Path(sys.argv[1]), sys.argv[2]
read = lambda name: json.loads((work / name).read_text())
first, again, second, rejected, third = map(
    read, ["first.json", "again.json", "second.json", "rejected.json", "third.json"]
)
client = MlflowClient()
name = "diabetes ridge"


def check(truth, what):
    if not truth:
        sys.exit(f"model-mlflow: {what}")


check(first["registered"] and first["created"] and first["version"] == "1", f"first: {first}")
check(again["registered"] and not again["created"] and again["version"] == "1", f"a repetition made something: {again}")
check(second["registered"] and second["version"] == "2", f"second: {second}")
check(rejected["registered"] is False and "not better" in rejected["reason"], f"rejected: {rejected}")
check(third["registered"] and third["run_id"] == job_run, f"third: {third}")

versions = {v.version: v for v in client.search_model_versions("name='diabetes ridge'")}
check(sorted(versions) == ["1", "2", "3"], f"versions: {sorted(versions)}")
experiment = client.get_experiment_by_name("conformance's")
runs = client.search_runs([experiment.experiment_id])
check(len(runs) == 2, f"{len(runs)} runs, expected one a model")

for version, folder in (("1", "first"), ("2", "second"), ("3", "third")):
    found, model = versions[version], read(f"{folder}/model.json")
    digest = hashlib.sha256((work / folder / "model.json").read_bytes()).hexdigest()
    check(found.status == "READY", f"{version}: {found.status}")
    check(found.tags["model_sha256"] == digest, f"{version}: digest")
    check(found.tags["BuildId"] == "42" and found.tags["BuildUri"] == "vstfs:///Build/Build/42", f"{version}: {found.tags}")
    check(found.tags["data_blake3"] == model["training"]["data_blake3"], f"{version}: lineage tag")
    run = client.get_run(found.run_id)
    check(run.data.params["alpha"] == repr(model["alpha"]).removesuffix(".0"), f"{version}: {run.data.params}")
    check(run.data.metrics["holdout_mse"] == model["metrics"]["holdout"]["mse"], f"{version}: {run.data.metrics}")
    inputs = run.inputs.dataset_inputs
    check(len(inputs) == 1 and model["training"]["data_blake3"].startswith(inputs[0].dataset.digest), f"{version}: inputs")
    check(inputs[0].tags[0].value == "training", f"{version}: input tags")
    if version != "3":
        check(run.info.status == "FINISHED", f"{version}: the run is {run.info.status}")
    # The files, by the version's own source.
    local = pathlib.Path(mlflow.artifacts.download_artifacts(f"models:/{name}/{version}", dst_path=str(work / f"got-{version}")))
    check((local / "model.json").read_bytes() == (work / folder / "model.json").read_bytes(), f"{version}: files differ")
    info = mlflow.models.Model.load(str(local / "MLmodel"))
    check([c.name for c in info.signature.inputs.inputs] == [f["input"]["name"] for f in model["features"]], f"{version}: signature")
    check(yaml.safe_load((local / "MLmodel").read_text())["run_id"] == found.run_id, f"{version}: MLmodel's run")

champion = (work / "champion" / "model.json").read_bytes()
check(champion == (work / "third" / "model.json").read_bytes(), "the champion folder has the model registered last")
check((work / "champion" / "metrics.json").exists(), "the champion folder has the other files too")
print("model-mlflow: 3 versions, 1 repetition, 1 refusal as expected")
