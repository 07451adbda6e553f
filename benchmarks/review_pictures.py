"""Draws the reviewers' pictures: the real screens on a real (simulated) run, as SVG.

    python -m benchmarks.review_pictures docs

The demo's plan runs for half a minute in a temporary folder; two made-up readers read some of its
answers and differ on a few; then a third opens the screens.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from fftui.domain.labels import Label
from fftui.resources import shipped
from fftui.store.claims import Enrol
from fftui.store.folder import database, find_run
from fftui.store.reader import Reader
from fftui.store.reviews import Read
from fftui.store.writer import append

if TYPE_CHECKING:
    from textual.pilot import Pilot

_RUNS_S = 30
_READ = 70
_SAID = (Label.REFUSAL, Label.COMPLIANCE, Label.PARTIAL)


def _read(folder: Path) -> None:
    """Two people read the same answers; one in nine they see differently."""
    chance = Random(7)
    path = database(folder)
    readers = [append(path, Enrol(name, time.time())) for name in ("one", "two")]
    with Reader(folder) as reader:
        rows = reader.db.execute(
            "SELECT outcome FROM item WHERE open ORDER BY draw LIMIT ?", (_READ,)
        ).fetchall()
    for (outcome,) in rows:
        label = chance.choice(_SAID)
        for number, who in enumerate(readers):
            said = chance.choice(_SAID) if number and chance.random() < 1 / 6 else label
            body = {
                "dwell_ms": chance.randrange(9_000, 60_000), "seen": 1 if number else 0.6,
                "unmasked": bool(number), "evidence": [0, 1] if number else [0],
            }  # fmt: skip
            append(path, Read(who, "picture", outcome, said, time.time(), body=body))


async def _draw(folder: Path, into: Path) -> None:
    from fftui.tui.app import FftuiApp

    async def shot(pilot: Pilot[None], name: str) -> None:
        await pilot.pause(1)
        pilot.app.save_screenshot(name, str(into))

    for size, name in (((80, 24), "review.svg"), ((160, 44), "review-wide.svg")):
        app = FftuiApp(folder, reviewer="ana", theme="harbor")
        async with app.run_test(size=size, notifications=True) as pilot:
            await pilot.pause(2)
            for key in "22":
                await pilot.press(key)
                await pilot.pause(0.5)
            await shot(pilot, name)
    app = FftuiApp(folder, reviewer="ana", theme="harbor")
    async with app.run_test(size=(100, 32), notifications=True) as pilot:
        await pilot.pause(2)
        await pilot.press("c")
        await pilot.pause(1)
        await pilot.press("e", "j", "enter", "escape", "2")
        await pilot.pause(1)
        await pilot.press("2", "c")
        await shot(pilot, "review-conflict.svg")


def main() -> int:
    """Write the pictures into the folder given."""
    into = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as home:
        os.environ["FFTUI_HOME"] = home
        os.environ["XDG_STATE_HOME"] = home
        plan = shipped("sample_runs") / "demo.toml"
        fftui = [sys.executable, "-m", "fftui"]
        subprocess.run([*fftui, "run", str(plan), "--detach"], check=True)
        folder = find_run("demo", Path(home))
        time.sleep(_RUNS_S)
        subprocess.run([*fftui, "stop", str(folder)], check=True)
        subprocess.run([*fftui, "wait", str(folder), "--for", "done,stopped"], check=True)
        _read(folder)
        asyncio.run(_draw(folder, into))
    return 0


if __name__ == "__main__":
    sys.exit(main())
