"""Prints a data contract for a CSV file of numbers: each column of its header, the last one as the target."""

import csv
import json
import sys

with open(sys.argv[1], newline="") as file:
    names = next(csv.reader(file))
fraction, seed = (sys.argv[2:] + ["0.2", "0"])[:2] if len(sys.argv) > 2 else ("0.2", "0")
json.dump(
    {
        "version": 1,
        "target": names[-1],
        "columns": [{"name": name, "type": "number"} for name in names],
        "holdout": {"fraction": float(fraction), "seed": int(seed)},
    },
    sys.stdout,
)
