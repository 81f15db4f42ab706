#!/usr/bin/env python3
"""The Python runtime against the corpus of verdicts (tests/verdicts/README.md), as tests/tests/verdicts.rs holds the Rust
runtime against it: verdicts-python.py PACKAGE CORPUS, where PACKAGE is the rendered package, installed here."""
import dataclasses
import importlib
import json
import math
import pathlib
import struct
import sys
import tempfile

import numpy as np

package, corpus = sys.argv[1], pathlib.Path(sys.argv[2])
contract, features, table = (importlib.import_module(f"{package}.{name}") for name in ("contract", "features", "table"))


def verdict(case):
    """What the runtime makes of a case, in the corpus' words."""
    try:
        rules = contract.parse(case["contract"])
    except (ValueError, TypeError, KeyError):
        return {"refused": "invalid-contract"}
    try:
        rows = table.read(corpus / case["data"], rules)
        known = features.fit(table.training_rows(rows, rules), rules) if rows.rows else []
    except table.DataError as error:
        return {"refused": error.kind, "row": error.row, "column": error.column}
    cells = [[cell(rows.columns[column.name][row]) for column in rules.columns] for row in range(rows.rows)]
    found = {"rows": cells}
    if known and not features.refused(known, rows).any() and all(item.column.type != "text" for item in known):
        found["encoded"] = features.matrix(known, rows).tolist()
    return found


def cell(value):
    missing = value is None or (isinstance(value, float) and math.isnan(value))
    return None if missing else value.item() if isinstance(value, np.generic) else value


def same(expected, found):
    """Equal, with every number by its bits."""
    if isinstance(expected, list):
        return isinstance(found, list) and len(found) == len(expected) and all(map(same, expected, found))
    if isinstance(expected, (int, float)) and isinstance(found, (int, float)):
        return struct.pack("d", expected) == struct.pack("d", found)
    return expected == found


cases = json.loads((corpus / "cases.json").read_text())
assert len(cases) >= 150, len(cases)
wrong = 0
for case in cases:
    found = verdict(case)
    if not all(same(value, found.get(member)) for member, value in case["expected"].items()):
        wrong += 1
        print(f"{case['name']}: expected {case['expected']}, found {found}")
print(f"{len(cases) - wrong} of {len(cases)} verdicts")

modules = (importlib.import_module(f"{package}.{name}") for name in ("drift", "model_folder", "outcomes"))
drift, model_folder, outcomes = modules


def shape(given):
    """A distribution as `baseline.of` writes it."""
    if given is None or "edges" in given:
        return given
    return {"levels": given["levels"], "count": sum(given["levels"].values()) + given["others"]}


def finding(case):
    """What the runtime finds in the lines of a case."""
    given = case["reference"]
    task = given["task"]
    columns = tuple(
        drift.ColumnReference(
            one["name"], one["type"], frozenset(one["levels"]), one["count"], one["missing"], shape(one["shape"])
        )
        for one in given["columns"]
    )
    reference = drift.Reference(
        tuple(given["models"]),
        model_folder.Task(task["kind"], tuple(task.get("classes", ())), task.get("threshold") or 0.5),
        columns,
        shape(given["predictions"]),
    )
    limits = drift.Limits(**case["limits"])
    text = "".join(f"{line}\n" for line in case["lines"])
    asked = case.get("outcomes")
    beside = None if asked is None else compared(asked, reference.task)
    found = drift.judge(drift.read([("log.jsonl", text)], reference, case["since"], beside), limits)
    if beside is not None:
        told = outcomes.judge(beside, outcomes.OutcomeLimits(**asked["limits"]), asked["before"])
        found = drift.with_outcomes(found, told)
    return json.loads(json.dumps(dataclasses.asdict(found)))


def compared(asked, task):
    """What a case says that turned out, read from files."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in asked["files"].items():
            (pathlib.Path(folder) / name).write_text(text)
        rules = contract.parse(asked["contract"])
        known = outcomes.read(pathlib.Path(folder), rules, tuple(asked["by"]), task)
    return outcomes.Comparison(known, task, asked["since"])


def near(expected, found):
    """Equal, with numbers up to the rounding of a sum."""
    if isinstance(expected, list):
        return isinstance(found, list) and len(found) == len(expected) and all(map(near, expected, found))
    if isinstance(expected, dict):
        return expected.keys() == found.keys() and all(near(value, found[name]) for name, value in expected.items())
    if isinstance(expected, float) and isinstance(found, (int, float)):
        return abs(expected - found) <= 1e-12 * max(1, abs(expected))
    return expected == found


logs = json.loads((corpus / "drift.json").read_text())
assert len(logs) >= 90, len(logs)
strange = 0
for case in logs:
    found = finding(case)
    if not near(case["expected"], found):
        strange += 1
        print(f"{case['name']}: expected {case['expected']}, found {found}")
print(f"{len(logs) - strange} of {len(logs)} findings of drift")

names = ("console", "data_test", "defaults", "evaluate", "train")
console, data_test, defaults, evaluate, train = (importlib.import_module(f"{package}.{name}") for name in names)
app, settings = (importlib.import_module(f"{package}.score.{name}") for name in ("app", "settings"))


def extreme(case, folder):
    """What testing, training, evaluation and scoring make of a table, as the table of cases says it."""
    from starlette.testclient import TestClient

    data, rules, model = folder / "t.csv", folder / "contract.json", folder / "model"
    data.write_text(case["data"])
    rules.write_text(json.dumps(case["contract"]))
    numbers = case["contract"]["task"]["kind"] == "regression"
    known = contract.load(rules)
    result = {"data_test": tested(data, known, {})}
    defaults.METRIC = "mae" if numbers else "log-loss"
    algorithm, parameters = ("ridge", {"alpha": case.get("alpha", 0.1)}) if numbers else ("logistic", {"C": 10.0})
    try:
        trained = train.fit(data, known, algorithm, parameters)
    except table.DataError as error:
        return {**result, "train": {"refused": error.kind, "column": error.column}}
    train.store(trained, model)
    baselines = {feature["name"]: feature["baseline"] for feature in trained.card["features"]}
    assert tested(data, known, baselines) == result["data_test"], "beside what the model was trained on"
    verdict = evaluate.judge(data, rules, model, None, defaults.METRIC)
    with TestClient(app.create(settings.Settings(model=str(model)))) as client:
        answer = client.post("/score", json={"data": case["rows"]}).json()
    scores = answer["result"] if numbers else [chances[-1] for chances in answer["probabilities"]]
    return {**result, **verdict["challenger_metrics"], "scores": scores}


def tested(data, rules, baselines):
    _, findings = data_test.check(data, rules, baselines)
    return "failed" if any(finding.failure for finding in findings) else "passed"


def fits(expected, found):
    """Whether a result is what is expected; pairs are a value and how far from it is near."""
    for name, wanted in expected.items():
        if name in ("data_test", "train"):
            good = found.get(name) == wanted
        elif name == "scores":
            pairs = list(zip(wanted, found.get(name, []), strict=False))
            good = len(pairs) == len(wanted) and all(abs(pair[0] - value) <= pair[1] for pair, value in pairs)
        elif wanted is None:
            good = name not in found
        else:
            good = name in found and abs(wanted[0] - found[name]) <= wanted[1]
        if not good:
            return False
    return True


request = importlib.import_module(f"{package}.score.request")
problems = importlib.import_module(f"{package}.score.problems")


def feature(given):
    """A feature of a model in the table of bodies."""
    members = {key: value for key, value in given.items() if key not in ("fill", "levels")}
    if "fill" in given:
        members["required"] = False
    return features.Feature(contract.column(members), given.get("fill"), tuple(given.get("levels", ())))


def answered(case):
    """What the server makes of a body: rows and the form of the answer, or the code of a problem."""
    decoder = request.Decoder([feature(one) for one in case["model"]], case["ignore_unknown"], 8)
    body = bytes.fromhex(case["body_hex"]) if "body_hex" in case else case["body"].encode()
    try:
        found = decoder.decode(body, case["content_type"])
    except problems.Problem as problem:
        return {"code": problem.code}
    rows = [[cell(value) for value in row] for row in found.rows]
    return {"rows": rows, "answer": "tensors" if found.tensors else found.answer}


def as_floats(value):
    if isinstance(value, list):
        return [as_floats(item) for item in value]
    return float(value) if isinstance(value, (int, float)) else value


bodies = json.loads((corpus / "bodies.json").read_text())
assert len(bodies) >= 240, len(bodies)
others = 0
for case in bodies:
    found = answered(case)
    if not same(as_floats(case["expected"].get("rows", [])), as_floats(found.get("rows", []))) or any(
        found.get(name) != value for name, value in case["expected"].items() if name != "rows"
    ):
        others += 1
        print(f"{case['name']}: expected {case['expected']}, found {found}")
print(f"{len(bodies) - others} of {len(bodies)} bodies")

extremes = json.loads((corpus / "extremes.json").read_text())
assert len(extremes) >= 19, len(extremes)
odd = 0
for case in extremes:
    with tempfile.TemporaryDirectory() as folder:
        found = extreme(case, pathlib.Path(folder))
    if not fits(case["expected"], found):
        odd += 1
        print(f"{case['name']}: expected {case['expected']}, found {found}")
print(f"{len(extremes) - odd} of {len(extremes)} extremes")
sys.exit(1 if wrong or strange or odd or others else 0)
