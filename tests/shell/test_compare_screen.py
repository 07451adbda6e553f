"""Pairs of targets on a screen."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from fftui.domain.labels import Tier
from fftui.resources import shipped
from fftui.results.compare_text import PairView
from fftui.tui.compare.screen import BY, CompareScreen
from fftui.tui.home.desk import Sample
from fftui.tui.trace.screen import TraceScreen
from tests.shell.fakes import HOSTILE, FakeDesk, FakeSource
from tests.shell.support import an_app, screen, toasts, until

ONE = PairView(
    ("small @ router and small @ direct differ: +12.0 points [+4.0, +20.0]", "  matched: 200"),
    ((4, 9), (5, 8)),
)
TWO = PairView(("a and b: no difference shown",), ())


class Paired(FakeSource):
    """Answers with these pairs."""

    pairs: Sequence[PairView] = (ONE, TWO)
    problem = ""

    def __init__(self, *pairs: PairView, problem: str = "") -> None:
        super().__init__()
        self.pairs, self.problem = pairs, problem
        self.wanted: list[tuple[str, str, Tier]] = []

    async def comparisons(self, by: str, same: str, tier: Tier) -> tuple[PairView, ...]:
        self.wanted.append((by, same, tier))
        if self.problem:
            raise ValueError(self.problem)
        return tuple(self.pairs)


def opened(app: Any, source: Paired) -> None:
    app._source = source
    app.open_compare(Tier.STRICT)


@pytest.mark.parametrize("size", [(80, 24), (160, 50), (60, 16)])
async def test_the_sentence_stands_first_and_below_it_what_it_rests_on(
    size: tuple[int, int],
) -> None:
    app = an_app()
    async with app.run_test(size=size, notifications=True) as pilot:
        opened(app, Paired(ONE, TWO))
        await until(pilot, lambda: "2 pairs" in screen(app))
        shown = screen(app)
        assert "compare  by platform, equal weights" in shown
        assert shown.index("differ: +12.0") < shown.index("matched: 200")
        assert "no difference shown" in shown


async def test_keys_choose_what_differs_and_which_rate() -> None:
    app, source = an_app(), Paired(ONE)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        opened(app, source)
        await until(pilot, lambda: "1 pair" in screen(app))
        await pilot.press("y")
        await until(pilot, lambda: source.wanted[-1] == (BY[1], "", Tier.STRICT))
        await pilot.press("t")
        await until(pilot, lambda: source.wanted[-1] == (BY[1], "", Tier.BROAD))
        assert "broad" in screen(app).splitlines()[0]
        await pilot.press("e")
        await until(pilot, lambda: source.wanted[-1] == (BY[1], "maker", Tier.BROAD))
        assert "by upstream, equal maker" in screen(app).splitlines()[0]
        await pilot.press("y")
        await until(pilot, lambda: source.wanted[-1] == (BY[2], "", Tier.BROAD))
        assert "by weights, equal platform" in screen(app).splitlines()[0]
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, CompareScreen))


async def test_discordant_answers_are_one_key_away_both_sides_in_turn() -> None:
    app = an_app()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        opened(app, Paired(ONE, TWO))
        await until(pilot, lambda: "2 pairs" in screen(app))
        for outcome in (4, 9, 5, 8, 4):
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(app.screen, TraceScreen))
            found = app.screen
            assert isinstance(found, TraceScreen)
            assert found._outcome_id == outcome
            await pilot.press("escape")
            await until(pilot, lambda: isinstance(app.screen, CompareScreen))
        await pilot.press("G", "enter")
        await until(pilot, lambda: "no answer of this pair is discordant" in toasts(app))


async def test_makers_on_platforms_are_no_answer_where_there_is_no_pair() -> None:
    app = an_app()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        opened(app, Paired(PairView(("sim on sim:direct", "2 models"), (), pair=False)))
        await until(pilot, lambda: "sim on sim:direct" in screen(app))
        assert "No two targets differ in platform and agree in weights." in screen(app)
        assert "0 pairs" in screen(app)


async def test_while_many_pairs_are_read_the_old_ones_do_not_stand_for_them() -> None:
    gate = asyncio.Event()

    class Slow(Paired):
        async def comparisons(self, by: str, same: str, tier: Tier) -> tuple[PairView, ...]:
            if by != BY[0]:
                await gate.wait()
            return await super().comparisons(by, same, tier)

    app = an_app()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        opened(app, Slow(ONE))
        await until(pilot, lambda: "differ: +12.0" in screen(app))
        await pilot.press("y")
        await until(pilot, lambda: f"reading pairs by {BY[1]}" in screen(app))
        assert "1 pair" not in screen(app)
        assert "differ: +12.0" not in screen(app)
        gate.set()
        await until(pilot, lambda: "1 pair" in screen(app))


async def test_none_and_trouble_are_said() -> None:
    app = an_app()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        opened(app, Paired())
        await until(pilot, lambda: "No two targets differ in platform" in screen(app))
        assert "0 pairs" in screen(app)
        await pilot.press("escape")
        opened(app, Paired(problem="the disk is gone"))
        await until(pilot, lambda: "the disk is gone" in screen(app))


async def test_names_from_outside_reach_no_terminal() -> None:
    app = an_app()
    async with app.run_test(size=(160, 50), notifications=True) as pilot:
        opened(app, Paired(PairView((f"{HOSTILE} and b differ", f"  {HOSTILE}"), ())))
        await until(pilot, lambda: "1 pair" in screen(app))
        shown = screen(app)
        assert not {"\x1b", "\x07", "\u202e", "\x9b", "\u200b"} & set(shown)
        assert "[/nope]" in shown


async def test_a_published_summary_is_read_from_the_home_screen() -> None:
    study = shipped("sample_runs") / "published" / "qwen3_study.toml"
    app = an_app(desk=FakeDesk(here=(), plans=(Sample("study", "published counts", study),)))
    async with app.run_test(size=(160, 50), notifications=True) as pilot:
        await until(pilot, lambda: "No run here" in screen(app))
        await pilot.press("enter")
        await until(pilot, lambda: "contrast withheld" in screen(app))
        shown = screen(app)
        assert "imported: no answer was read here" in shown.splitlines()[0]
        assert "1785/7470" in shown
        # The same margins as the comparison of runs.
        assert any(row.startswith("  qwen3-study: ") for row in shown.splitlines())
        assert "qwen3_study.toml" in shown.splitlines()[0]
        for _ in range(12):
            await pilot.press("pagedown")
        assert "no verdicts of other makers are known" in screen(app)
        await pilot.press("escape")
        await until(pilot, lambda: getattr(app.screen, "NAME", "") == "home")


async def test_a_summary_with_a_mistake_says_where(tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text('kind = "summary"\nversion = 1\nname = "x"\n')
    app = an_app(desk=FakeDesk(here=(), plans=(Sample("study", "", bad),)))
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(pilot, lambda: "No run here" in screen(app))
        await pilot.press("enter")
        await until(pilot, lambda: "populations" in screen(app))
