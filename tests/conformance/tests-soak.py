"""Adds up the runs of `tests-soak.sh --sum`: of each binary how many passed with 1, 2 and 8 threads, and of whole runs."""

import csv
import sys
from collections import defaultdict
from pathlib import Path

NAMES = ("when", "commit", "load", "long", "threads", "outcome", "seconds", "binary")
THREADS = ("1", "2", "8")


def main() -> int:
    """Prints the totals; 1 if a run failed, 2 if there is nothing to add up."""
    path = Path(sys.argv[1])
    if not path.is_file():
        print(f"{path} is not there: no sitting has begun", file=sys.stderr)
        return 2
    with path.open(encoding="utf-8", newline="") as file:
        runs = list(csv.DictReader(file, NAMES, delimiter="\t"))
    by_binary: dict[str, list[dict[str, str]]] = defaultdict(list)
    for run in runs:
        by_binary[run["binary"]].append(run)
    width = max(len(name) for name in by_binary)
    print(f"{'':{width}}  {'all':>9}" + "".join(f"  {number + ' thr.':>9}" for number in THREADS) + "  longest")
    for name, own in sorted(by_binary.items()):
        cells = [share(own)] + [share([run for run in own if run["threads"] == number]) for number in THREADS]
        longest = max(int(run["seconds"]) for run in own)
        print(f"{name:{width}}" + "".join(f"  {cell:>9}" for cell in cells) + f"  {longest:5} s")
    # The n-th run of each binary together is one whole run; a binary that has fewer is not through with the next one.
    whole = min(len(own) for own in by_binary.values())
    good = sum(all(own[n]["outcome"] == "passed" for own in by_binary.values()) for n in range(whole))
    passed = sum(run["outcome"] == "passed" for run in runs)
    commits = sorted({run["commit"] for run in runs})
    loaded = sum(run["load"] == "yes" for run in runs)
    seconds = sum(int(run["seconds"]) for run in runs)
    print(f"whole runs: {good} of {whole}; runs: {passed} of {len(runs)}, {loaded} of them beside other work, {seconds} s")
    print(f"commits: {', '.join(commits)}")
    return 0 if passed == len(runs) else 1


def share(runs: list[dict[str, str]]) -> str:
    """How many of these passed."""
    return f"{sum(run['outcome'] == 'passed' for run in runs)} of {len(runs)}" if runs else "-"


if __name__ == "__main__":
    sys.exit(main())
