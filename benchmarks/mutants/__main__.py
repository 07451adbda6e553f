"""Takes out each guard in a copy of the tree and runs the test that must notice.

    python -m benchmarks.mutants [WORD …]      only those whose area or name contains a word

Prints *killed* or *survived* for each; exit code 1 when one survived. A test that is red without
any mutation proves nothing and is an error, too.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.mutants.catalogue import ROOT, Mutant, catalogue

_PARTS = ("fftui", "tests", "benchmarks", "sample_runs", "themes", "docs")
_FILES = ("pyproject.toml", "README.md", "Makefile", "LICENSE")
_LONGEST_S = 600


def main(words: list[str]) -> int:
    """Run the catalogue, or the part of it that the words name."""
    chosen = [m for m in catalogue() if not words or any(w in f"{m.area} {m.name}" for w in words)]
    with tempfile.TemporaryDirectory(prefix="fftui-mutants-") as place:
        root = Path(place)
        _copy(root)
        sound: dict[str, bool] = {}
        bad = 0
        for mutant in chosen:
            began = time.monotonic()
            said = mutant.problem(root) or _verdict(mutant, root, sound)
            bad += said != "killed"
            took = time.monotonic() - began
            print(f"{said:10} {mutant.area:12} {mutant.name}  [{took:.0f} s]", flush=True)
    print(f"{len(chosen) - bad} of {len(chosen)} mutants killed")
    return 1 if bad or not chosen else 0


def _copy(root: Path) -> None:
    skip = shutil.ignore_patterns("__pycache__", "*.pyc")
    for part in _PARTS:
        shutil.copytree(ROOT / part, root / part, ignore=skip)
    for name in _FILES:
        shutil.copy(ROOT / name, root / name)


def _verdict(mutant: Mutant, root: Path, sound: dict[str, bool]) -> str:
    if mutant.test not in sound:
        sound[mutant.test] = _pytest(mutant.test, root) == 0
    if not sound[mutant.test]:
        return f"{mutant.test} is not green without it:"
    before = mutant.apply(root)
    try:
        code = _pytest(mutant.test, root)
    finally:
        (root / mutant.file).write_text(before, encoding="utf-8")
    # 1 is what pytest returns for tests that failed; a tree that cannot be imported is no proof.
    return {0: "SURVIVED", 1: "killed"}.get(code, f"pytest ended with {code}:")


def _pytest(test: str, root: Path) -> int:
    env = {**os.environ, "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-q", "-m", "", "-p", "no:cacheprovider",
             *test.split()],
            cwd=root, env=env, timeout=_LONGEST_S, check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        ).returncode  # fmt: skip
    except subprocess.TimeoutExpired:
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
