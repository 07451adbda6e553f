"""Responses and traces."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from fftui.results.traces import AttemptRow, Trace
from fftui.store.withheld import WITHHELD
from fftui.tui.attempts import ONLY
from fftui.tui.responses.list import AttemptList
from fftui.tui.responses.pages import KEPT, SIZE, Pages
from fftui.tui.responses.screen import ResponsesScreen
from fftui.tui.trace.body import Shown, body
from fftui.tui.trace.screen import TraceScreen
from tests.shell.fakes import HIDDEN, HOSTILE, FakeSource, attempt
from tests.shell.support import an_app, screen, toasts, until

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from fftui.tui.app import FftuiApp


async def opened(app: FftuiApp, pilot: Pilot[Any], source: FakeSource) -> AttemptList:
    app._source = source  # type: ignore[assignment]
    app.open_responses(1)
    await until(pilot, lambda: isinstance(app.screen, ResponsesScreen) and "adv-000" in screen(app))
    return app.screen.query_one(AttemptList)


async def test_a_million_rows_jump_to_the_end_at_once_and_memory_stays() -> None:
    app, source = an_app(), FakeSource(length=1_000_000)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        attempts = await opened(app, pilot, source)
        began = time.monotonic()
        await pilot.press("end")
        await until(pilot, lambda: "1000000 adv-" in screen(app).replace(",", ""))
        assert time.monotonic() - began < 5
        assert attempts.cursor == 999_999
        assert len(source.asked) <= 4
        for key in ("pageup", "home", "pagedown", "G", "g") * 6:
            await pilot.press(key)
        for at in range(0, 1_000_000, 50_000):
            attempts.jump(at)
            await pilot.pause()
        await app.workers.wait_for_complete()
        assert attempts.held <= KEPT * SIZE


async def test_moving_never_waits_for_a_slow_store() -> None:
    gate = asyncio.Event()

    class Slow(FakeSource):
        async def attempts(
            self, target_id: int, start: int, count: int, only: str = ""
        ) -> tuple[AttemptRow, ...]:
            if start:
                await gate.wait()
            return await super().attempts(target_id, start, count, only)

    app = an_app()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        attempts = await opened(app, pilot, Slow())
        await pilot.press("G", "k", "k")
        assert attempts.cursor == 999_997
        assert "999,998 …" in screen(app)
        gate.set()
        await until(pilot, lambda: "…" not in screen(app).splitlines()[-3])
        assert "answered" in screen(app)


async def test_the_filter_goes_round_shows_its_chip_and_asks_the_store() -> None:
    app, source = an_app(), FakeSource(length=5000)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        attempts = await opened(app, pilot, source)
        assert "only" not in screen(app).splitlines()[0]
        for only in ONLY[1:4]:
            await pilot.press("o")
            await until(pilot, lambda: attempts.only != "" and "only" in screen(app))
            await app.workers.wait_for_complete()
            assert attempts.only == only
            assert f"only {only}" in screen(app).splitlines()[0]
            assert attempts.count == 500
            assert source.asked[-1][2] == only
        await pilot.press("O")
        await until(pilot, lambda: attempts.only == "" and attempts.count == 5000)


async def test_filters_that_would_show_nothing_are_passed_over() -> None:
    class Few(FakeSource):
        async def attempt_count(self, target_id: int, only: str = "") -> int:
            return {"": 400, "input_filter": 3, "alike": 12}.get(only, 0)

    app = an_app()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        attempts = await opened(app, pilot, Few(length=400))
        for only, chip in (("input_filter", "only input block"), ("alike", "only same words")):
            await pilot.press("o")
            await until(pilot, lambda only=only: attempts.only == only)  # type: ignore[misc]
            await until(pilot, lambda chip=chip: chip in screen(app).splitlines()[0])  # type: ignore[misc]
        assert "of 12" in screen(app).splitlines()[0]
        await pilot.press("o")
        await until(pilot, lambda: attempts.only == "" and attempts.count == 400)


async def test_a_filtered_list_does_not_claim_the_order_of_the_plan() -> None:
    app = an_app()
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        attempts = await opened(app, pilot, FakeSource(length=400))
        assert "plan order" in screen(app).splitlines()[0]
        await pilot.press("o")
        await until(pilot, lambda: attempts.only != "")
        await until(pilot, lambda: "as they came" in screen(app).splitlines()[0])


@pytest.mark.parametrize(
    ("width", "there", "absent"),
    [
        (80, ("0.9", "$0.0002", "412 in, 380 out", "finish stop"), ("gen-1",)),
        (120, ("0.9", "$0.0002", "412", "finish stop", "Chutes", "gen-1"), ()),
        (160, ("0.9", "$0.0002", "412", "finish stop", "Chutes", "gen-1"), ()),
    ],
)
async def test_calls_tell_what_there_is_room_for(
    width: int, there: tuple[str, ...], absent: tuple[str, ...]
) -> None:
    trace = await FakeSource().trace(2)
    rows = body(trace, Shown(), width)
    assert all(row.cell_length <= width for row in rows)
    text = "\n".join(row.plain for row in rows)
    calls = text[text.index(" calls ") :]
    for said in there:
        assert said in calls
    for said in absent:
        assert said not in calls


async def test_a_trace_says_what_decided_and_whose_words_these_are() -> None:
    trace = await FakeSource().trace(2)
    row = replace(trace.row, signal="moderation 403", alike=12)
    text = "\n".join(r.plain for r in body(replace(trace, row=row), Shown(), 80))
    assert "decided by moderation 403" in text
    assert "the same words came for 12 scenarios: perhaps a host's template" in text
    two = body(replace(trace, row=replace(row, alike=2)), Shown(), 80)
    assert not any("template" in r.plain for r in two)
    alone = body(replace(trace, row=replace(row, alike=1)), Shown(), 80)
    assert not any("same words" in r.plain for r in alone)


async def test_a_trace_of_a_target_with_two_identities_says_so() -> None:
    class Two(FakeSource):
        async def trace(self, outcome_id: int) -> Trace:
            return replace(await super().trace(outcome_id), identities=2)

    app = an_app()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await trace_of(app, pilot, Two(), 3)
        assert "2 identities" in screen(app).splitlines()[0]


async def test_a_refresh_that_brings_nothing_new_repaints_nothing() -> None:
    app = an_app()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        attempts = await opened(app, pilot, FakeSource(length=300))
        painted: list[int] = []
        attempts.refresh_row = painted.append  # type: ignore[assignment, method-assign]
        await pilot.press("r")
        await app.workers.wait_for_complete()
        assert painted == []


def test_pages_keep_the_newest_and_forget_the_rest() -> None:
    pages = Pages()
    for number in range(20):
        pages.put(number, tuple(attempt(i) for i in range(number * SIZE, (number + 1) * SIZE)))
    assert len(pages) == KEPT
    assert pages.row(0) is None
    assert pages.row(20 * SIZE - 1) == attempt(20 * SIZE - 1)
    assert pages.missing(0, SIZE) == [0, 1]


async def trace_of(app: FftuiApp, pilot: Pilot[Any], source: FakeSource, outcome: int) -> None:
    app._source = source  # type: ignore[assignment]
    app.open_trace(outcome)
    await until(pilot, lambda: isinstance(app.screen, TraceScreen) and "verdicts" in whole(app))


def whole(app: FftuiApp) -> str:
    """All lines of the trace, on the screen or not."""
    assert isinstance(app.screen, TraceScreen)
    return "\n".join(row.plain for row in app.screen.text._rows)


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (160, 50)])
async def test_no_word_reaches_the_screen_before_it_is_asked_for(size: tuple[int, int]) -> None:
    app = an_app()
    async with app.run_test(size=size, notifications=True) as pilot:
        await trace_of(app, pilot, FakeSource(), 3)
        seen = ""
        for key in ("r", "pagedown", "pagedown", "pagedown", "end", "home"):
            await pilot.press(key)
            await pilot.pause()
            seen += screen(app) + whole(app)
        for word in (HIDDEN, "placeholder", "sentence", "pretend", "python", "gives the"):
            assert word not in seen
        assert " MASKED " in seen
        assert "UNMASKED" not in seen
        await pilot.press("m")
        await until(pilot, lambda: "UNMASKED" in screen(app))
        assert HIDDEN in whole(app)
        await pilot.press("m")
        await until(pilot, lambda: HIDDEN not in whole(app))


async def test_the_next_attempt_is_masked_again_and_open_ones_are_passed() -> None:
    class Gaps(FakeSource):
        async def attempts(
            self, target_id: int, start: int, count: int, only: str = ""
        ) -> tuple[AttemptRow, ...]:
            rows = await super().attempts(target_id, start, count, only)
            return tuple(
                replace(row, outcome_id=None, outcome=None) if row.ordinal in (1, 2) else row
                for row in rows
            )

    app = an_app()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await opened(app, pilot, Gaps(length=5))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TraceScreen) and "verdicts" in whole(app))
        await pilot.press("m")
        await until(pilot, lambda: HIDDEN in whole(app))
        await pilot.press("n")
        await until(pilot, lambda: "attempt 4" in screen(app))
        assert HIDDEN not in whole(app)
        await pilot.press("N")
        await until(pilot, lambda: "attempt 1" in screen(app))
        await pilot.press("N")
        await until(pilot, lambda: any("the first one" in said for said in toasts(app)))


async def test_reasoning_is_folded_until_asked() -> None:
    app = an_app()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await trace_of(app, pilot, FakeSource(), 3)
        assert "folded; r shows it" in whole(app)
        folded = len(whole(app))
        await pilot.press("r")
        await until(pilot, lambda: len(whole(app)) > folded)


async def test_y_copies_the_id(monkeypatch: pytest.MonkeyPatch) -> None:
    app = an_app()
    copied: list[str] = []
    async with app.run_test(notifications=True) as pilot:
        await trace_of(app, pilot, FakeSource(), 3)
        monkeypatch.setattr(app, "copy_to_clipboard", copied.append)
        await pilot.press("y")
        assert copied == ["3"]
        assert any("id 3 copied" in said for said in toasts(app))


@pytest.mark.parametrize("unmasked", [True, False])
async def test_hostile_words_everywhere_in_a_trace_are_shown_never_sent(unmasked: bool) -> None:
    trace = await FakeSource(answer=HOSTILE * 50).trace(2)
    evil = Trace(
        row=replace(trace.row, scenario=HOSTILE, family=HOSTILE, flags=(HOSTILE,), signal=HOSTILE),
        target=HOSTILE, turns=(HOSTILE,), answers=(HOSTILE,), reasoning=HOSTILE,
        calls=tuple(
            replace(call, purpose=HOSTILE, signal=HOSTILE, model=HOSTILE, upstream=HOSTILE)
            for call in trace.calls
        ),
        verdicts=tuple(
            replace(each, grader=HOSTILE, evidence=HOSTILE) for each in trace.verdicts
        ),
    )  # fmt: skip
    rows = body(evil, Shown(unmasked=unmasked, reasoning=True), 80)
    said = "".join(row.plain for row in rows)
    for char in "\x1b\x07\x9b\x08\x00\u202e\u200b":
        assert char not in said
    assert all(row.cell_length <= 80 for row in rows)


async def test_a_text_that_a_copy_withholds_is_no_masked_text() -> None:
    trace = await FakeSource(answer=WITHHELD).trace(2)
    verdicts = tuple(replace(each, evidence=WITHHELD) for each in trace.verdicts)
    copy = replace(trace, turns=(WITHHELD,), answers=(WITHHELD,), reasoning=WITHHELD,
                   verdicts=verdicts)  # fmt: skip
    said = "\n".join(row.plain for row in body(copy, Shown(reasoning=True), 80))
    assert said.count("withheld: this copy was made without texts") == 3
    assert "characters" not in said
    assert "▒" not in said


async def test_a_very_long_answer_is_cut_and_says_so() -> None:
    trace = await FakeSource(answer="word " * 400_000).trace(1)
    rows = body(trace, Shown(unmasked=True), 80)
    assert any("more" in row.plain for row in rows)
    assert len(rows) < 2_000
