"""Times a contributor's loop: a file is touched, and one test is run that has to do with it.

| What is touched | What is run | Bar |
|---|---|---|
| a template of a pipeline | the one test that renders the worked example | 3 s |
| a source in `generator/src/spec/` | a unit test of that room | 8 s |

The commands are those of `.github/CONTRIBUTING.md`, with cargo's own settings, so that builds are incremental: variables that
change them are not handed on (`--as-here` hands on all but CARGO_INCREMENTAL, which saves a build of all dependencies where
target/ was filled with others). Whatever is not built yet is built first and not counted. Each row is measured so many times
(5); sources three times more with a new function at their end, which is taken away again.
Prints medians, and exits with 1 where one is above its bar.

Run: `python3 tests/bench/loop.py [--as-here] [runs]`, with nothing else going on.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SPEC = ["cargo", "test", "--package", "generator", "--package", "model", "--lib", "--"]
LOOPS = [
    (
        "a template",
        ROOT / "templates/pipelines/retrain.yml",
        ["cargo", "test", "--test", "system", "--", "golden::the_golden_tree_is_what_its_spec_renders"],
        3.0,
    ),
    (
        "a source of spec/",
        ROOT / "generator/src/spec/located/scalar.rs",
        [*SPEC, "spec::located::tests::plain_scalars_mean_what_the_core_schema_says"],
        8.0,
    ),
]


def environment(as_here: bool) -> dict[str, str]:
    """The variables of this process without those that change how cargo builds."""
    names = ("CARGO_INCREMENTAL",) if as_here else ("CARGO_INCREMENTAL", "CARGO_PROFILE_", "RUSTFLAGS", "CARGO_BUILD_")
    return {key: value for key, value in os.environ.items() if not key.startswith(names)}


def seconds(command: list[str], variables: dict[str, str]) -> float:
    """How long a command takes that runs one test and passes."""
    begun = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True)
    took = time.monotonic() - begun
    if done.returncode != 0 or "test result: ok. 1 passed" not in done.stdout:
        sys.exit(f"{' '.join(command)}: not one test that passes\n{done.stdout}{done.stderr}")
    return took


def main() -> int:
    """Measures and prints; 1 where a median is above its bar."""
    arguments = sys.argv[1:]
    variables = environment("--as-here" in arguments)
    runs = int(next((word for word in arguments if word.isdigit()), "5"))
    late = 0
    for name, path, command, bar in LOOPS:
        seconds(command, variables)
        nothing = seconds(command, variables)
        touched = []
        for _ in range(runs):
            path.touch()
            touched.append(seconds(command, variables))
        changed = edited(path, command, variables) if path.suffix == ".rs" else []
        median = statistics.median(touched)
        late += median > bar
        each = " ".join(f"{took:.1f}" for took in touched)
        more = f", with a function more {statistics.median(changed):.1f} s" if changed else ""
        print(f"{name}: {median:.1f} s, bar {bar:.0f} s ({each}; untouched {nothing:.1f} s{more})")
        print(f"    {path.relative_to(ROOT)}; {' '.join(command)}", flush=True)
    return 1 if late else 0


def edited(path: Path, command: list[str], variables: dict[str, str]) -> list[float]:
    """The same three times with another function at the end, so that something is compiled anew; the file is as before then."""
    text, took = path.read_bytes(), []
    try:
        for number in range(3):
            more = f"\n#[allow(dead_code)]\nfn added_{number}() -> usize {{\n    {number}\n}}\n"
            path.write_bytes(text + more.encode())
            took.append(seconds(command, variables))
    finally:
        path.write_bytes(text)
    return took


if __name__ == "__main__":
    sys.exit(main())
