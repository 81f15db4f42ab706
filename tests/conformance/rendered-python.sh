#!/usr/bin/env bash
# The rendered Python project, untouched, passes its own tests and lint in a fresh virtual environment, and comes to the
# verdicts of tests/verdicts. So does the project of a case with classes and categories, or of the cases that are named
# (house-prices-mixed, own-estimator).
# PYTHON_VENV names an environment that has requirements-dev.txt and lightgbm already.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_lib.sh"
mlops_gen init "$work/demo" --yes --no-git --runtime python 2>/dev/null
cd "$work/demo"
if [[ -n ${PYTHON_VENV:-} ]]; then
  export PATH=$PYTHON_VENV/bin:$PATH
else
  python3.11 -m venv "$work/venv"
  export PATH=$work/venv/bin:$PATH
  pip install --quiet --disable-pip-version-check -r requirements-dev.txt
fi
judge() {
  PYTHONPATH=src pytest --quiet -p no:cacheprovider
  mypy
  ruff check --quiet .
  ruff format --check --quiet .
}
judge
PYTHONPATH=src python "$root/tests/conformance/verdicts-python.py" demo "$root/tests/verdicts"
for case in "${@:-churn-classification}"; do
  mkdir "$work/$case"
  cp "$root/tests/cases/$case/mlops.yaml" "$work/$case"
  (cd "$work/$case" && mlops_gen render >/dev/null 2>&1 && judge) || { echo "$case failed"; exit 1; }
done

# Projects of own data: categories with gaps, markers, no header, and what init writes anew, read by pandas' users as they are.
own() {
  mlops_gen init "$work/$1" --yes --no-git --runtime python --data "$work/$2" --target "$3" 2>/dev/null
  (cd "$work/$1" && mlops_gen check 2>/dev/null && judge) || { echo "own data $1 failed"; exit 1; }
}
python - "$work" <<'END'
import pathlib, random, sys

random.seed(7)
work = pathlib.Path(sys.argv[1])
some = lambda least, most: random.randint(least, most)
rents = ["Größe;Straße;Seit;Balkon;Kaltmiete"]
for row in range(240):
    size = some(20, 120)
    shown = "k. A." if row % 30 == 7 else f"{size},5"
    street, balcony = some(0, 1), some(0, 1)
    rent = 9 * size + 120 * street + 40 * balcony + some(0, 9)
    rents.append(f"{shown};{['Bäckergasse', 'Weg'][street]};2020-01-{row % 28 + 1:02};{['nein', 'ja'][balcony]};{rent},25")
(work / "mieten.csv").write_text("\n".join(rents), encoding="cp1252")
incomes = []
for _ in range(300):
    age = some(18, 80)
    income = ">50K" if age + some(-10, 10) > 50 else "<=50K"
    incomes.append(f"{age}, {random.choice(['Private', 'State-gov', '?'])}, {income}")
(work / "adult.data").write_text("\n".join(incomes))
END
own rents mieten.csv Kaltmiete
own incomes adult.data column_3
