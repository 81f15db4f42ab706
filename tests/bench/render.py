"""Renders the golden project with mlops-gen and with copier (PyPI), each as a whole process, and prints the ratio.

Copier gets a template of the same files with the same content; each is a Jinja template with one variable in it.
Both write into a new folder each time. Run: `python3 tests/bench/render.py [runs]`; installs copier into a temporary
virtual environment.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    build = ["cargo", "build", "--release", "--quiet", "-p", "generator", "--message-format=json-render-diagnostics"]
    messages = subprocess.run(build, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    tool = next(m["executable"] for m in map(json.loads, messages) if m.get("target", {}).get("name") == "mlops-gen" and m.get("executable"))
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        template = copier_template(work / "template")
        copier = install(work / "venv")
        ours, theirs = [], []
        for run in range(runs):
            out = work / "out"
            ours.append(timed([tool, "render", "--spec", str(ROOT / "out/mlops.yaml"), "--out", str(out)], out))
            theirs.append(timed([str(copier), "copy", "--quiet", "--defaults", str(template), str(out)], out))
        count = sum(path.is_file() for path in template.rglob("*")) - 1
    mine, peer = statistics.median(ours), statistics.median(theirs)
    print(f"{count} files, median of {runs} runs")
    print(f"mlops-gen {mine * 1000:8.1f} ms (renders, verifies, writes)")
    print(f"copier    {peer * 1000:8.1f} ms (renders, writes)")
    print(f"ratio     {peer / mine:8.1f}")


def copier_template(root: Path) -> Path:
    """The golden tree as a copier template."""
    for path in sorted((ROOT / "out").rglob("*")):
        if path.is_file() and path.name != "mlops.yaml":
            target = root / (str(path.relative_to(ROOT / "out")) + ".jinja")
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                text = path.read_text(encoding="utf-8").replace("{% endraw %}", "")
            except UnicodeDecodeError:
                shutil.copy(path, target.with_suffix(""))
                continue
            target.write_text("{% raw %}" + text + "{% endraw %}{{ end }}", encoding="utf-8")
    (root / "copier.yml").write_text('end:\n  type: str\n  default: " "\n')
    return root


def install(folder: Path) -> Path:
    """Copier in a virtual environment of its own."""
    venv.create(folder, with_pip=True)
    subprocess.run([folder / "bin/pip", "install", "--quiet", "--disable-pip-version-check", "copier==9.*"], check=True)
    return folder / "bin/copier"


def timed(command: list[str], out: Path) -> float:
    """Seconds of one whole process that writes into a new folder."""
    shutil.rmtree(out, ignore_errors=True)
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
