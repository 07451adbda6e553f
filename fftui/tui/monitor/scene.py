"""What the panes draw from at one moment, and the widget they all are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from fftui.domain.states import RunState
from fftui.results.view import Activity, TargetSummary
from fftui.tui import words
from fftui.tui.draw.line import Line, Piece, Tone, rule
from fftui.tui.draw.pane import Pane

if TYPE_CHECKING:
    from fftui.domain.labels import Tier
    from fftui.results.trend import Trend
    from fftui.results.view import RunSummary
    from fftui.tui.draw.glyphs import Glyphs

LOST_AFTER_S = 5.0
"""Age of the heartbeat from which the engine counts as lost: more than three beats missed."""
FEW = 20
"""Labels below which an estimate is drawn as hardly one."""
SOME = 50
"""Labels below which an estimate is marked as rough."""
_TONES = {
    words.GOOD: Tone.GOOD,
    words.CARE: Tone.WARN,
    words.BAD: Tone.BAD,
    words.NOTE: Tone.TITLE,
    words.MUTED: Tone.MUTED,
}


def tone_of(said: words.Said) -> Tone:
    """The tone of a state as it is said on all screens."""
    return _TONES.get(said.tone, Tone.PLAIN)


class Scene(Struct, frozen=True):
    """A summary, and how it is looked at."""

    summary: RunSummary
    tier: Tier
    now: float
    glyphs: Glyphs
    target: int | None = None
    """Id of the target that the cursor is on."""
    frozen: int | None = None
    """Attempts closed since the display was frozen; `None` while it is live."""
    trend: Trend | None = None
    """Of the chosen target, where a pane shows it and it has been read."""
    problem: str = ""
    """Why the last reading of the run failed. Untrusted text."""

    @property
    def lost(self) -> bool:
        """An engine should be alive and is not."""
        run = self.summary
        if run.state is RunState.DEAD:
            return True
        if run.state.over:
            return False
        beat = run.engine.heartbeat_at
        if run.state is RunState.STARTING and beat is None:
            return False
        return not run.engine.alive or beat is None or self.now - beat > LOST_AFTER_S

    @property
    def at_rest(self) -> bool:
        """Nothing is being done, so nothing on the screen may move by itself."""
        return at_rest(self.summary)

    @property
    def chosen(self) -> TargetSummary | None:
        """The target that the cursor is on."""
        return next((t for t in self.summary.targets if t.id == self.target), None)


class ScenePane(Pane):
    """A pane that draws a scene."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self.scene: Scene | None = None
        self.active = False
        """Keys go to this pane. Textual's own focus restyles, and so re-sends, whole panes."""

    def activate(self, *, active: bool) -> None:
        """Give it the keys, or take them away."""
        if active is not self.active:
            self.active = active
            self.repaint()

    def show(self, scene: Scene) -> None:
        """Take a new scene and repaint what differs."""
        self.scene = scene
        self.repaint()

    def move(self, by: int) -> None:
        """Move the cursor or the window by so many rows; panes without either ignore it."""


def unchosen(title: str, scene: Scene, width: int) -> tuple[Line, Line]:
    """The page of one target while the filter lets none through."""
    back = [Piece("esc back", Tone.MUTED)]
    signs = scene.glyphs
    top = rule(
        [Piece(title, Tone.TITLE)], back, width, signs.rule, focused=True, cursor=signs.cursor
    )
    return top, Line((Piece("  no target is chosen", Tone.MUTED),))


def at_rest(run: RunSummary) -> bool:
    """Paused by a person or over."""
    return run.state is RunState.PAUSED or run.state.over


def steadied(before: RunSummary | None, after: RunSummary) -> RunSummary:
    """`after`, unless only clocks differ while the run rests: then `before` with the new beat.

    A paused run is silent: no bytes leave while nobody acts.
    """
    if before is None or not at_rest(after) or _timeless(before) != _timeless(after):
        return after
    return replace(before, engine=after.engine)


def _timeless(run: RunSummary) -> RunSummary:
    return replace(
        run,
        engine=replace(run.engine, heartbeat_at=None),
        elapsed_s=0.0,
        eta_s=None,
        per_minute=0.0,
        activity=Activity((), (), ()),
        targets=tuple(replace(target, eta_s=None) for target in run.targets),
        # A window that nobody draws on still ends, and the next one begins.
        accounts=tuple(
            replace(account, windows=tuple(replace(w, resets_at=None) for w in account.windows))
            for account in run.accounts
        ),
    )
