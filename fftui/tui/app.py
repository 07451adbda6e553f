"""The application: which screen stands, and what is the same on all of them.

It opens files and writes commands; no run depends on it. Whatever ends it, runs go on.
"""

from __future__ import annotations

import gc
import os
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.app import App
from textual.screen import ModalScreen

from fftui.resources import shipped
from fftui.settings import Settings, config_dir
from fftui.text import clean, line
from fftui.tui import theme as themes
from fftui.tui.ascii import Ascii
from fftui.tui.belt import Belt
from fftui.tui.bindings import remap
from fftui.tui.crash import keep
from fftui.tui.dialogs import TooSmall, too_small
from fftui.tui.signals import Signals

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from textual.geometry import Size
    from textual.screen import Screen

    from fftui.domain.labels import Tier
    from fftui.tui.attempts import Place
    from fftui.tui.home.desk import Desk
    from fftui.tui.source import Source

    OpenSource = Callable[[Path], Source]

_COLLECT_AFTER_S = 1.0
"""Until then nothing is collected, see `start.run_app`: the first screen stands by that time."""
MAX_TOAST = 400
"""Characters of a toast; an error body may be a whole page."""


def _open_source(path: Path) -> Source:
    """The run's file behind its own thread."""
    from fftui.tui.source import Source

    return Source(path)


def _is_home(screen: Screen[Any]) -> bool:
    return getattr(screen, "NAME", "") == "home"


def _collect() -> None:
    """What the start has made stays; from here on the collector looks at what comes and goes."""
    gc.freeze()
    gc.enable()


class FftuiApp(App[None]):
    """The screens over one run, or over all of mine."""

    TITLE = "fftui"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = False
    # Widgets keep to fixed places; animations would be bytes over somebody's SSH link.
    BINDINGS: ClassVar[list[Any]] = []

    def __init__(
        self,
        run: Path | None = None,
        *,
        reviewer: str = "",
        ascii: bool = False,  # noqa: A002
        theme: str | None = None,
        settings: Settings | None = None,
        warnings: tuple[str, ...] = (),
        desk: Desk | None = None,
        open_source: OpenSource = _open_source,
        env: Mapping[str, str] | None = None,
    ) -> None:
        """`run` is watched at once, or read by a `reviewer`; without one home comes first."""
        super().__init__()
        self.settings = settings or Settings()
        self.ascii = ascii or self.settings.ascii
        """Only ASCII characters may be drawn."""
        self.keys = remap(self.settings.keys)
        """The table of keys as it stands for this person."""
        self.set_keymap(dict(self.keys.changed))
        self.animation_level = "none"
        self._run = run
        self._reviewer = reviewer
        self._desk = desk
        self._open_source = open_source
        self._source: Source | None = None
        self._cover: TooSmall | None = None
        self._begun = False
        self._said = [*warnings, *self.keys.problems]
        self._signals = Signals(self)
        self._begin_theme(theme, os.environ if env is None else env)
        self._filters.append(Belt())
        if self.ascii:
            self._filters.append(Ascii())

    def _begin_theme(self, asked: str | None, env: Mapping[str, str]) -> None:
        found = themes.load(shipped("themes"), config_dir() / "themes")
        self._themes = [*found.themes, *themes.ANSI]
        for each in found.themes.values():
            self.register_theme(each)
        self._said += [f"theme {bad.file}: {bad.reason}" for bad in found.failed]
        # NO_COLOR is said to one terminal and outweighs what stands in a settings file.
        wish = asked or (None if env.get("NO_COLOR") else self.settings.theme or None)
        name = themes.choose(wish, env)
        if name not in self._themes:
            self._said.append(f"no theme is called {name}; there are {', '.join(self._themes)}")
            name = themes.choose(None, env)
        self.theme = name if name in self._themes else themes.ANSI[0]

    async def on_mount(self) -> None:
        """The run that was asked for, else home."""
        self._signals.listen()
        if self._run is not None and self._reviewer:
            self.open_review(self._run, self._reviewer)
        elif self._run is not None:
            self.open_run(self._run)
        if len(self.screen_stack) == 1:
            await self.push_screen(self._home())
        for problem in self._said:
            self.notify(problem, severity="warning", timeout=12)
        self._begun = True
        self._measure()
        self.set_timer(_COLLECT_AFTER_S, _collect)

    def on_unmount(self) -> None:
        """Threads and signal handlers end with the application."""
        self._signals.forget()
        self._close_source()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """For themes that are not ours: the terminal's own colours have none for a line."""
        return {"cursor-line": "transparent"}

    # Places

    def _home(self) -> Screen[None]:
        # Whoever watches a run does not wait for the screen of all runs.
        from fftui.tui.home.desk import Desk
        from fftui.tui.home.screen import HomeScreen

        self._desk = self._desk or Desk()
        return HomeScreen(self._desk)

    def open_run(self, path: Path) -> None:
        """Watch a run."""
        from fftui.tui.monitor.screen import MonitorScreen

        try:
            source = self._open_source(path)
        except (OSError, ValueError, RuntimeError) as error:
            self.notify(f"{path.name}: {error}", severity="error")
            return
        self._close_source()
        self._source = source
        self.go(MonitorScreen(source))

    def open_responses(self, target_id: int, name: str = "") -> None:
        """The attempts of one target of the run that is watched."""
        from fftui.tui.responses.screen import ResponsesScreen

        if self._source is not None:
            self.go(ResponsesScreen(self._source, target_id, name))

    def open_compare(self, tier: Tier) -> None:
        """Targets of the run that is watched against each other."""
        from fftui.tui.compare.screen import CompareScreen

        if self._source is not None:
            self.go(CompareScreen(self._source, tier))

    def open_review(self, path: Path, name: str) -> None:
        """Read what a run has flagged, as a reviewer of this name."""
        from fftui.tui.review.desk import ReviewDesk
        from fftui.tui.review.screen import ReviewScreen

        self.go(ReviewScreen(ReviewDesk(path, name)))

    def open_trace(self, outcome_id: int, place: Place | None = None) -> None:
        """One attempt in full; `place` is its place in a list, for the next and the one before."""
        from fftui.tui.trace.screen import TraceScreen

        if self._source is not None:
            self.go(TraceScreen(self._source, outcome_id, place))

    def go(self, screen: Screen[Any]) -> None:
        """One screen further, under the cover if that stands."""
        if self._cover is not None:
            self.pop_screen()
            self._cover = None
        self.push_screen(screen)
        self.call_later(self._measure)

    async def on_event(self, event: events.Event) -> None:
        """What is typed behind the key that leaves opens nothing: the screens are taken down."""
        if not (self._exit and isinstance(event, events.InputEvent)):
            await super().on_event(event)

    # Textual awaits actions only where they can be; screens call this one as it is.
    def action_back(self) -> None:  # type: ignore[override]
        """One step back; on the home screen there is none."""
        # The lowest screen is Textual's own blank one.
        if len(self.screen_stack) > 2:
            self.pop_screen()
        elif _is_home(self.screen):
            return
        else:
            # A run that was opened from the command line has had nothing below it so far.
            self.switch_screen(self._home())
        if _is_home(self.screen):
            self._close_source()

    def action_leave(self) -> None:
        """End fftui. Engines are processes of their own and go on."""
        self.exit()

    async def action_quit(self) -> None:
        """Textual's ctrl+q."""
        self.action_leave()

    def action_help_quit(self) -> None:
        """Textual's ctrl+c: a habit of the fingers, so it ends nothing."""
        self.notify("q leaves; the run goes on without you", timeout=3)

    # The same on all screens

    def action_help(self) -> None:
        """Keys and words of the screen that stands."""
        from fftui.tui.help.screen import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.go(HelpScreen(getattr(self.screen, "NAME", "")))

    def action_palette(self) -> None:
        """Commands by name."""
        from fftui.tui.palette import Palette

        if isinstance(self.screen, ModalScreen):
            return
        below = self.screen

        def run(action: str | None) -> None:
            if action:
                self.call_later(self.run_action, action, below)

        name = getattr(below, "NAME", "")
        self.push_screen(Palette(self.keys.on(name), plain=self.ascii), run)

    def action_cycle_theme(self) -> None:
        """The next theme."""
        at = self._themes.index(self.theme) if self.theme in self._themes else -1
        self.theme = self._themes[(at + 1) % len(self._themes)]
        self.notify(f"theme {self.theme}", timeout=2)

    def action_redraw(self) -> None:
        """Paint anew."""
        self.refresh(layout=True)
        self.screen.refresh(layout=True)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: Any = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """A toast of cleaned text; markup stays letters, whatever a caller says."""
        del markup
        super().notify(
            clean(message, max_chars=MAX_TOAST),
            title=line(title, 60),
            severity=severity,
            timeout=timeout,
            markup=False,
        )

    # Size and end

    def on_resize(self, event: events.Resize) -> None:
        """Down to "too small" and back."""
        # Textual notes the new size only after this handler.
        self._measure(event.size)

    def _measure(self, size: Size | None = None) -> None:
        size = size or self.size
        # The first size comes before the first screen, which would then cover the cover.
        if not self._begun:
            return
        if self._cover is not None:
            if too_small(size):
                self._cover.measure(size)
            elif self.screen is self._cover:
                self._cover = None
                self.pop_screen()
        elif too_small(size):
            self._cover = TooSmall(size)
            self.push_screen(self._cover)

    def _fatal_error(self) -> None:
        """One line for the person. Locals would print answers and, worse, what a key came from."""
        self.bell()
        # Plain text: nothing an exception quotes may steer the terminal it ends on.
        self._exit_renderables.append(keep(self._exception))
        self._close_messages_no_wait()

    def _close_source(self) -> None:
        source, self._source = self._source, None
        if source is not None:
            source.close()
