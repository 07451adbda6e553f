"""The home screen: my runs, what they need from me, and what can be begun."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import getters, work
from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from fftui.domain.states import RunState
from fftui.settings import runs_dir
from fftui.text import line
from fftui.tui.bars import Bar, KeyBar
from fftui.tui.bindings import bindings
from fftui.tui.dialogs import Ask, TypedConfirm
from fftui.tui.home.lists import RunList, SampleList
from fftui.tui.home.row import details
from fftui.tui.lines import Lines
from fftui.tui.words import MUTED

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from fftui.results.view import RunLine
    from fftui.tui.app import FftuiApp
    from fftui.tui.home.desk import Desk

REFRESH_S = 2.0
_AROUND = 16
"""Rows of a screen that are not for what can be begun: title, runs, details, keys."""


class HomeScreen(Screen[None]):
    """Lists runs of this folder, or all of mine, and starts new ones."""

    NAME = "home"
    CSS_PATH = "screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("home")]
    AUTO_FOCUS = "RunList"

    top = getters.query_one("#top", Bar)
    runs = getters.query_one(RunList)
    samples = getters.query_one(SampleList)
    detail = getters.query_one("#detail", Static)
    empty = getters.query_one("#empty", Static)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._mine = False
        self._read = False
        self._problem = ""

    def compose(self) -> ComposeResult:
        """Runs above, the chosen one in three lines, new ones below."""
        plain = cast("FftuiApp", self.app).ascii
        yield Bar(id="top")
        with Vertical(id="runs"):
            yield RunList(plain=plain)
            yield Static(_nothing_yet(), id="empty", markup=False)
        yield Static("", id="detail", markup=False)
        yield Bar(id="new")
        yield SampleList(self._desk.samples(), plain=plain)
        yield KeyBar("home")

    def on_mount(self) -> None:
        """Read at once, then every other second while anyone can see it."""
        self.empty.display = False
        self._head()
        self.query_one("#new", Bar).show(Content.styled("new", "bold $text-primary"))
        self.set_interval(REFRESH_S, self._tick)

    def on_screen_resume(self) -> None:
        """What stands there may be old."""
        self.refresh_runs()

    def _tick(self) -> None:
        if self.is_active and self.app.app_focus:
            self.refresh_runs()

    @work(exclusive=True, group="runs")
    async def refresh_runs(self) -> None:
        """Ask what there is, and repaint what changed."""
        try:
            runs = await self._desk.runs(self._mine)
        except (OSError, ValueError, RuntimeError) as error:
            if str(error) != self._problem:
                self._problem = str(error)
                self.app.notify(self._problem, severity="error")
            return
        self._problem = ""
        first, self._read = not self._read, True
        self.runs.show(runs)
        self.runs.display = bool(runs)
        self.empty.display = not runs
        if (first and not runs) or (not runs and self.focused is self.runs):
            self.set_focus(self.samples)
        self._head()
        self._details()

    def _head(self) -> None:
        here = "bold $text-accent" if not self._mine else MUTED
        mine = "bold $text-accent" if self._mine else MUTED
        place = "from any folder" if self._mine else str(runs_dir().absolute())
        self.top.show(
            Content.assemble(
                ("fftui", "bold $text-primary"),
                "  runs  ",
                (line(place, max(8, self.size.width - 40)), MUTED),
            ),
            Content.assemble(("here", here), (" / ", MUTED), ("all mine", mine)),
        )

    def _details(self) -> None:
        chosen = self.runs.chosen
        self.detail.display = chosen is not None
        if chosen is not None:
            plain = cast("FftuiApp", self.app).ascii
            said = details(chosen, max(1, self.size.width - 4), plain=plain)
            if repr(said) != repr(self.detail.content):
                self.detail.update(said, layout=False)

    def on_lines_moved(self, event: Lines.Moved) -> None:
        """The lines under the list follow the cursor."""
        if event.lines is self.runs:
            self._details()

    def on_resize(self) -> None:
        """Cropped text may have more room; on a low screen the runs keep theirs."""
        self.samples.fit(max(2, self.size.height - _AROUND))
        self._head()
        self._details()

    # Moving

    @property
    def _list(self) -> Lines:
        return self.samples if self.focused is self.samples else self.runs

    def action_move(self, by: int) -> None:
        """One line on; past the end of the runs come the new ones."""
        here = self._list
        if here is self.runs and by > 0 and here.cursor >= here.count - 1:
            self.set_focus(self.samples)
        elif here is self.samples and by < 0 and here.cursor == 0 and self.runs.count:
            self.set_focus(self.runs)
        else:
            here.move(by)

    def action_page(self, by: int) -> None:
        """A page on."""
        self._list.page(by)

    def action_edge(self, which: int) -> None:
        """First or last line."""
        self._list.edge(which)

    # `set_focus` acts at once; `Widget.focus` would let the next key of a burst go astray.
    def action_switch(self) -> None:
        """The other list."""
        if self._list is self.samples and self.runs.count:
            self.set_focus(self.runs)
        else:
            self.set_focus(self.samples)

    def action_toggle_mine(self) -> None:
        """Here, or from any folder."""
        self._mine = not self._mine
        self._head()
        self.refresh_runs()

    # Doing

    def action_open(self) -> None:
        """Watch the run, or begin the new one."""
        if self._list is self.samples:
            plan = self.samples.chosen.plan
            self.action_from_file() if plan is None else self._launch(plan, sample=True)
        elif (run := self.runs.chosen) is not None and run.state is not None:
            cast("FftuiApp", self.app).open_run(run.path)

    def action_corpus(self) -> None:
        """All the runs that are listed, together."""
        from fftui.tui.corpus.screen import CorpusScreen

        cast("FftuiApp", self.app).go(CorpusScreen(self._desk, mine=self._mine))

    @work
    async def action_from_file(self) -> None:
        """Ask for a plan's path."""
        asked = await self.app.push_screen_wait(
            Ask("Path of the plan file, or of a summary", "plan.toml")
        )
        if asked:
            self._launch(Path(asked).expanduser(), sample=False)

    def _launch(self, plan: Path, *, sample: bool) -> None:
        if self._desk.is_summary(plan):
            from fftui.tui.compare.summary import SummaryScreen

            cast("FftuiApp", self.app).go(SummaryScreen(self._desk, plan))
            return
        taken = {run.name for run in self.runs.runs}
        name = _free(plan.stem, taken) if sample else ""
        from fftui.tui.preflight.screen import PreflightScreen

        cast("FftuiApp", self.app).go(PreflightScreen(self._desk, plan, name))

    def _chosen(self, *, over: bool | None = None) -> RunLine | None:
        """The run that a command is for; says why not, where there is none."""
        run = self.runs.chosen if self._list is self.runs else None
        if run is None:
            self.app.notify("choose a run first", timeout=3)
            return None
        is_over = run.state is None or run.state.over
        if over is not None and is_over is not over:
            why = "its engine is alive; stop it first"
            if not over:
                done = run.state is RunState.DONE
                resume = cast("FftuiApp", self.app).keys.key("home.resume")
                why = "it is done" if done else f"it has no engine; {resume} starts one"
            self.app.notify(f"{run.name}: {why}", severity="warning")
            return None
        return run

    @work
    async def action_pause(self) -> None:
        """Pause, or go on."""
        run = self._chosen(over=False)
        if run is not None:
            await self._send(run, "resume" if run.state is RunState.PAUSED else "pause")

    @work
    async def action_stop(self) -> None:
        """Stop for good."""
        run = self._chosen(over=False)
        if run is None:
            return
        sure = TypedConfirm(f"Stop {line(run.name, 40)} for good: no new calls.", run.name)
        if await self.app.push_screen_wait(sure):
            await self._send(run, "stop")

    @work
    async def action_delete(self) -> None:
        """Delete the folder of a run that is over."""
        run = self._chosen(over=True)
        if run is None:
            return
        what = f"Delete {line(run.name, 40)}: answers, verdicts and readings go with it."
        if not await self.app.push_screen_wait(TypedConfirm(what, run.name)):
            return
        await self._try(self._desk.delete(run.path), f"{run.name} deleted")

    @work
    async def action_resume(self) -> None:
        """Start an engine for a run without one; a paused run goes on."""
        run = self._chosen()
        if run is None:
            return
        if run.state is RunState.PAUSED:
            await self._send(run, "resume")
            return
        if (run := self._chosen(over=True)) is None:
            return
        if run.state is RunState.DONE:
            self.app.notify(f"{run.name}: it is done, nothing is left to ask", timeout=4)
            return
        self.app.notify(f"{run.name}: starting an engine", timeout=4)
        done = await self._desk.resume(run.path)
        if done.error:
            self.app.notify(done.error, severity="error", timeout=15)
        self.refresh_runs()

    async def _send(self, run: RunLine, kind: str) -> None:
        await self._try(self._desk.send(run.path, kind), f"{run.name}: {kind} asked for")

    async def _try(self, doing: Any, done: str) -> None:
        try:
            await doing
        except (OSError, ValueError, RuntimeError) as error:
            self.app.notify(str(error), severity="error")
        else:
            self.app.notify(done, timeout=3)
        self.refresh_runs()


def _free(stem: str, taken: set[str]) -> str:
    """A name that no run here has."""
    names = (stem if n == 1 else f"{stem}-{n}" for n in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)


def _nothing_yet() -> Content:
    return Content.assemble(
        ("No run here yet.", "bold"),
        "\n\nBegin with the demo: enter starts it on simulated platforms, with no key and no"
        " network.\nYour own: ",
        ("fftui init", "$text-accent"),
        " writes a commented plan; f opens it here.\n",
        ("a shows your runs from other folders.", MUTED),
    )
