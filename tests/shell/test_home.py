"""The home screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from fftui.domain.states import RunState
from fftui.tui.dialogs import SMALLEST, TypedConfirm
from fftui.tui.home.desk import Desk, Sample, Started
from fftui.tui.home.lists import RunList
from fftui.tui.home.screen import HomeScreen
from fftui.tui.preflight.screen import PreflightScreen
from tests.shell.fakes import HOSTILE, RUNS, Checked, FakeDesk, a_run
from tests.shell.support import an_app, screen, toasts, until

OVER = a_run("old", state=RunState.DONE, eta_s=None)


@pytest.mark.parametrize("size", [SMALLEST, (80, 24), (120, 40), (160, 50)])
@pytest.mark.parametrize("plain", [False, True])
async def test_each_run_says_its_state_in_words_and_its_progress(
    size: tuple[int, int], plain: bool
) -> None:
    app = an_app(ascii=plain)
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(pilot, lambda: "conlang-base" in screen(app) or size == SMALLEST)
        said = screen(app)
        for word in ("running", "waiting", "412/1600"):
            assert word in said
        if size != SMALLEST:
            for word in ("PAUSED", "DEAD", "done", "broken", "ETA 31m", "17 to read"):
                assert word in said
        if plain:
            assert said.isascii()


async def test_what_can_be_begun_leaves_room_for_the_runs() -> None:
    plans = tuple(Sample(f"plan {n}", "to begin", Path("plan.toml")) for n in range(7))
    app = an_app(desk=FakeDesk(plans=plans))
    async with app.run_test(size=SMALLEST, notifications=True) as pilot:
        await until(pilot, lambda: "waiting" in screen(app))
        assert "plan 0" in screen(app)
        assert app.screen.query_one(RunList).size.height >= 3
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: "plan 6" in screen(app))


async def test_an_empty_home_says_what_to_do() -> None:
    app = an_app(desk=FakeDesk(here=()))
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(pilot, lambda: "No run here yet." in screen(app))
        assert "fftui init" in screen(app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, PreflightScreen))


async def test_a_shows_mine_from_any_folder_and_here_again() -> None:
    app = an_app(desk=FakeDesk(elsewhere=[a_run("far-away")]))
    async with app.run_test(notifications=True) as pilot:
        await pilot.press("a")
        await until(pilot, lambda: "far-away" in screen(app))
        await pilot.press("a")
        await until(pilot, lambda: "far-away" not in screen(app))


async def test_pause_asks_a_running_run_to_pause_and_a_paused_one_to_go_on() -> None:
    desk = FakeDesk()
    app = an_app(desk=desk)
    async with app.run_test(notifications=True) as pilot:
        await until(pilot, lambda: "advbench" in screen(app))
        await pilot.press("p", "down", "down", "p")
        await until(pilot, lambda: len(desk.did) == 2)
    assert desk.did == [
        ("send", "qwen3-platforms", "pause"),
        ("send", "nightly-ollama", "resume"),
    ]


async def test_resume_starts_an_engine_for_a_dead_run_only() -> None:
    desk = FakeDesk()
    app = an_app(desk=desk)
    async with app.run_test(notifications=True) as pilot:
        await until(pilot, lambda: "advbench" in screen(app))
        await pilot.press("R")
        assert desk.did == []
        assert any("engine is alive" in said for said in toasts(app))
        await pilot.press("j", "j", "j", "R")
        await until(pilot, lambda: desk.did)
    assert desk.did == [("resume", "conlang-baseline")]


@pytest.mark.parametrize(
    ("key", "run", "done"),
    [("X", RUNS[0], ("send", "qwen3-platforms", "stop")), ("D", OVER, ("delete", "old"))],
)
async def test_stop_and_delete_only_after_the_name_was_typed(
    key: str, run: object, done: tuple[str, ...]
) -> None:
    desk = FakeDesk(here=[run])  # type: ignore[list-item]
    app = an_app(desk=desk)
    name = run.name  # type: ignore[attr-defined]
    async with app.run_test(notifications=True) as pilot:
        await until(pilot, lambda: name in screen(app))
        await pilot.press(key)
        assert isinstance(app.screen, TypedConfirm)
        await pilot.press("enter", "y", "enter")
        assert isinstance(app.screen, TypedConfirm)
        assert desk.did == []
        await pilot.press("escape")
        assert isinstance(app.screen, HomeScreen)
        await pilot.press(key, *name, "enter")
        await until(pilot, lambda: desk.did)
    assert desk.did == [done]


async def test_keys_that_mean_nothing_to_a_run_say_why() -> None:
    desk = FakeDesk(here=(OVER, a_run("lost", state=RunState.DEAD, reason="w" * 90, eta_s=None)))
    app = an_app(desk=desk)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(pilot, lambda: "lost" in screen(app))
        await pilot.press("p", "R", "j", "p")
        assert toasts(app) == [
            "old: it is done", "old: it is done, nothing is left to ask",
            "lost: it has no engine; R starts one",
        ]  # fmt: skip
        assert desk.did == []
        # A long reason takes neither the way out nor the lines below it.
        await until(pilot, lambda: "· R starts another engine" in screen(app))
        assert "attempts done" in screen(app)


async def test_a_run_with_an_engine_is_not_deleted() -> None:
    desk = FakeDesk()
    app = an_app(desk=desk)
    async with app.run_test(notifications=True) as pilot:
        await until(pilot, lambda: "advbench" in screen(app))
        await pilot.press("D")
        assert isinstance(app.screen, HomeScreen)
        assert any("stop it first" in said for said in toasts(app))


async def test_a_sample_is_checked_named_and_started() -> None:
    desk = FakeDesk(started=Started(None, "x\nname: a run called demo-2 exists"))
    app = an_app(desk=desk)
    async with app.run_test(notifications=True) as pilot:
        await until(pilot, lambda: "legacy-import" in screen(app))
        await pilot.press("tab", "enter")
        await until(pilot, lambda: "800 attempts" in screen(app))
        await pilot.press("enter")
        await until(pilot, lambda: "a run called demo-2 exists" in screen(app))
    assert desk.did == [("check", "demo.toml"), ("start", "demo.toml", "demo-2")]


async def test_a_plan_with_a_problem_is_shown_and_not_started() -> None:
    desk = FakeDesk(checked=Checked(ok=False, sections=(), problems=(f"stop.width: {HOSTILE}",)))
    app = an_app(desk=desk)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await pilot.press("f", *"my.toml", "enter")
        await until(pilot, lambda: "stop.width: ␛]52;c;" in screen(app))
        await pilot.press("enter")
        assert [what for what, *_ in desk.did] == ["check"]
        await pilot.press("escape")
        assert isinstance(app.screen, HomeScreen)


async def test_only_the_lines_that_changed_are_repainted() -> None:
    desk = FakeDesk()
    app = an_app(desk=desk)
    async with app.run_test(notifications=True) as pilot:
        await until(pilot, lambda: "advbench" in screen(app))
        runs = app.screen.query_one(RunList)
        painted: list[int] = []
        runs.refresh_row = painted.append  # type: ignore[assignment, method-assign]
        runs.show(tuple(RUNS))
        assert painted == []
        runs.show((RUNS[0], a_run("advbench-free", done=111), *RUNS[2:]))
        assert painted == [1]


async def test_the_cursor_stays_on_its_run_when_others_come() -> None:
    app = an_app()
    async with app.run_test(notifications=True) as pilot:
        await until(pilot, lambda: "advbench" in screen(app))
        await pilot.press("down")
        runs = app.screen.query_one(RunList)
        runs.show((a_run("newer"), *RUNS))
        assert runs.chosen is not None
        assert runs.chosen.name == "advbench-free"


async def test_a_reading_that_fails_is_one_toast() -> None:
    class Broken(FakeDesk):
        async def runs(self, mine: bool) -> tuple[()]:
            raise OSError("no such disk")

    app = an_app(desk=Broken())
    async with app.run_test(notifications=True) as pilot:
        home = app.screen
        assert isinstance(home, HomeScreen)
        await until(pilot, lambda: toasts(app))
        home.refresh_runs()
        await app.workers.wait_for_complete()
        assert toasts(app) == ["no such disk"]


async def test_a_start_that_fails_comes_back_as_its_last_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "python"
    fake.write_text('#!/bin/sh\necho talk >&2\necho "plan.toml: stop.width: too big" >&2\nexit 2\n')
    fake.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(fake))
    done = await Desk().start(tmp_path / "plan.toml", "")
    assert done == Started(None, "plan.toml: stop.width: too big")


async def test_a_start_gives_the_folder_that_fftui_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "runs" / "x"
    run.mkdir(parents=True)
    (run / "run.db").touch()
    fake = tmp_path / "python"
    fake.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/args\necho {run}\n')
    fake.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(fake))
    assert await Desk().start(Path("p.toml"), "x") == Started(run)
    assert (tmp_path / "args").read_text() == "-m fftui run p.toml --detach --name x\n"
