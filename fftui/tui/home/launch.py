"""The page before a start: what the plan will do and what is wrong with it. Enter starts it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual import getters, work
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Input, Static

from fftui.text import line
from fftui.tui.bars import Bar
from fftui.tui.dialogs import keys
from fftui.tui.draw.glyphs import glyphs
from fftui.tui.words import BAD, CARE, GOOD, MUTED, NOTE

if TYPE_CHECKING:
    from pathlib import Path

    from textual.app import ComposeResult

    from fftui.results.preflight import Preflight
    from fftui.tui.app import FftuiApp
    from fftui.tui.home.desk import Desk

MAX_LINES = 200


class LaunchScreen(Screen[None]):
    """Checks a plan, lets a person name the run, and starts it."""

    CSS_PATH = "launch.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "app.back", "back"),
        Binding("pagedown", "page(1)", "page down"),
        Binding("pageup", "page(-1)", "page up"),
    ]
    top = getters.query_one("#top", Bar)
    facts = getters.query_one("#facts", Static)
    scroll = getters.query_one(VerticalScroll)
    called = getters.query_one(Input)
    state = getters.query_one("#state", Static)

    def __init__(self, desk: Desk, plan: Path, name: str) -> None:
        super().__init__()
        self._desk = desk
        self._plan = plan
        self._called = name
        self._ready = False
        self._starting = False

    def compose(self) -> ComposeResult:
        """The plan's checks, the run's name, and what happens now."""
        yield Bar(id="top")
        with VerticalScroll(can_focus=False):
            yield Static("", id="facts", markup=False)
        with Vertical(id="foot"):
            yield Static(Content.styled("name of the run", MUTED), id="label")
            yield Input(self._called, placeholder="as in the plan", compact=True)
            yield Static("", id="state", markup=False)

    def on_mount(self) -> None:
        """Check at once; a check sends nothing."""
        self.top.show(
            Content.assemble(("before the start", "bold $text-primary"), "  ",
                             (line(str(self._plan), 90), MUTED)),
        )  # fmt: skip
        self._say("checking the plan …", NOTE)
        self._check()

    @work
    async def _check(self) -> None:
        try:
            found = await self._desk.check(self._plan)
        except (OSError, ValueError, RuntimeError) as error:
            self.facts.update(Content.styled(line(str(error), 400), BAD))
            self._say("this plan cannot be read", BAD)
            return
        self._ready = found.ok
        self.facts.update(self._said(found))
        if found.ok:
            self.state.update(keys("enter", "start", "esc", "back"))
        else:
            self._say("mend the plan first; esc goes back", BAD)

    def _said(self, found: Preflight) -> Content:
        signs = glyphs(plain=cast("FftuiApp", self.app).ascii)
        width = max(20, self.size.width * 3)
        wrong = BAD if not found.ok else CARE
        rows = [
            Content.assemble((f"{signs.error if not found.ok else signs.warning} ", wrong),
                             (line(text, width), wrong))
            for text in found.problems[:MAX_LINES]
        ]  # fmt: skip
        if rows:
            rows.append(Content(""))
        rows += [Content(line(text, width)) for text in found.lines[:MAX_LINES]]
        if found.ok and not found.problems:
            rows += [Content(""), Content.styled("nothing is wrong with it", GOOD)]
        return Content("\n").join(rows)

    def on_input_submitted(self) -> None:
        """Start, once."""
        if self._ready and not self._starting:
            self._starting = True
            self._start()

    @work
    async def _start(self) -> None:
        self._say("starting an engine …", NOTE)
        done = await self._desk.start(self._plan, self.called.value.strip())
        self._starting = False
        if done.error:
            self._say(done.error, BAD)
            return
        app = cast("FftuiApp", self.app)
        # A person who went back meanwhile wants to stay where they are.
        if not self.is_attached or app.screen is not self:
            app.notify("the run has started", timeout=4)
            return
        app.action_back()
        if done.path is not None:
            app.open_run(done.path)

    def action_page(self, by: int) -> None:
        """Scroll the checks."""
        self.scroll.scroll_relative(y=by * self.scroll.size.height, animate=False)

    def _say(self, text: str, tone: str) -> None:
        self.state.update(Content.styled(line(text, 400), tone))
