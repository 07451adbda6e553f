"""The page before a start: what stands there, and what its keys do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fftui.tui.app import FftuiApp
from fftui.tui.home.desk import Desk, Started
from fftui.tui.home.screen import HomeScreen
from fftui.tui.preflight.probes import Replies, Reply
from fftui.tui.preflight.screen import PreflightScreen
from tests.cli.support import MINIMAL, PROFILE, toml
from tests.shell.fakes import HOSTILE, Checked, FakeDesk
from tests.shell.support import an_app, screen, until

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from fftui.results.preflight import Preflight


class CheckingDesk(FakeDesk):
    """Checks plans as the real one does; starts nothing."""

    async def check(self, plan: Path) -> Preflight:
        self.did.append(("check", plan.name))
        return await Desk().check(plan)


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Writes a simulated plan, changed as asked."""
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "FFTUI_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    rows = [{"id": f"P-{n}", "turns": [f"[placeholder {n}]"]} for n in range(60)]
    (tmp_path / "prompts.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    (tmp_path / "profile.toml").write_text(PROFILE.replace("{latency}", "0.0"))

    def made(**changes: Any) -> Path:
        path = tmp_path / "p.toml"
        path.write_text(toml({**MINIMAL, **changes}))
        return path

    return made


async def opened(app: FftuiApp, pilot: Pilot[Any], plan: Path, desk: Desk, name: str = "") -> str:
    """The page over the home screen, checked; what it shows first."""
    app.go(PreflightScreen(desk, plan, name))
    await until(pilot, lambda: isinstance(app.screen, PreflightScreen))
    await until(pilot, lambda: any(w in screen(app) for w in ("nothing is wrong", "problem",
                                                              "it can start")))  # fmt: skip
    return screen(app)


def targets(n: int) -> list[dict[str, str]]:
    return [{"name": f"target {i}", "platform": "sim:direct", "model": "m"} for i in range(n)]


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_all_of_a_long_page_can_be_read(plan: Any, size: tuple[int, int]) -> None:
    desk = CheckingDesk()
    path = plan(targets=targets(12), accounts=[{"name": "sim:direct", "requests_per_day": 50}])
    app = an_app(desk=desk)
    async with app.run_test(size=size) as pilot:
        seen = [await opened(app, pilot, path, desk)]
        # The calls and the end are on the first page, whatever the terminal.
        assert "60 scenarios (0 benign) x 12 targets x 1 repeat" in seen[0]
        assert "done not before" in seen[0]
        for _ in range(12):
            await pilot.press("space")
            seen.append(screen(app))
        for said in ("target 0:", "target 11:", "50 a day buys width", "sha256", "SQLite"):
            assert any(said in one for one in seen), said
        assert all(len(row) == size[0] for one in seen for row in one.splitlines())
        await pilot.press("g")
        assert screen(app) == seen[0]
        assert "enter start" in seen[0]
        assert "p probe" in seen[0]


@pytest.mark.parametrize("key", ["enter", "s"])
async def test_it_starts_once_under_the_given_name(plan: Any, key: str) -> None:
    desk = CheckingDesk(started=Started(None, "no engine came up"))
    app = an_app(desk=desk)
    async with app.run_test() as pilot:
        await opened(app, pilot, plan(), desk)
        await pilot.press("n", *"nightly", "escape", key, key)
        await until(pilot, lambda: "no engine came up" in screen(app))
    starts = [did for did in desk.did if did[0] == "start"]
    assert {name for *_, name in starts} == {"nightly"}


async def test_esc_goes_back_and_nothing_was_started(plan: Any) -> None:
    desk = CheckingDesk()
    app = an_app(desk=desk)
    async with app.run_test() as pilot:
        await opened(app, pilot, plan(), desk)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))
    assert desk.did == [("check", "p.toml")]


async def test_a_plan_with_problems_is_neither_started_nor_probed(plan: Any) -> None:
    desk = CheckingDesk()
    path = plan(targets=[{"name": "a", "platform": "sim:direct", "model": "absent"}])
    app = an_app(desk=desk)
    async with app.run_test(size=(100, 30)) as pilot:
        seen = await opened(app, pilot, path, desk)
        assert "the simulator has no model 'absent'" in " ".join(seen.split())
        assert "1 problem: mend the plan first" in seen
        assert "enter start" not in seen
        await pilot.press("enter", "s", "p")
        await pilot.pause()
    assert desk.did == [("check", "p.toml")]


async def test_what_probes_bring_is_shown_and_a_failed_one_forbids_nothing(plan: Any) -> None:
    replies = Replies((
        Reply(True, ("a: ok, answered, 20 ms", "answered by m")),
        Reply(False, (f"b: FAILED, config: {HOSTILE}", "mend: look at key")),
    ))  # fmt: skip
    desk = CheckingDesk(replies=replies, started=Started(None, "tried"))
    app = an_app(desk=desk)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot, plan(), desk)
        await pilot.press("p")
        await until(pilot, lambda: "1 of 2 probes failed" in screen(app))
        seen = screen(app)
        assert "a: ok, answered, 20 ms" in seen
        assert "b: FAILED, config: " in seen
        assert "mend: look at key" in seen
        assert "\x1b" not in seen
        await pilot.press("s")
        await until(pilot, lambda: ("start", "p.toml", "") in
                    [(did[0], Path(did[1]).name, *did[2:]) for did in desk.did])  # fmt: skip


async def test_probes_that_cannot_be_made_say_why(plan: Any) -> None:
    desk = CheckingDesk(replies=Replies((), "the disk is full"))
    app = an_app(desk=desk)
    async with app.run_test() as pilot:
        await opened(app, pilot, plan(), desk)
        await pilot.press("p")
        await until(pilot, lambda: "the disk is full" in screen(app))
        assert "p probe" in screen(app)


async def test_a_real_probe_answers_from_a_child_process(plan: Any) -> None:
    found = await Desk().probe(plan(accounts=[{"name": "sim:direct", "shared": False}]))
    assert found.error == ""
    assert [one.ok for one in found.found] == [True]
    assert "a: ok, answered" in found.found[0].lines[0]
    problem = await Desk().probe(plan(targets=[]))
    assert "targets" in problem.error


async def test_text_of_a_plan_is_text_on_the_page() -> None:
    desk = FakeDesk(checked=Checked(warnings=(HOSTILE, "[bold]not bold[/]")))
    app = an_app(desk=desk)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot, Path("[red]x[/].toml"), desk)
        seen = screen(app)
        assert "[bold]not bold[/]" in seen
        assert "[red]x[/].toml" in seen
        assert "\x1b" not in seen
