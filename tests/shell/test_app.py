"""What is the same on all screens."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from textual.screen import Screen
from textual.worker import WorkerFailed

from fftui.settings import Settings, config_dir, state_dir
from fftui.tui.bindings import TABLE
from fftui.tui.crash import keep
from fftui.tui.dialogs import SMALLEST, TooSmall
from fftui.tui.help.screen import HelpScreen
from fftui.tui.home.screen import HomeScreen
from fftui.tui.monitor.screen import MonitorScreen
from fftui.tui.responses.screen import ResponsesScreen
from fftui.tui.trace.screen import TraceScreen
from tests.shell.fakes import HIDDEN, HOSTILE, FakeDesk, FakeSource, a_run
from tests.shell.support import WIDE, an_app, screen, toasts, until

SIZES = [(80, 24), (120, 40), (160, 50), SMALLEST]


async def test_escape_leads_home_and_never_further() -> None:
    app = an_app()
    async with app.run_test(notifications=True) as pilot:
        app._source = FakeSource()  # type: ignore[assignment]
        app.open_responses(1)
        await until(pilot, lambda: "adv-000" in screen(app))
        await pilot.press("enter", "?")
        assert isinstance(app.screen, HelpScreen)
        for kind in (TraceScreen, ResponsesScreen, HomeScreen, HomeScreen, HomeScreen):
            await pilot.press("escape")
            assert isinstance(app.screen, kind)
        assert app.is_running


async def test_a_run_from_the_command_line_stands_alone_and_escape_leads_home() -> None:
    source = FakeSource()
    app = an_app(run=Path("demo"), open_source=lambda _: source)
    async with app.run_test(notifications=True) as pilot:
        await until(pilot, lambda: isinstance(app.screen, MonitorScreen))
        assert not any(isinstance(below, HomeScreen) for below in app.screen_stack)
        for _ in range(2):
            await pilot.press("escape")
            await until(pilot, lambda: isinstance(app.screen, HomeScreen))
        assert source.closed
        await until(pilot, lambda: "qwen3-platforms" in screen(app))


async def test_the_monitors_sheet_reaches_no_other_screen() -> None:
    source = FakeSource()
    app = an_app(run=Path("demo"), open_source=lambda _: source)
    async with app.run_test(notifications=True) as pilot:
        await until(pilot, lambda: isinstance(app.screen, MonitorScreen))
        app.open_trace(1)
        await until(pilot, lambda: "answer" in screen(app))
        assert app.screen.query_one("#about").size.height == 1


async def test_ctrl_c_ends_nothing_and_q_leaves() -> None:
    app = an_app()
    async with app.run_test(notifications=True) as pilot:
        await pilot.press("ctrl+c")
        assert any("q leaves" in said for said in toasts(app))
        assert app.return_code is None
        await pilot.press("q")
    assert app.return_code == 0


@pytest.mark.parametrize("size", [(59, 24), (80, 15), (40, 10), (20, 5), (10, 3)])
async def test_too_small_and_back(size: tuple[int, int]) -> None:
    app = an_app()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(pilot, lambda: "qwen3-platforms" in screen(app))
        await pilot.resize_terminal(*size)
        await until(pilot, lambda: isinstance(app.screen, TooSmall))
        if size[1] > 3:
            assert f"{size[0]}x{size[1]}" in screen(app)
        await pilot.press("escape", "enter", "D", "question_mark")
        assert isinstance(app.screen, TooSmall)
        await pilot.resize_terminal(*SMALLEST)
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))
        assert "qwen3-platforms" in screen(app)


async def test_a_screen_that_opens_while_too_small_waits_under_the_cover() -> None:
    app = an_app()
    async with app.run_test(size=(40, 10), notifications=True) as pilot:
        await until(pilot, lambda: isinstance(app.screen, TooSmall))
        app._source = FakeSource()  # type: ignore[assignment]
        app.open_responses(1)
        await until(pilot, lambda: isinstance(app.screen, TooSmall))
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: isinstance(app.screen, ResponsesScreen))
        await pilot.press("escape")
        assert isinstance(app.screen, HomeScreen)


async def test_a_broken_theme_of_mine_is_one_toast_with_file_and_reason() -> None:
    folder = config_dir() / "themes"
    folder.mkdir(parents=True)
    (folder / "mine.toml").write_text("name = 'mine'\nprimary = '#336699'\n")
    (folder / "bro[/ken].toml".replace("/", "-")).write_text("name = 'x'\nprimary = 'mauvish'\n")
    app = an_app(theme="mine")
    async with app.run_test(notifications=True) as pilot:
        await pilot.pause()
        assert app.theme == "mine"
        said = [toast for toast in toasts(app) if "mauvish" in toast]
        assert len(said) == 1
        assert "bro[-ken].toml" in said[0]


async def test_an_unknown_theme_falls_back_and_says_which_there_are() -> None:
    app = an_app(theme="nope")
    async with app.run_test(notifications=True) as pilot:
        await pilot.pause()
        assert app.theme == "harbor"
        assert any("no theme is called nope" in said and "ember" in said for said in toasts(app))


async def test_t_goes_through_all_themes_and_back() -> None:
    app = an_app()
    seen = []
    async with app.run_test(notifications=True) as pilot:
        for _ in range(6):
            await pilot.press("T")
            seen.append(app.theme)
    assert sorted(seen) == ["ansi-dark", "ansi-light", "contrast", "ember", "harbor", "paper"]
    assert seen[-1] == "harbor"


async def test_a_key_that_collides_is_a_toast_and_the_default_stands() -> None:
    app = an_app(settings=Settings(keys={"home.mine": "q", "app.help": "H"}))
    async with app.run_test(notifications=True) as pilot:
        await pilot.pause()
        assert any("keys.home.mine: q already means app.leave" in said for said in toasts(app))
        await pilot.press("H")
        assert isinstance(app.screen, HelpScreen)
        app.clear_notifications()
        await until(pilot, lambda: "This help." in screen(app))
        row = next(line for line in screen(app).splitlines() if "This help." in line)
        assert row.split()[0] == "H"


@pytest.mark.parametrize("size", SIZES)
async def test_help_names_every_key_and_all_words(size: tuple[int, int]) -> None:
    app = an_app()
    async with app.run_test(size=size, notifications=True) as pilot:
        await pilot.press("?")
        page = app.screen.text._rows  # type: ignore[attr-defined]
        said = " ".join(" ".join(line.plain for line in page).split())
        for row in TABLE:
            # Two columns mix the wrapped ends of sentences, never their beginnings.
            assert " ".join(row.help.split()[:3]) in said, row.id
        assert "settled" in said
        assert all(line.cell_length <= size[0] for line in page)


async def test_the_palette_finds_a_command_by_its_words_and_runs_it() -> None:
    desk = FakeDesk(elsewhere=[a_run("far-away")])
    app = an_app(desk=desk)
    async with app.run_test(notifications=True) as pilot:
        await pilot.press("colon", *"any folder", "enter")
        await until(pilot, lambda: "far-away" in screen(app))


async def test_a_toast_is_cleaned_and_its_markup_is_letters() -> None:
    app = an_app()
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        app.notify(HOSTILE, title=HOSTILE, markup=True)
        await until(pilot, lambda: "[/nope]" in screen(app))
        assert "\x1b" not in screen(app)
        assert "\u202e" not in screen(app)


async def test_an_opener_that_fails_is_a_toast() -> None:
    def refuse(path: Path) -> FakeSource:
        raise OSError(f"{path} is on a network")

    app = an_app(run=Path("/runs/x"), open_source=refuse)
    async with app.run_test(notifications=True) as pilot:
        await pilot.pause()
        assert any("is on a network" in said for said in toasts(app))
        assert isinstance(app.screen, HomeScreen)


def test_no_color_outweighs_the_settings_but_not_what_was_asked() -> None:
    env = WIDE | {"NO_COLOR": "1"}
    assert an_app(env=env, settings=Settings(theme="ember")).theme == "ansi-dark"
    assert an_app(env=env, theme="ember").theme == "ember"
    assert an_app(settings=Settings(theme="ember")).theme == "ember"


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_crash_leaves_places_in_a_file_and_no_value_anywhere(wrapped: bool) -> None:
    def fail() -> None:
        key = HIDDEN
        raise RuntimeError(f"with {key}")

    try:
        fail()
    except RuntimeError as error:
        said = keep(WorkerFailed(error) if wrapped else error).plain
    file = state_dir() / "crash.log"
    log = file.read_text()
    assert "RuntimeError" in said
    assert str(file) in said
    assert HIDDEN not in said + log
    assert "fail" in log
    assert file.stat().st_mode & 0o777 == 0o600


async def test_a_screen_that_fails_prints_one_line_without_locals() -> None:
    class Bad(Screen[None]):
        def on_mount(self) -> None:
            raise RuntimeError(HIDDEN)

    app = an_app()

    async def shown() -> None:
        async with app.run_test(notifications=True) as pilot:
            app.push_screen(Bad())
            await pilot.pause()
            await pilot.pause()

    with pytest.raises(RuntimeError):
        await shown()
    assert app.return_code == 1


def test_the_environment_is_set_before_textual_is_imported() -> None:
    script = (
        "import sys, fftui.tui.start as start; assert 'textual' not in sys.modules\n"
        "env = {'TMUX': 'x', 'TEXTUAL_SMOOTH_SCROLL': '1'}; start.prepare(env)\n"
        "assert env['TEXTUAL_ANIMATIONS'] == 'none' and env['TEXTUAL_DISABLE_KITTY_KEY'] == '1'\n"
        "assert env['TEXTUAL_SMOOTH_SCROLL'] == '1'\n"
        "import fftui.tui.app; bad = {'scipy', 'httpx', 'numpy'} & set(sys.modules); assert not bad"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


async def test_a_toast_says_what_it_was_told_and_obeys_none_of_it() -> None:
    app = an_app()
    async with app.run_test(notifications=True, size=(80, 24)) as pilot:
        app.notify("[b]owned[/b] [@click=app.quit]x[/] [/nope]", title="[i]t[/i]", timeout=30)
        await until(pilot, lambda: "[b]owned[/b]" in screen(app))
        assert "[@click=app.quit]x[/]" in screen(app)
        assert "[/nope]" in screen(app)
