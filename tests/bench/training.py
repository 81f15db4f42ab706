"""Training beside scikit-learn, in the same run on the same machine with the same number of threads.

Usage: training.py BENCH_PROGRAM [--small]

BENCH_PROGRAM is the benchmark `training` of the package `model`. Prints a table of seconds (best of the repeats), ratios,
and shares of what the machine can do; asserts nothing.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

THREADS = len(os.sched_getaffinity(0))
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = str(THREADS)

import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge

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


def limits():
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


def main():
    bandwidth, flops = limits()
    print(f"{THREADS} threads; reads {bandwidth / 1e9:.1f} GB/s, multiplies {flops / 1e9:.0f} GFLOP/s (numpy, measured now)\n")
    print(f"{'in memory, f64, alpha 1':26} {'ours':>8} {'cholesky':>9} {'ratio':>6}  {'of bandwidth':>12} {'of FMA':>7}")
    for rows, columns in [(100_000, 10), (100_000, 100), (1_000_000, 10), (1_000_000, 100)]:
        rows //= SCALE
        generator = np.random.default_rng(0)
        x = generator.standard_normal((rows, columns))
        y = x.sum(axis=1) + generator.standard_normal(rows)
        # In turn, so that both have the same neighbours on the machine.
        mine, peer = [], []
        for _ in range(3):
            peer.append(best(lambda: Ridge(alpha=1.0, solver="cholesky").fit(x, y)))
            mine.append(ours("memory", rows, columns, THREADS, REPEATS)["best"])
        mine, peer = min(mine), min(peer)
        # The least work: read the table once, multiply half of the cross products.
        read = x.nbytes / bandwidth / mine
        multiply = rows * columns * (columns + 1) / flops / mine
        print(f"{f'{rows:,} x {columns}':26} {mine:8.4f} {peer:9.4f} {peer / mine:6.1f}  {read:12.0%} {multiply:7.0%}")
        del x, y

    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        rows = 1_000_000 // SCALE
        generator = np.random.default_rng(0)
        x = generator.standard_normal((rows, 10))
        frame = pd.DataFrame(x, columns=[f"x{i}" for i in range(10)])
        frame["y"] = x.sum(axis=1) + generator.standard_normal(rows)
        frame.to_csv(folder / "data.csv", index=False)
        try:
            frame.to_parquet(folder / "data.parquet")
        except ImportError:
            print("Parquet is left out: pyarrow is not installed")

        def peer(path):
            table = pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)
            train = table.iloc[: int(rows * 0.8)]
            Ridge(alpha=1.0, solver="cholesky").fit(train.drop(columns="y").to_numpy(), train["y"].to_numpy())

        print(f"\n{f'from a file, {rows:,} x 10':26} {'ours':>8} {'read only':>10} {'ratio':>6} {'pandas + Ridge':>15} {'ratio':>6}")
        for path in sorted(folder.glob("data.*")):
            read = [ours("read", path, REPEATS) for _ in range(2)]
            stream = [ours("stream", path, REPEATS) for _ in range(2)]
            read, mine = min(r["best"] for r in read), min(s["best"] for s in stream)
            seconds = best(lambda: peer(path), 3)
            print(f"{path.suffix:26} {mine:8.4f} {read:10.4f} {mine / read:6.2f} {seconds:15.4f} {seconds / mine:6.1f}")
        print("\npeak memory of the streamed path, by the length of the file")
        for path in sorted(folder.glob("data.*")):
            peaks = [f"{rows:,} rows {ours('stream', path, 1)['peak_kib'] / 1024:.0f} MiB"]
            longer = folder / "longer"
            longer.mkdir()
            for i in range(8):
                os.link(path, longer / f"{i}{path.suffix}")
            peaks.append(f"{8 * rows:,} rows {ours('stream', longer, 1)['peak_kib'] / 1024:.0f} MiB")
            [file.unlink() for file in longer.iterdir()]
            longer.rmdir()
            print(f"{path.suffix:26} {', '.join(peaks)}")


main()
