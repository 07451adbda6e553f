"""The page before a start: what the plan will do and what is wrong with it. Enter starts it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual import getters, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Input, Static

from fftui.text import line
from fftui.tui.bars import Bar, KeyBar
from fftui.tui.bindings import bindings
from fftui.tui.draw.glyphs import glyphs
from fftui.tui.draw.numbers import plural
from fftui.tui.preflight.page import Page
from fftui.tui.words import BAD, CARE, GOOD, MUTED, NOTE

if TYPE_CHECKING:
    from pathlib import Path

    from textual.app import ComposeResult

    from fftui.results.preflight import Preflight
    from fftui.tui.app import FftuiApp
    from fftui.tui.home.desk import Desk

_BUSY = frozenset({"preflight.start", "preflight.probe"})


class _Name(Input):
    """The run's name; esc leaves the line, not the screen."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "leave the line")]

    def action_leave(self) -> None:
        """Keys are the screen's again."""
        self.screen.set_focus(None)


class PreflightScreen(Screen[None]):
    """Checks a plan, lets a person name the run, probes its targets, and starts it."""

    NAME = "preflight"
    CSS_PATH = "screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("preflight")]
    # No widget: letters are the screen's keys until the name is asked for.
    AUTO_FOCUS = ""

    top = getters.query_one("#top", Bar)
    page = getters.query_one(Page)
    called = getters.query_one(_Name)
    state = getters.query_one("#state", Static)
    keys = getters.query_one(KeyBar)

    def __init__(self, desk: Desk, plan: Path, name: str) -> None:
        super().__init__()
        self._desk = desk
        self._plan = plan
        self._called = name
        self._found: Preflight | None = None
        self._busy = False

    def compose(self) -> ComposeResult:
        """The page, the run's name, what happens now, and the keys."""
        yield Bar(id="top")
        yield Page(glyphs(plain=cast("FftuiApp", self.app).ascii))
        with Vertical(id="foot"):
            with Horizontal(id="name"):
                yield Static(Content.styled("name of the run", MUTED), id="label")
                yield _Name(self._called, placeholder="as in the plan", compact=True)
            yield Static("", id="state", markup=False)
        yield KeyBar("preflight")

    def on_mount(self) -> None:
        """Check at once; a check sends nothing."""
        self.page.can_focus = False
        self._head()
        self._say("checking the plan …", NOTE)
        self._check()

    def on_resize(self) -> None:
        """A cropped path may have more room."""
        self._head()

    def _head(self) -> None:
        place = line(str(self._plan), max(20, self.size.width - 22))
        self.top.show(
            Content.assemble(("before the start", "bold $text-primary"), "  ", (place, MUTED))
        )

    @work
    async def _check(self) -> None:
        self.keys.hide(_BUSY)
        try:
            found = await self._desk.check(self._plan)
        except (OSError, ValueError, RuntimeError) as error:
            self._say(str(error), BAD)
            return
        self._found = found
        self.page.show(found)
        self._rest()

    def _rest(self) -> None:
        """Nothing is under way: what may be done now."""
        self._busy = False
        found = self._found
        if found is None:
            return
        self.keys.hide(frozenset() if found.ok else _BUSY)
        if not found.ok:
            said = plural(len(found.problems), "problem")
            self._say(f"{said}: mend the plan first; esc goes back", BAD)
        elif found.warnings:
            self._say(f"{plural(len(found.warnings), 'warning')}; it can start", CARE)
        else:
            self._say("nothing is wrong with it", GOOD)

    # Moving

    def action_scroll(self, by: int) -> None:
        """A line on."""
        self.page.jump(self.page.scroll_offset.y + by)

    def action_page(self, by: int) -> None:
        """A page on."""
        self.action_scroll(by * max(1, self.page.size.height - 2))

    def action_edge(self, which: int) -> None:
        """Beginning or end."""
        self.page.jump(0 if which < 0 else self.page.count)

    # Doing

    def action_name(self) -> None:
        """To the line with the run's name."""
        self.set_focus(self.called)

    def on_input_submitted(self) -> None:
        """Enter on the name starts too."""
        self.action_start()

    def action_start(self) -> None:
        """Start, once."""
        if self._found is not None and self._found.ok and not self._busy:
            self._begin("starting an engine …")
            self._start()

    def action_probe(self) -> None:
        """One harmless request to each target and judge."""
        if self._found is not None and self._found.ok and not self._busy:
            self._begin("probing: one harmless request to each target and judge …")
            self._probe()

    def _begin(self, what: str) -> None:
        self._busy = True
        self.keys.hide(_BUSY)
        self._say(what, NOTE)

    @work
    async def _probe(self) -> None:
        replies = await self._desk.probe(self._plan)
        if self._found is None or not self.is_attached:
            return
        self._rest()
        if replies.error:
            self._say(replies.error, BAD)
            return
        self.page.show(self._found, replies.found)
        failed = sum(not one.ok for one in replies.found)
        asked = len(replies.found)
        if failed:
            self._say(
                f"{failed} of {plural(asked, 'probe')} failed; it can start all the same", BAD
            )
        else:
            self._say(f"{plural(asked, 'probe')}, all answered", GOOD)

    @work
    async def _start(self) -> None:
        done = await self._desk.start(self._plan, self.called.value.strip())
        app = cast("FftuiApp", self.app)
        if done.error:
            if self.is_attached:
                self._rest()
                self._say(done.error, BAD)
            return
        # A person who went back meanwhile wants to stay where they are.
        if not self.is_attached or app.screen is not self:
            app.notify("the run has started", timeout=4)
            return
        app.action_back()
        if done.path is not None:
            app.open_run(done.path)

    def _say(self, text: str, tone: str) -> None:
        self.state.update(Content.styled(line(text, 400), tone))
