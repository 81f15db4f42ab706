"""Turns the rendered project in folder FOLDER into one of classification with mixed types: data, contract and example request."""
import json
import math
import pathlib
import random
import sys

data = pathlib.Path(sys.argv[1], "data")
for old in data.glob("*.csv"):
    name = old.name
random.seed(4)
rows = ["Tenure (months),Monthly Charges ($),Contract,Senior,Churn"]
for _ in range(400):
    tenure, charges = random.randint(0, 72), round(random.uniform(18, 120), 2)
    kind, senior = random.choice(["Month-to-month", "One year", "Two year"]), random.choice(["yes", "no"])
    odds = 2 - 0.08 * tenure + 0.02 * charges + {"Month-to-month": 1, "One year": -0.5, "Two year": -2}[kind]
    churned = "yes" if random.random() < 1 / (1 + math.exp(-odds)) else "no"
    rows.append(f"{tenure},{'' if random.random() < 0.05 else charges},{kind},{senior},{churned}")
(data / name).write_text("\n".join(rows) + "\n")
contract = {
    "version": 2,
    "task": {"kind": "classification", "classes": ["no", "yes"], "threshold": 0.5},
    "target": "Churn",
    "columns": [
        {"name": "Tenure (months)", "alias": "tenure", "type": "integer", "min": 0},
        {"name": "Monthly Charges ($)", "alias": "charges", "type": "number", "required": False, "when_missing": "median"},
        {"name": "Contract", "type": "category", "unknown": "most-frequent"},
        {"name": "Senior", "type": "boolean"},
        {"name": "Churn", "type": "category"},
    ],
    "holdout": {"fraction": 0.25, "seed": 1},
}
(data / "data-contract.json").write_text(json.dumps(contract, indent=2))
example = {"data": [{"Tenure (months)": 3, "charges": 70.5, "Contract": "One year", "Senior": False},
                    {"Tenure (months)": 60, "Contract": "of a kind not seen", "Senior": True}]}
(data / "example-request.json").write_text(json.dumps(example))
# What the spec says of the metric of a classification.
for defaults in pathlib.Path(sys.argv[1]).glob("src/*/defaults.py"):
    defaults.write_text(defaults.read_text().replace('METRIC = "mse"', 'METRIC = "auc"'))
