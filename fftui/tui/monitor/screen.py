"""The monitor screen: reads the run once a tick, hands one scene to all panes, takes the keys."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, ClassVar, cast

from msgspec.structs import replace
from textual import work
from textual.binding import BindingType
from textual.widgets import Input

from fftui.domain.labels import Tier
from fftui.domain.states import RunState, TargetState
from fftui.settings import person
from fftui.tui.bindings import bindings
from fftui.tui.dialogs import TypedConfirm
from fftui.tui.draw.glyphs import glyphs
from fftui.tui.monitor.left import SinceLeftBox
from fftui.tui.monitor.log import LogPane
from fftui.tui.monitor.scene import Scene, steadied
from fftui.tui.monitor.stage import Stage
from fftui.tui.monitor.targets import TargetsPane
from fftui.tui.words import RUN

if TYPE_CHECKING:
    from collections.abc import Callable

    from fftui.results.looked import Looked
    from fftui.results.trend import Trend
    from fftui.results.view import RunSummary
    from fftui.tui.app import FftuiApp
    from fftui.tui.source import Source

REFRESH_S = 0.7
"""With the engine's fifth of a second, a key pressed on one screen shows on all within one."""
_TIERS = tuple(Tier)
_LOG_PAGE = 200


class MonitorScreen(Stage):
    """One run, live or long finished."""

    NAME = "monitor"
    CSS_PATH = "monitor.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("monitor", own_back=True)]
    AUTO_FOCUS = ""

    def __init__(
        self,
        source: Source,
        *,
        refresh: float = REFRESH_S,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__()
        self._source = source
        self._every = refresh
        self._clock = clock
        self._newest: RunSummary | None = None
        """As last read, also while the display is frozen."""
        self._held: RunSummary | None = None
        """What a frozen display shows."""
        self._holding = False
        """It was frozen a moment ago: the next look is at all targets, for it to hold."""
        self._problem = ""
        self._wake = asyncio.Event()
        """Something else is looked at: what is read of it alone is wanted before the next tick."""
        self._trend: Trend | None = None
        self._trend_of: object = None
        """Target, tier and attempts for which the trend was read."""

    def on_mount(self) -> None:
        """Reading goes on for as long as the screen stands, under other screens too."""
        self._lay()
        self._activate(self.targets)
        self._watch()

    # What is shown

    @work(exclusive=True, group="watch")
    async def _watch(self) -> None:
        first = True
        while True:
            await self.tick()
            if first and self._newest is not None:
                first = False
                # A target was chosen by showing them: now what is read of it alone.
                await self.tick()
                await self._greet()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), self._every)

    async def tick(self) -> None:
        """Read what is new and show it."""
        self._wake.clear()
        held, holding, self._holding = self._held, self._holding, False
        await self._read("all" if holding else self.targets.target)
        if holding and self._held is held and not self._problem:
            self._held = self._newest
        await self._read_trend()
        self._show()

    async def _read(self, looked: Looked) -> None:
        try:
            summary = await self._source.poll(looked)
        except Exception as error:
            # A run folder can vanish, a disk can fail; the last numbers stay, marked as such.
            self._problem = f"reading failed, trying again: {error}"
            return
        self._problem = ""
        if summary is not None:
            self._newest = steadied(self._newest, summary)

    def on_screen_resume(self) -> None:
        """What was read while another screen stood above."""
        self._show()

    def _show(self) -> None:
        if not self.is_active:
            # Textual repaints the whole screen above for each line changed on one below it.
            return
        newest = self._newest
        if newest is None:
            if self._problem:
                self.header.fail(self._problem)
            return
        shown = self._held or newest
        # A frozen display keeps its numbers, never the sign that the engine is gone.
        shown = replace(shown, engine=newest.engine) if self._held else shown
        before = self._scene
        scene = Scene(
            summary=shown,
            tier=before.tier if before else newest.tier,
            now=self._clock(),
            glyphs=glyphs(plain=self._app.ascii),
            target=self.targets.target,
            frozen=newest.done - self._held.done if self._held else None,
            trend=self._trend,
            problem=self._problem,
        )
        same = (
            before is not None
            and before.summary is shown
            and before.trend is scene.trend
            and before.target == scene.target
        )
        self._paint(scene, all_panes=not same)

    async def _read_trend(self) -> None:
        """The curve of the chosen target, where it is shown and has grown."""
        scene, run = self._scene, self._newest
        chosen = (
            next((t for t in run.targets if t.id == self.targets.target), None) if run else None
        )
        if scene is None or chosen is None or self._held:
            return
        wanted = (chosen.id, scene.tier, chosen.settled)
        if wanted == self._trend_of or not (self.selected.display or self.about.display):
            return
        try:
            self._trend = await self._source.trend(chosen.id, scene.tier)
        except Exception as error:
            self._problem = f"the trend cannot be read: {error}"
            return
        self._trend_of = wanted

    async def _greet(self) -> None:
        try:
            left = await self._source.since_left()
            await self._source.seen()
        except Exception as error:
            self._problem = f"visits cannot be noted: {error}"
            return
        if left is not None and (left.answered or left.flagged or left.paused or left.alerts):
            plain = self._app.ascii
            self.app.push_screen(SinceLeftBox(left, self._clock(), glyphs(plain=plain)))

    # Keys

    async def action_back(self) -> None:
        """Out of the filter, then out of the zoom, then to the screen before."""
        if self.has_class("-filtering") or self.targets.filter:
            self._end_filter(keep=False)
        elif self._zoomed is not None:
            self._zoom(None)
        else:
            await self.app.run_action("app.back")

    def action_open(self) -> None:
        """Drill down from the focused pane."""
        if self._active is self.flags:
            self.action_open_flag()
        elif self.targets.target is not None:
            self._app.open_responses(self.targets.target, self._title())
        else:
            self.notify("no target is chosen")

    def _title(self) -> str:
        scene = self._scene
        if scene is None or scene.chosen is None:
            return ""
        many = scene.chosen.identities
        # In front, because the end of a title is what a narrow screen leaves out.
        mark = f"{many} identities {scene.glyphs.dot} " if many > 1 else ""
        return f"{mark}{scene.chosen.name}"

    def action_open_flag(self) -> None:
        """The flagged answer under the flags' cursor."""
        if self.flags.outcome is not None:
            self._app.open_trace(self.flags.outcome)
        else:
            self.notify("nothing is flagged yet")

    def action_review(self) -> None:
        """Read what is flagged."""
        if self._source.path.is_file():
            self.notify("this is a copy to look at; review the run itself")
        else:
            self._app.open_review(self._source.path, person())

    def action_compare(self) -> None:
        """Targets against each other."""
        if self._scene is not None:
            self._app.open_compare(self._scene.tier)

    def action_next_tier(self) -> None:
        """Another definition of success."""
        if self._scene is not None:
            at = (_TIERS.index(self._scene.tier) + 1) % len(_TIERS)
            self._paint(replace(self._scene, tier=_TIERS[at]))
            self._wake.set()

    def action_freeze(self) -> None:
        """Hold the display, whatever target is chosen then; or let it go on."""
        self._held = None if self._held else self._newest
        self._holding = self._held is not None
        self._show()
        self._wake.set()

    def action_sort(self) -> None:
        """Sort by the next column."""
        self.targets.next_sort()

    def action_flip(self) -> None:
        """Turn the order round."""
        self.targets.flip_sort()

    # The filter

    def action_filter(self) -> None:
        """Type a filter; the table follows each letter."""
        self._zoom_if_hidden()
        self.add_class("-filtering")
        self.entry.value = self.targets.filter
        # At once: `Widget.focus` would let the next keys of a burst be taken for commands.
        self.set_focus(self.entry)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The key that opens the filter is a letter of it once it is open."""
        if action == "filter" and self.focused is self.entry:
            return False
        return super().check_action(action, parameters)

    def _zoom_if_hidden(self) -> None:
        if self._zoomed not in (None, self.targets):
            self._zoom(None)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow the table while a filter is typed."""
        if self.has_class("-filtering"):
            self.targets.narrow(event.value)

    def on_input_submitted(self) -> None:
        """Keep the filter and go back to the table."""
        self._end_filter(keep=True)

    def on_input_blurred(self) -> None:
        """Whoever goes to another pane keeps the filter."""
        self.remove_class("-filtering")

    def _end_filter(self, *, keep: bool) -> None:
        self.remove_class("-filtering")
        if not keep:
            self.targets.narrow("")
        self._activate(self.targets)

    def on_targets_pane_chosen(self, message: TargetsPane.Chosen) -> None:
        """The panes that tell of one target follow the cursor."""
        if self._scene is not None:
            self._scene = replace(self._scene, target=message.target)
            for pane in (self.header, self.detail, self.selected, self.about, self.families):
                pane.show(self._scene)
            self._wake.set()

    def action_about(self) -> None:
        """All of the chosen target, or back."""
        super().action_about()
        self._wake.set()

    @work(exclusive=True, group="log")
    async def on_log_pane_older(self, message: LogPane.Older) -> None:
        """Fetch a page of older log lines."""
        self.log_pane.put_older(await self._source.log(message.before, _LOG_PAGE))

    # Commands to the engine

    def action_pause_run(self) -> None:
        """Pause, or go on."""
        if self._newest is not None:
            if self._newest.state is RunState.DONE:
                self.notify("the run is done: there is nothing to pause")
            elif self._newest.state.over:
                self.notify(f"no engine runs; {self._app.keys.key('monitor.resume')} starts one")
            else:
                paused = self._newest.state is RunState.PAUSED
                self._command("resume" if paused else "pause")

    def action_pause_target(self) -> None:
        """Pause the chosen target, or let it go on."""
        target = self._scene.chosen if self._scene else None
        if target is None or target.state.over:
            self.notify("this target is over" if target else "no target is chosen")
            return
        paused = target.state is TargetState.PAUSED
        self._command("resume_target" if paused else "pause_target", target.id)

    @work(group="command")
    async def _command(self, kind: str, target: int | None = None) -> None:
        try:
            await self._source.command(kind, target)
        except Exception as error:
            self.notify(f"{kind.replace('_', ' ')} was not sent: {error}", severity="error")

    @work(group="confirm", exclusive=True)
    async def action_stop(self) -> None:
        """Stop the run once its name was typed."""
        if self._newest is None:
            return
        if self._newest.state.over:
            self.notify(f"the run is {RUN[self._newest.state].word}: there is nothing to stop")
            return
        name = self._newest.name
        if await self.app.push_screen_wait(TypedConfirm(f"Stop {name}", name)):
            self._command("stop")

    @work(group="revive", exclusive=True)
    async def action_resume(self) -> None:
        """Start an engine where there is none; a live one tries paused accounts again."""
        if self._scene is None or not self._scene.lost:
            run = self._newest
            if run is not None and run.state is RunState.DONE:
                self.notify("the run is done: nothing is left to ask")
                return
            if run is None or not run.state.over:
                if run is not None and any(a.paused for a in run.accounts):
                    self._command("resume")
                else:
                    self.notify("the engine is alive; p pauses and resumes")
                return
        self.notify("starting an engine")
        problem = await self._source.revive()
        if problem:
            self.notify(problem, severity="error")

    @property
    def _app(self) -> FftuiApp:
        return cast("FftuiApp", self.app)
