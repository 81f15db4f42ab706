"""Training beside scikit-learn, in the same run on the same machine with the same number of threads.

Usage: training.py BENCH_PROGRAM [--small]

BENCH_PROGRAM is the benchmark `training` of the package `model`. Prints tables of seconds (best of the repeats), ratios
and shares of what the machine can do, and at the end each limit and whether it is kept. Exit code 1 when one is not;
with --small, whose tables are too small for the limits, always 0.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time

THREADS = len(os.sched_getaffinity(0))
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = str(THREADS)

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.linear_model import LogisticRegression, Ridge

PROGRAM = sys.argv[1]
SMALL = "--small" in sys.argv
SCALE = 10 if SMALL else 1
REPEATS = 5


def ours(*arguments):
    output = subprocess.run([PROGRAM, *map(str, arguments)], check=True, capture_output=True, text=True).stdout
    return json.loads(output.splitlines()[-1])


def best(run, repeats=REPEATS):
    run()
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def machine():
    """Bytes read and floating point operations per second, by all threads."""
    data = np.ones(THREADS * 64_000_000 // SCALE)
    parts = np.array_split(data, THREADS)

    def read():
        workers = [threading.Thread(target=np.add.reduce, args=(part,)) for part in parts]
        [w.start() for w in workers]
        [w.join() for w in workers]

    bandwidth = data.nbytes / best(read)
    n = 2000
    a = np.random.default_rng(0).standard_normal((n, n))
    return bandwidth, 2 * n**3 / best(lambda: a @ a)


class Limits:
    """What is measured, beside the limit that it has to keep."""

    def __init__(self):
        self.rows = []

    def at_least(self, what, figure, limit):
        self.rows.append((what, f"{figure:.2f}", f"at least {limit}", figure >= limit))

    def at_most(self, what, figure, limit):
        self.rows.append((what, f"{figure:.2f}", f"at most {limit}", figure <= limit))

    def report(self):
        print(f"\n{'limit':58} {'figure':>7}  {'expected':14} kept")
        for what, figure, limit, kept in self.rows:
            print(f"{what:58} {figure:>7}  {limit:14} {'yes' if kept else 'NO'}")
        return all(kept for *_, kept in self.rows)


def in_memory(limits, bandwidth, flops):
    print(f"{'in memory, f64, alpha 1':26} {'ours':>8} {'cholesky':>9} {'ratio':>6}  {'of bandwidth':>12} {'of FMA':>7}")
    for rows, columns, limit in [(100_000, 10, None), (100_000, 100, None), (1_000_000, 10, 12), (1_000_000, 100, 2.5)]:
        rows //= SCALE
        generator = np.random.default_rng(0)
        x = generator.standard_normal((rows, columns))
        y = x.sum(axis=1) + generator.standard_normal(rows)
        # In turn, so that both have the same neighbours on the machine.
        mine, peer = [], []
        for _ in range(4):
            peer.append(best(lambda: Ridge(alpha=1.0, solver="cholesky").fit(x, y)))
            mine.append(ours("memory", rows, columns, THREADS, REPEATS)["best"])
        mine, peer = min(mine), min(peer)
        # The least work: read the table once, multiply half of the cross products.
        read = x.nbytes / bandwidth / mine
        multiply = rows * columns * (columns + 1) / flops / mine
        name = f"{rows:,} x {columns}"
        print(f"{name:26} {mine:8.4f} {peer:9.4f} {peer / mine:6.1f}  {read:12.0%} {multiply:7.0%}")
        if limit:
            limits.at_least(f"{name}: times as fast as scikit-learn's Ridge(cholesky)", peer / mine, limit)
        if (rows, columns) == (1_000_000, 10):
            limits.at_least(f"{name}: share of what the machine reads from memory", read, 0.6)
        del x, y


def classes(limits):
    """Logistic regression beside scikit-learn's, with the same threads."""
    rows, columns = 1_000_000 // SCALE, 10
    generator = np.random.default_rng(0)
    x = generator.uniform(-1, 1, (rows, columns))
    y = x.sum(axis=1) + 2 * generator.uniform(-1, 1, rows) > 0
    mine, peer = [], []
    for _ in range(3):
        peer.append(best(lambda: LogisticRegression(solver="newton-cholesky", tol=1e-8).fit(x, y), 2))
        mine.append(ours("logistic", rows, columns, REPEATS)["best"])
    mine, peer = min(mine), min(peer)
    print(f"\n{f'logistic, {rows:,} x {columns}':26} {mine:8.4f} {peer:9.4f} {peer / mine:6.1f}")
    limits.at_least("logistic: times as fast as scikit-learn's newton-cholesky", peer / mine, 4)


def encoding(limits, folder):
    """What levels and means of missing cells cost beside reading the file."""
    rows = 1_000_000 // SCALE
    generator = np.random.default_rng(0)
    frame = pd.DataFrame(generator.standard_normal((rows, 8)), columns=[*(f"x{at}" for at in range(6)), "m0", "m1"])
    frame.loc[generator.random(rows) < 0.1, ["m0", "m1"]] = np.nan
    for at in range(2):
        frame[f"c{at}"] = generator.choice(["north", "south", "east", "west", "none"], rows)
    frame["y"] = generator.standard_normal(rows)
    path = folder / "mixed.csv"
    frame.to_csv(path, index=False)
    read, encoded = [], []
    for _ in range(4):
        read.append(ours("mixed", path, REPEATS)["best"])
        encoded.append(ours("encoded", path, REPEATS)["best"])
    read, encoded = min(read), min(encoded)
    print(f"{'levels and gaps':26} {encoded:8.4f} {read:10.4f} {encoded / read:6.2f}")
    limits.at_most("levels and gaps: time by that of reading only", encoded / read, 1.3)


def files(folder, rows):
    """A table of ten features as CSV and Parquet, and the same eight times over, each as one file."""
    generator = np.random.default_rng(0)
    x = generator.standard_normal((rows, 10))
    frame = pd.DataFrame(x, columns=[f"x{i}" for i in range(10)])
    frame["y"] = x.sum(axis=1) + generator.standard_normal(rows)
    csv, parquet = folder / "data.csv", folder / "data.parquet"
    frame.to_csv(csv, index=False)
    frame.to_parquet(parquet)
    with open(csv, "rb") as source, open(folder / "longer.csv", "wb") as longer:
        header = source.readline()
        longer.write(header)
        for _ in range(8):
            source.seek(len(header))
            shutil.copyfileobj(source, longer, 1 << 20)
    table = pa.Table.from_pandas(frame)
    with pq.ParquetWriter(folder / "longer.parquet", table.schema) as writer:
        for _ in range(8):
            writer.write_table(table)
    return [csv, parquet]


def from_files(limits, folder):
    rows = 1_000_000 // SCALE
    paths = files(folder, rows)

    def peer(path):
        table = pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)
        train = table.iloc[: int(rows * 0.8)]
        Ridge(alpha=1.0, solver="cholesky").fit(train.drop(columns="y").to_numpy(), train["y"].to_numpy())

    print(f"\n{f'from a file, {rows:,} x 10':26} {'ours':>8} {'read only':>10} {'ratio':>6} {'pandas + Ridge':>15} {'ratio':>6}")
    for path in paths:
        read, mine, seconds = [], [], []
        for _ in range(6):
            read.append(ours("read", path, REPEATS)["best"])
            mine.append(ours("stream", path, REPEATS)["best"])
            seconds.append(best(lambda: peer(path), 2))
        read, mine, seconds = min(read), min(mine), min(seconds)
        print(f"{path.suffix:26} {mine:8.4f} {read:10.4f} {mine / read:6.2f} {seconds:15.4f} {seconds / mine:6.1f}")
        limits.at_most(f"{path.suffix}: time of training by that of reading only", mine / read, 1.25 if path.suffix == ".parquet" else 1.3)
        limits.at_least(f"{path.suffix}: times as fast as pandas and scikit-learn", seconds / mine, 1)

    print("\npeak memory of the streamed path, by the length of the file")
    for path in paths:
        longer = path.with_stem("longer")
        # The most of three runs: how full the queues get is chance.
        short, long = (max(ours("stream", p, 1)["peak_kib"] for _ in range(3)) / 1024 for p in (path, longer))
        print(f"{path.suffix:26} {rows:,} rows {short:.0f} MiB, {8 * rows:,} rows ({longer.stat().st_size >> 20:,} MiB) {long:.0f} MiB")
        limits.at_most(f"{path.suffix}: peak MiB with a file eight times as long", long, 64)


def main():
    bandwidth, flops = machine()
    print(f"{THREADS} threads; reads {bandwidth / 1e9:.1f} GB/s, multiplies {flops / 1e9:.0f} GFLOP/s (numpy, measured now)\n")
    limits = Limits()
    in_memory(limits, bandwidth, flops)
    classes(limits)
    with tempfile.TemporaryDirectory() as folder:
        from_files(limits, pathlib.Path(folder))
        encoding(limits, pathlib.Path(folder))
    kept = limits.report()
    sys.exit(0 if kept or SMALL else 1)


main()
