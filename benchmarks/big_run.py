"""Writes a large run file in seconds: a finished run, or one that stands part of the way.

    python -m benchmarks.big_run FOLDER --verdicts 132416 --targets 190 --seed 1

The rows come from a seed by arithmetic in SQL, the rollups by GROUP BY over them, so that
`fftui doctor` holds. Nothing was asked of any model: the run is marked as simulated.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from string import Template

from fftui.engine.prepare import make_run
from fftui.results.preflight import check
from fftui.store import sqlite
from fftui.store.amounts import OUTCOME_COLUMNS, OUTCOMES, VERDICT_COLUMNS, VERDICTS, spread
from fftui.store.folder import database, find_run
from fftui.store.recount import MINUTES

FAMILIES = ("direct", "format-lock", "multi-turn", "persona", "roleplay", "translation")
SPAN_S = 3600
"""Every run looks as if it had been done in this time: two differ in their size alone."""
_GROUP = 25
"""One attempt of each so many was not answered."""


def make_big_run(
    home: Path,
    verdicts: int,
    *,
    targets: int = 200,
    seed: int = 1,
    spare: int = 0,
    name: str = "big",
    url: str = "http://127.0.0.1:9/v1",
) -> Path:
    """Make `home/<name>` with exactly so many verdicts and return the folder.

    Attempts were closed target by target in turn, one of 25 without an answer, a tenth of the
    scenarios benign. `spare` scenarios are left that no target was asked: then the run is stopped
    and `fftui resume` would go on with it, at `url`. Raises StoreError where the run exists.
    """
    groups, rest = divmod(verdicts, _GROUP - 1)
    attempts = groups * _GROUP + rest
    scenarios = -(-attempts // targets) + spare
    with tempfile.TemporaryDirectory() as folder:
        plan = _plan(Path(folder), name, seed, scenarios, targets, url)
        checked = check(plan)
        if not checked.ok:
            raise ValueError("; ".join(map(str, checked.problems)))
        made = make_run(checked, home, None)
    db = sqlite.connect(database(made), write=True)
    try:
        _fill(db, attempts, groups, targets, seed, over=not spare)
    finally:
        db.close()
    return made


def _plan(folder: Path, name: str, seed: int, scenarios: int, targets: int, url: str) -> Path:
    rows = (
        {"id": f"P-{i:06}", "turns": [f"[placeholder {i:06}]"],
         "family": FAMILIES[i % len(FAMILIES)], "benign": i % 10 == 9}
        for i in range(scenarios)
    )  # fmt: skip
    (folder / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    head = (
        f'version = 1\nname = "{name}"\nseed = {seed}\nnote = "made up: nothing was asked"\n'
        '[[corpus]]\nfile = "corpus.jsonl"\n[stop]\ntier = "strict"\n'
        '[[graders]]\nkind = "heuristic"\n'
        '[[accounts]]\nname = "a"\nconcurrency = 32\nshared = false\n'
    )
    parts = [
        f'[[targets]]\nname = "model-{t:03} @ platform-{t % 4}"\nmaker = "maker-{t % 7}"\n'
        f'weights = "model-{t // 4:03}"\nplatform = "openai-compatible"\nbase_url = "{url}"\n'
        f'model = "model-{t:03}"\naccount = "a"\n'
        for t in range(1, targets + 1)
    ]
    path = folder / "plan.toml"
    path.write_text("".join([head, *parts]))
    return path


def _fill(
    db: sqlite.Connection, attempts: int, groups: int, targets: int, seed: int, *, over: bool
) -> None:
    end = time.time()
    values = {
        "attempts": attempts, "groups": groups, "targets": targets, "seed": seed,
        "rate": attempts / SPAN_S, "start": end - SPAN_S - 1, "end": end, "over": int(over),
    }  # fmt: skip
    # The file is of no worth before it is whole, so nothing is logged on the way.
    db.execute("PRAGMA journal_mode=OFF").fetchone()
    db.execute("PRAGMA synchronous=OFF")
    db.execute("PRAGMA cache_size=-200000")
    db.execute("PRAGMA foreign_keys=0")
    db.execute("BEGIN IMMEDIATE")
    script = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    script = Template(script).substitute(
        outcomes=spread(OUTCOMES, "class"), verdicts=spread(VERDICTS, "label"),
        all_outcomes=_sums(OUTCOME_COLUMNS), all_verdicts=_sums(VERDICT_COLUMNS), minutes=MINUTES,
    )  # fmt: skip
    for statement in script.split(";\n"):
        db.execute(statement, values)
    db.execute("COMMIT")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("PRAGMA journal_mode=WAL").fetchone()


def _sums(columns: Iterable[str]) -> str:
    return ", ".join(f"sum({column})" for column in columns)


def main() -> int:
    """Make a run as the command line asks, or find it made; print its folder."""
    parser = argparse.ArgumentParser(description="Writes a large made-up run file.")
    parser.add_argument("home", type=Path, help="the folder of runs, e.g. runs")
    parser.add_argument("--verdicts", type=int, default=132_416)
    parser.add_argument("--targets", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--spare", type=int, default=0, help="scenarios that nobody was asked")
    parser.add_argument("--name", default="big")
    options = parser.parse_args()
    if (options.home / options.name).exists():
        print(find_run(options.name, options.home))
        return 0
    print(
        make_big_run(
            options.home, options.verdicts, targets=options.targets, seed=options.seed,
            spare=options.spare, name=options.name,
        )
    )  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
