"""The screen under keys, sizes and hostile names."""

from __future__ import annotations

import threading
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace
from textual.events import Key

from benchmarks.big_run import make_big_run
from fftui.domain.states import RunState, TargetState
from fftui.results.feed import Feed
from fftui.results.view import EngineView, RunSummary, SinceLeft
from fftui.store.reader import Reader
from fftui.tui.monitor.left import SinceLeftBox
from fftui.tui.monitor.screen import MonitorScreen
from fftui.tui.source import Source
from tests.shell.support import until
from tests.tui import fake
from tests.tui.fake import HOSTILE, NOW, FakeFeed, FakeSource, Host

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from textual.pilot import Pilot

    from fftui.results.looked import Looked


class Watch:
    """A monitor over made-up summaries."""

    def __init__(self, host: Host, pilot: Pilot[None], source: FakeSource, feed: FakeFeed) -> None:
        self.host = host
        self.pilot = pilot
        self.source = source
        self.feed = feed

    @property
    def screen(self) -> MonitorScreen:
        found = next(s for s in self.host.screen_stack if isinstance(s, MonitorScreen))
        assert isinstance(found, MonitorScreen)
        return found

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def show(self, summary: RunSummary) -> None:
        self.feed.queue.append(summary)
        await self.screen.tick()
        await self.pilot.pause()

    @property
    def table(self) -> list[str]:
        return self.screen.targets.reads()


@asynccontextmanager
async def watching(
    summary: RunSummary | None = None,
    size: tuple[int, int] = (80, 24),
    left: SinceLeft | None = None,
    **host: Any,
) -> AsyncIterator[Watch]:
    feed = FakeFeed([summary or fake.sample()], left)
    source = FakeSource(feed)
    # Ticks come from the tests alone.
    app = Host(lambda: MonitorScreen(source, refresh=3600, clock=lambda: NOW), **host)
    async with app.run_test(size=size, notifications=True) as pilot:
        watch = Watch(app, pilot, source, feed)
        for _ in range(100):
            await pilot.pause(0.02)
            if feed.visits:
                break
        await pilot.pause()
        yield watch
    source.close()


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 40), (160, 50)])
@pytest.mark.parametrize("plain", [False, True])
async def test_all_sizes_show_what_matters(size: tuple[int, int], plain: bool) -> None:
    async with watching(size=size, ascii=plain) as watch:
        text = "\n".join(
            row
            for pane in watch.screen.query("ScenePane")
            for row in pane.reads()  # type: ignore[attr-defined]
        )
        for word in ("simulated", "engine 1s ago", "budget", "flags", "activity", "in flight"):
            assert word in text
        assert "23.9%" in text
        assert not plain or text.isascii()
        assert all(len(row) <= size[0] for row in text.splitlines())


async def test_two_hundred_targets_scroll() -> None:
    many = fake.run([fake.target(i, f"model-{i:03} @ sim") for i in range(1, 201)])
    async with watching(many) as watch:
        assert "model-001" in watch.table[1]
        await watch.press("G")
        assert "model-200" in watch.table[-1]
        assert "of 200" in watch.table[0]
        await watch.press("g", "j", "j")
        assert watch.screen.targets.target == 3
        await watch.press("pagedown")
        assert watch.screen.targets.target > 8


async def test_hostile_names_are_shown_not_obeyed() -> None:
    evil = fake.target(1, HOSTILE, maker=HOSTILE, upstream=HOSTILE, platform=HOSTILE,
                       model=HOSTILE, tags=(HOSTILE,), state=TargetState.PAUSED,
                       reason=HOSTILE, basis=HOSTILE, account=HOSTILE,
                       answered_by=(fake.identity(HOSTILE, 9), fake.identity("B", 8)))  # fmt: skip
    summary = fake.run(
        [evil], name=HOSTILE, note=HOSTILE, reason=HOSTILE,
        accounts=(
            fake.account(HOSTILE, waiting=(HOSTILE,), blocked_until=NOW + 9, reason=HOSTILE),
            fake.account("held", paused=HOSTILE),
        ),
        events=(fake.event(1, HOSTILE, target=HOSTILE),),
        flags=(fake.flag(1, HOSTILE, HOSTILE),),
    )  # fmt: skip
    left = SinceLeft(NOW - 60, 1, 1, 1, 1, summary.events)
    async with watching(summary, (160, 50), left) as watch:
        assert isinstance(watch.host.screen, SinceLeftBox)
        await watch.press("x", "i", "b", "escape", "slash", *"[/nope]", "enter", "f", "l")
        for pane in watch.screen.query("ScenePane"):
            for y in range(pane.size.height):
                assert pane.render_line(y).text.isprintable()
        assert "[/nope]" in "".join(watch.table)


async def test_the_cursor_stays_with_its_target() -> None:
    async with watching() as watch:
        await watch.press("j", "j")
        chosen = watch.screen.targets.target
        run = fake.sample()
        await watch.show(replace(run, targets=run.targets[::-1]))
        assert watch.screen.targets.target == chosen


async def test_sort_shows_an_arrow_and_flips() -> None:
    async with watching() as watch:
        await watch.press("s")
        assert "▼rate" in watch.table[0]
        assert "llama4" in watch.table[1]
        await watch.press("S")
        assert "▲rate" in watch.table[0]
        assert "llama4" not in watch.table[1]


async def test_the_filter_narrows_as_it_is_typed_and_esc_clears() -> None:
    async with watching() as watch:
        await watch.press("slash", *"qwen3-4b")
        assert "/qwen3-4b  3 of 8" in watch.table[0]
        await watch.press("enter")
        assert "/qwen3-4b" in watch.table[0]
        await watch.press("escape")
        assert "target" in watch.table[0]
        assert not watch.host.opened
        await watch.press("escape")
        assert watch.host.opened == [("back", 0)]


async def test_zoom_families_and_log_are_one_step_each() -> None:
    async with watching() as watch:
        keys = {"z": "targets", "f": "families", "l": "log", "i": "about", "b": "budget"}
        for key, pane in keys.items():
            await watch.press(key)
            assert watch.screen.query_one(f"#{pane}").display
            assert not watch.screen.query_one("#activity").display
            await watch.press("escape")
            assert watch.screen.query_one("#activity").display
        assert not watch.host.opened


async def test_panes_by_number_and_tab() -> None:
    async with watching() as watch:
        assert "▸" in watch.table[0]
        await watch.press("3")
        assert watch.screen.flags.reads()[0].startswith("┬─▸ flags")
        await watch.press("j", "enter")
        assert watch.host.opened == [("trace", 1002)]
        await watch.press("tab")
        assert watch.screen.activity.reads()[0].startswith("─▸ activity")
        await watch.press("1", "j", "enter")
        assert watch.host.opened[-1] == ("responses", 2)
        await watch.press("o")
        assert watch.host.opened[-1] == ("trace", 1002)


async def test_the_tier_switches_everywhere() -> None:
    async with watching(size=(160, 50)) as watch:
        await watch.press("t")
        assert "broad ASR" in watch.screen.header.reads()[1]
        assert "25.6%" in watch.table[1]


async def test_a_frozen_display_stands_still_but_tells_of_a_lost_engine() -> None:
    async with watching() as watch:
        before = watch.table
        await watch.press("F")
        run = fake.sample()
        ahead = replace(run, targets=(fake.target(1, s=90, n=190), *run.targets[1:]), done=661)
        await watch.show(ahead)
        assert watch.table == before
        assert "FROZEN +10" in watch.screen.header.reads()[1]
        await watch.show(replace(ahead, engine=EngineView(1, False, NOW)))
        assert "ENGINE LOST" in watch.screen.header.reads()[0]
        await watch.press("F")
        assert watch.table != before


async def test_families_follow_the_cursor_also_while_the_display_is_frozen(tmp_path: Path) -> None:
    source = Source(make_big_run(tmp_path, 900, targets=3), who="tester")
    app = Host(lambda: MonitorScreen(source, refresh=3600))
    async with app.run_test(size=(160, 50)) as pilot:

        async def shown(target: int) -> list[str]:
            """The families of the target, once they are read."""
            for _ in range(200):
                await pilot.pause(0.02)
                screen = app.screen
                if isinstance(screen, SinceLeftBox):
                    await pilot.press("escape")
                elif isinstance(screen, MonitorScreen) and screen.targets.target == target:
                    rows = screen.selected.reads()
                    at = next((i for i, row in enumerate(rows) if "families" in row), 0)
                    if at and f"model-{target:03}" in rows[0]:
                        return rows[at : at + 7]
            raise AssertionError(f"no families of target {target}")

        one = await shown(1)
        await pilot.press("j")
        assert await shown(2) != one
        await pilot.press("F", "j")
        three = await shown(3)
        await pilot.press("F")
        assert await shown(3) == three
        await pilot.press("g")
        assert await shown(1) == one
    source.close()


class Stuck(Feed):
    """Looks at a disk that answers when it is let, or not at all."""

    def __init__(self, folder: Path) -> None:
        super().__init__(Reader(folder))
        self.going = threading.Event()
        self.going.set()
        self.broken = False

    def poll(self, looked: Looked = None) -> RunSummary | None:
        self.going.wait()
        if self.broken:
            raise OSError("disk on fire")
        return super().poll(looked)


@asynccontextmanager
async def stuck(folder: Path) -> AsyncIterator[tuple[Pilot[None], MonitorScreen, Stuck]]:
    """A monitor of a run that does not change, and what it reads with."""
    feeds: list[Stuck] = []

    def opened(path: Path) -> Stuck:
        feeds.append(Stuck(path))
        return feeds[0]

    source = Source(folder, opener=opened, who="me")
    app = Host(lambda: MonitorScreen(source, refresh=3600))
    async with app.run_test(size=(160, 50)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, MonitorScreen))
        screen = app.screen
        assert isinstance(screen, MonitorScreen)
        await until(pilot, lambda: "families" in "".join(screen.selected.reads()))
        yield pilot, screen, feeds[0]
    source.close()


async def test_keys_are_heard_while_a_display_that_is_frozen_waits_for_the_disk(
    tmp_path: Path,
) -> None:
    async with stuck(make_big_run(tmp_path, 900, targets=3)) as (pilot, screen, feed):
        feed.going.clear()
        try:
            await pilot.press("F")
            assert "FROZEN" in screen.header.reads()[1]
            await pilot.press("j", "f")
            assert "model-002" in screen.detail.scene.chosen.name  # type: ignore[union-attr]
        finally:
            feed.going.set()
        await until(pilot, lambda: "roleplay" in "".join(screen.families.reads()))
        assert "FROZEN" in screen.header.reads()[1]
        # Twice at once: as it was.
        await pilot.press("F", "F")
        assert "FROZEN" in screen.header.reads()[1]
        await pilot.press("F", "F", "F")
        assert "FROZEN" not in screen.header.reads()[1]


async def test_what_was_not_read_when_the_display_was_frozen_is_said(tmp_path: Path) -> None:
    async with stuck(make_big_run(tmp_path, 900, targets=3)) as (pilot, screen, feed):
        feed.broken = True
        await pilot.press("F", "j", "f")
        await until(pilot, lambda: "reading failed" in screen.header.reads()[1])
        assert "not read before the display was frozen" in "".join(screen.families.reads())
        feed.broken = False
        await pilot.press("F")
        await until(pilot, lambda: "roleplay" in "".join(screen.families.reads()))


async def test_what_is_typed_behind_the_slash_in_one_burst_is_the_filter_and_no_command() -> None:
    async with watching() as watch:
        # A slow link brings what was typed at once.
        for key in "/pP1":
            watch.host.post_message(Key("slash" if key == "/" else key, key))
        await until(watch.pilot, lambda: watch.screen.targets.filter == "pP1")
        assert watch.source.sent == []
        await watch.press("4", "b")
        assert watch.screen.targets.filter == "pP14b"
        await watch.press("escape")
        for key, letter in (("slash", "/"), ("slash", "/"), ("q", "q"), ("enter", None)):
            watch.host.post_message(Key(key, letter))
        await until(watch.pilot, lambda: watch.screen.focused is None)
        assert watch.screen.targets.filter == "/q"


async def test_one_key_pauses_and_resumes() -> None:
    async with watching() as watch:
        await watch.press("p", "P")
        await watch.show(fake.sample(state=RunState.PAUSED))
        await watch.press("p")
        assert watch.source.sent == [("pause", None), ("pause_target", 1), ("resume", None)]


async def test_stop_wants_the_name_typed() -> None:
    async with watching() as watch:
        await watch.press("X", *"qwen", "enter", "escape")
        assert watch.source.sent == []
        await watch.press("X", *"qwen3-platforms", "enter")
        assert watch.source.sent == [("stop", None)]


async def test_a_copy_is_not_reviewed(tmp_path: Path) -> None:
    async with watching() as watch:
        watch.source.path = tmp_path / "copy.db"
        watch.source.path.touch()
        await watch.press("r")
        assert "copy" in [each.message for each in watch.host._notifications][-1]
        assert watch.host.screen is watch.screen


async def test_resume_starts_an_engine_only_where_none_is() -> None:
    async with watching() as watch:
        await watch.press("R")
        assert watch.source.revived == 0
        await watch.show(fake.sample(state=RunState.DEAD))
        await watch.press("R")
        await watch.pilot.pause(0.1)
        assert watch.source.revived == 1


async def test_over_runs_say_what_their_keys_cannot_do() -> None:
    async with watching(fake.sample(state=RunState.DONE)) as watch:
        await watch.press("R", "X", "p")
        said = [each.message for each in watch.host._notifications]
        assert [words.split(" is ")[1].split()[0].strip(";:") for words in said] == ["done"] * 3
        assert (watch.source.revived, watch.source.sent) == (0, [])
        await watch.show(fake.sample(state=RunState.STOPPED))
        await watch.press("R")
        await watch.pilot.pause(0.1)
        assert watch.source.revived == 1


async def test_the_flags_stand_still_while_the_cursor_comes_and_goes() -> None:
    async with watching() as watch:
        before = watch.screen.flags.reads()[1:]
        await watch.press("3")
        assert [row.replace("▸", " ", 1) for row in watch.screen.flags.reads()[1:]] == before
        await watch.press("z")
        assert not any(sign in "".join(watch.screen.flags.reads()) for sign in "│┬")


async def test_pages_of_a_target_say_where_they_are_while_none_is_chosen() -> None:
    async with watching() as watch:
        await watch.press("slash", *"nosuch", "enter")
        for key, page in (("i", watch.screen.about), ("f", watch.screen.families)):
            await watch.press(key)
            assert "esc back" in page.reads()[0]
            assert "no target is chosen" in page.reads()[1]


async def test_r_tries_a_paused_account_again_while_the_engine_lives() -> None:
    held = fake.account("held", paused="key refused: http 401")
    async with watching(fake.sample(accounts=(held,))) as watch:
        assert "held paused" in watch.screen.budget.reads()[1]
        await watch.press("R")
        assert watch.source.sent == [("resume", None)]
        assert watch.source.revived == 0


async def test_the_page_about_a_target_follows_the_cursor_and_scrolls() -> None:
    async with watching() as watch:
        await watch.press("j", "i")
        assert "about qwen3-4b @ direct" in watch.screen.about.reads()[0]
        assert "answered by 2 upstreams: host-0 88" in "\n".join(watch.screen.about.reads())
        await watch.press("G")
        assert "cost" in watch.screen.about.reads()[-1]
        await watch.press("t", "escape", "k", "i")
        assert "about qwen3-4b @ ollama" in watch.screen.about.reads()[0]


async def test_the_whole_budget_says_when_each_target_ends() -> None:
    accounts = (fake.account("openrouter-free"), fake.account("ollama"))
    async with watching(fake.sample(accounts=accounts)) as watch:
        assert "gemma3-12b" not in "\n".join(watch.screen.budget.reads())
        await watch.press("b")
        text = "\n".join(watch.screen.budget.reads())
        assert "gemma3-12b @ ollama" in text
        assert text.count("done in 31m") == 3
        assert text.count("end unknown") == 1
        assert "esc back" in text


async def test_a_wide_column_that_is_cut_off_names_the_page_that_is_not() -> None:
    async with watching(size=(120, 30)) as watch:
        await watch.press("j")
        assert "i tells the rest" in watch.screen.selected.reads()[-1]
    async with watching(size=(160, 90)) as watch:
        assert "i tells the rest" not in "\n".join(watch.screen.selected.reads())


async def test_since_left_is_closed_by_any_key_and_eats_it() -> None:
    left = SinceLeft(NOW - 7800, 412, 9, 1, 2, fake.sample().events)
    async with watching(left=left) as watch:
        assert isinstance(watch.host.screen, SinceLeftBox)
        assert watch.feed.visits == ["tester"]
        await watch.press("q")
        assert len(watch.host.screen_stack) == 2
        assert not watch.host.left


async def test_nothing_happened_shows_no_box() -> None:
    async with watching(left=SinceLeft(NOW - 60, 0, 0, 0, 0, ())) as watch:
        assert watch.host.screen is watch.screen


async def test_q_detaches() -> None:
    async with watching() as watch:
        await watch.press("q")
        assert watch.host.left
        assert watch.source.sent == []


async def test_a_tick_that_comes_while_the_screen_goes_ends_in_nothing() -> None:
    async with watching() as watch:
        screen = watch.screen
        await watch.host.pop_screen()
        # Its panes are gone; the task that reads is told a moment later.
        await screen.tick()
        await watch.press("j")


async def test_a_reading_that_fails_is_said_and_the_numbers_stay() -> None:
    async with watching() as watch:

        def broken(looked: Looked = None) -> RunSummary | None:
            raise OSError("disk on [/fire]")

        watch.feed.poll = broken  # type: ignore[method-assign]
        await watch.screen.tick()
        await watch.pilot.pause()
        assert "reading failed" in watch.screen.header.reads()[1]
        assert "23.9%" in watch.table[1]


async def test_the_log_fetches_older_lines_at_its_top() -> None:
    async with watching() as watch:
        watch.feed.older = tuple(fake.event(i, f"older {i}") for i in range(1, 20))
        await watch.press("l", "g")
        await watch.pilot.pause(0.1)
        await watch.press("g")
        assert "older 1" in "\n".join(watch.screen.log_pane.reads())


async def test_resizing_down_and_back_keeps_everything() -> None:
    async with watching(size=(120, 40)) as watch:
        before = watch.table
        for size in ((60, 16), (160, 50), (120, 40)):
            await watch.pilot.resize_terminal(*size)
            await watch.pilot.pause()
        assert watch.table == before
