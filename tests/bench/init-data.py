"""Times `mlops-gen init --data` on 100 MB of CSV, and of Parquet where pyarrow is there, and prints how long a look takes.

The whole command is timed: the look, the copy, the render and its proof. It must say that it sampled. Exits with 1 where a
run takes longer than 2 seconds. Run: `python3 tests/bench/init-data.py [runs]`; builds the released program.
"""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BYTES = 100_000_000
LIMIT = 2.0


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    build = ["cargo", "build", "--release", "--quiet", "--workspace", "--bin", "mlops-gen", "--message-format=json"]
    messages = subprocess.run(build, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    built = [m for m in map(json.loads, messages) if m.get("target", {}).get("name") == "mlops-gen" and m.get("executable")]
    tool = built[-1]["executable"]
    slow = False
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for data in [csv_file(work), parquet_file(work)]:
            if data is None:
                print("no pyarrow here: Parquet is left out")
                continue
            times = [timed(tool, data, work / f"{data.suffix[1:]}-{run}") for run in range(runs)]
            middle = statistics.median(times)
            slow |= middle > LIMIT
            print(f"{data.name}: {data.stat().st_size / 1e6:.0f} MB, median of {runs} runs {middle:.2f} s, slowest {max(times):.2f} s")
    if slow:
        sys.exit(f"slower than {LIMIT} s")


def timed(tool: str, data: Path, out: Path) -> float:
    """Seconds of a whole `init`."""
    call = [tool, "init", str(out), "--yes", "--no-git", "--json", "--data", str(data), "--target", "y"]
    start = time.perf_counter()
    done = subprocess.run(call, check=True, capture_output=True, text=True)
    seconds = time.perf_counter() - start
    seen = json.loads(done.stdout)["data"]
    assert seen["sampled"], "the file was read whole"
    return seconds


def rows(random_: random.Random, count: int) -> list[tuple]:
    places = ["Ghent", "Den Haag", "Paris, 7e", "Köln"]
    return [
        (n, random_.randint(18, 90), random_.choice(places), round(random_.gauss(50, 12), 3), f"2026-{n % 12 + 1:02}-{n % 28 + 1:02}", random_.random() < 0.3, random_.randint(0, 1000))
        for n in range(count)
    ]


NAMES = ["id", "age", "place", "spend", "day", "active", "y"]


def csv_file(work: Path) -> Path:
    path = work / "large.csv"
    random_ = random.Random(1)
    with path.open("w") as stream:
        stream.write(",".join(NAMES) + "\n")
        block = rows(random_, 20_000)
        written, first = 0, 0
        while written < BYTES:
            text = "".join(
                f'{first + n},{age},"{place}",{spend},{day},{"yes" if active else "no"},{y}\n' for n, age, place, spend, day, active, y in block
            )
            written += stream.write(text)
            first += len(block)
    return path


def parquet_file(work: Path) -> Path | None:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        return None
    path = work / "large.parquet"
    random_ = random.Random(2)
    writer = None
    while writer is None or path.stat().st_size < BYTES:
        block = rows(random_, 100_000)
        columns = dict(zip(NAMES, map(list, zip(*block)), strict=True))
        columns["noise"] = [random_.random() for _ in block]
        table = pyarrow.table(columns)
        writer = writer or parquet.ParquetWriter(path, table.schema)
        writer.write_table(table)
        if path.stat().st_size > 0.95 * BYTES:
            break
    writer.close()
    return path


if __name__ == "__main__":
    main()
