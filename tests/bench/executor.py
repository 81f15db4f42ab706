"""Times the executor itself: 200 steps that do nothing, and 10 jobs at once, beside roxid's crate `pipeline-service`.

The whole command `mlops-gen sandbox run` is timed, with the start of the program, the reading of the pipeline and the commit
of the folder; of the crate, reading and carrying out in one process. Each step is a bash of its own in both. The crate is
built in `target/executor-peer`, and is no dependency of anything here; without it the ratio is left out. Exits with 1 where
200 steps take 2 seconds or more, or where 10 jobs that wait a second do not go at once.

Run: `python3 tests/bench/executor.py [runs]`; $MLOPS_GEN names a program, otherwise the released one is built.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PEER = ROOT / "target/executor-peer"
STEPS, LIMIT = 200, 2.0
JOBS, PAUSE = 10, 1.0
COUNT = 250_000

MANIFEST = """[package]
name = "executor-peer"
version = "0.1.0"
edition = "2024"
publish = false
[workspace]
[dependencies]
pipeline-service = "=2.4.0"
tokio = { version = "1", features = ["rt-multi-thread", "macros"] }
"""

MAIN = """use pipeline_service::parser::models::ExecutionContext;
use pipeline_service::{AzureParser, PipelineExecutor};

#[tokio::main]
async fn main() {
    let mut words = std::env::args().skip(1);
    let (file, folder) = (words.next().unwrap(), words.next().unwrap());
    let pipeline = AzureParser::parse_file(&file).unwrap();
    let executor = PipelineExecutor::from_pipeline(&pipeline).unwrap();
    let result = executor.execute(ExecutionContext::new("bench".to_owned(), folder)).await;
    let steps: usize = result.stages.iter().flat_map(|stage| &stage.jobs).map(|job| job.steps.len()).sum();
    println!("{} {steps}", result.success);
    std::process::exit(i32::from(!result.success));
}
"""


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    tool, peer = program(), crate()
    slow = []
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        steps = written(work, "steps", [["  - checkout: none"] + ['  - bash: ":"'] * STEPS])
        ours, theirs = [], []
        # in turn, so that both see the same machine
        for _ in range(runs):
            ours.append(timed([tool, "sandbox", "run", str(steps), "--folder", str(work / "sandbox")], steps.parent))
            if peer:
                theirs.append(timed([peer, str(steps), str(work)], steps.parent))
        middle = statistics.median(ours)
        print(f"{STEPS} empty steps: median of {runs} runs {middle:.2f} s, quickest {min(ours):.2f} s")
        if middle >= LIMIT:
            slow.append(f"{STEPS} empty steps take {middle:.2f} s, and less than {LIMIT} s are wanted")
        if theirs:
            other = statistics.median(theirs)
            print(f"pipeline-service on the same file: median {other:.2f} s, quickest {min(theirs):.2f} s; ratio {middle / other:.2f}")

        busy = f"i=0; while ((i < {COUNT})); do ((++i)); done"
        for name, script in [("wait", f"sleep {PAUSE}"), ("count", busy)]:
            file = written(work, name, [["  - checkout: none", f'  - bash: "{script}"']] * JOBS)
            call = [tool, "sandbox", "run", str(file), "--folder", str(work / "sandbox")]
            alone, together = timed([*call, "--agents", "1"], file.parent), timed([*call, "--agents", str(JOBS)], file.parent)
            print(f"{JOBS} jobs that {name}: one agent {alone:.2f} s, {JOBS} agents {together:.2f} s: {alone / together:.1f} times as fast on {os.cpu_count()} cores")
            if name == "wait" and together > PAUSE + LIMIT:
                slow.append(f"{JOBS} jobs that wait {PAUSE} s take {together:.2f} s together")
            if peer:
                print(f"  pipeline-service: {timed([peer, str(file), str(work)], file.parent):.2f} s")
    if slow:
        sys.exit("; ".join(slow))


def written(work: Path, name: str, jobs: list[list[str]]) -> Path:
    """A pipeline with those jobs, in a folder of its own."""
    folder = work / name
    folder.mkdir()
    lines = ["trigger: none", "pool:", "  vmImage: ubuntu-24.04", "jobs:"]
    for number, steps in enumerate(jobs):
        lines += [f"- job: j{number}", "  steps:", *steps]
    file = folder / "azure-pipelines.yml"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def timed(call: list[str], folder: Path) -> float:
    """Seconds of a command, which must succeed."""
    start = time.perf_counter()
    done = subprocess.run(call, cwd=folder, capture_output=True, text=True)
    seconds = time.perf_counter() - start
    if done.returncode != 0:
        sys.exit(f"{' '.join(call)} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return seconds


def program() -> str:
    if "MLOPS_GEN" in os.environ:
        return os.environ["MLOPS_GEN"]
    build = ["cargo", "build", "--release", "--quiet", "--workspace", "--bin", "mlops-gen", "--message-format=json"]
    messages = subprocess.run(build, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    return [m["executable"] for m in map(json.loads, messages) if m.get("target", {}).get("name") == "mlops-gen" and m.get("executable")][-1]


def crate() -> str | None:
    """The program that has the crate carry a file out; nothing where it cannot be had."""
    (PEER / "src").mkdir(parents=True, exist_ok=True)
    for name, text in [("Cargo.toml", MANIFEST), ("src/main.rs", MAIN)]:
        path = PEER / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    done = subprocess.run(["cargo", "build", "--release", "--quiet", "--target-dir", str(PEER / "target")], cwd=PEER, capture_output=True, text=True)
    if done.returncode != 0:
        print(f"pipeline-service is left out: {done.stderr.strip().splitlines()[-1]}")
        return None
    return str(PEER / "target/release/executor-peer")


if __name__ == "__main__":
    main()
