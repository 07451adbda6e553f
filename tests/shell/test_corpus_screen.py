"""The table over all runs, on a screen."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from fftui.results.across import Row, read_all
from tests.results.test_across import run
from tests.shell.fakes import HOSTILE, FakeDesk
from tests.shell.support import an_app, screen, until


@dataclass
class Many(FakeDesk):
    """Has read these."""

    rows: tuple[Row, ...] = ()
    problems: tuple[str, ...] = ()

    async def across(self, mine: bool) -> tuple[tuple[Row, ...], tuple[str, ...]]:
        self.did.append(("across", str(mine)))
        return self.rows, self.problems


@pytest.fixture
def desk(tmp_path: Path) -> Many:
    one = run(
        tmp_path,
        "one",
        [("low", "maker-1", "router", 2, 60), ("high", "maker-1", "router", 50, 60)],
    )
    others = [("other", HOSTILE, "direct", 10, 30), ("none", "m", "direct", 0, 0)]
    two = run(tmp_path, "two", others, simulated=True)
    return Many(rows=read_all([one, two])[0])


@pytest.mark.parametrize("size", [(80, 24), (160, 50), (60, 16)])
async def test_every_target_with_its_n_and_interval(desk: Many, size: tuple[int, int]) -> None:
    app = an_app(desk=desk)
    async with app.run_test(size=size, notifications=True) as pilot:
        await pilot.press("c")
        await until(pilot, lambda: "4 targets" in screen(app))
        shown = screen(app)
        assert (
            shown.index("high") < shown.index("other") < shown.index("low") < shown.index("no data")
        )
        assert "\x1b" not in shown
        if size[0] >= 80:
            assert "2 runs, 1 simulated" in shown
            assert "83.3 %" in shown
            assert "[72.0, 90.7]" in shown
            # Below 50 verdicts a rate is marked.
            assert "~33.3 %" in shown
            assert "as graded by g (imported) (0 of 60 read: uncalibrated)" in shown


async def test_keys_turn_sort_narrow_and_open(desk: Many) -> None:
    app = an_app(desk=desk)
    async with app.run_test(size=(110, 30), notifications=True) as pilot:
        await pilot.press("a", "c")
        await until(pilot, lambda: "4 targets" in screen(app))
        assert desk.did[-1] == ("across", "True")
        await pilot.press("S")
        await until(pilot, lambda: screen(app).index("low") < screen(app).index("high"))
        await pilot.press("s")
        await until(pilot, lambda: "n↓" in screen(app))
        await pilot.press("t")
        await until(pilot, lambda: "broad ASR" in screen(app).splitlines()[0])
        await pilot.press("v")
        await until(pilot, lambda: "makers × platforms" in screen(app))
        shown = screen(app)
        assert "3 groups" in shown
        assert "pooled 43.3 % (a random verdict), macro 43.3 %" in shown
        # Of a maker its targets, and of a target its run.
        await pilot.press("enter")
        await until(pilot, lambda: "2 of 4 targets" in screen(app))
        assert "/maker-1 router" in screen(app)
        await pilot.press("slash", *"!high", "enter")
        await until(pilot, lambda: "3 of 4 targets" in screen(app))
        await pilot.press("slash", *"zzz", "enter")
        await until(pilot, lambda: "no target fits the filter" in screen(app))
        await pilot.press("enter", "down", "end", "v", "s", "S", "escape")
        await until(pilot, lambda: "fftui  runs" in screen(app))


async def test_without_runs_it_says_so(desk: Many) -> None:
    desk.rows, desk.problems = (), ("/runs/x/run.db: was written by a newer fftui",)
    app = an_app(desk=desk)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await pilot.press("c")
        await until(pilot, lambda: "no run here has a target" in screen(app))
        await until(pilot, lambda: "written by a newer fftui" in screen(app))
