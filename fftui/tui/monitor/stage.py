"""The panes of the monitor and how they share the terminal: heights, zoom, focus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Input

from fftui.tui.bars import KeyBar
from fftui.tui.draw import exact
from fftui.tui.monitor.about import AboutPane
from fftui.tui.monitor.activity import ActivityPane
from fftui.tui.monitor.budget import BudgetPane, wanted_rows
from fftui.tui.monitor.detail import DetailPane
from fftui.tui.monitor.families import FamiliesPane
from fftui.tui.monitor.flags import FlagsPane
from fftui.tui.monitor.header import HeaderPane
from fftui.tui.monitor.layout import sizes
from fftui.tui.monitor.log import LogPane
from fftui.tui.monitor.scene import Scene, ScenePane
from fftui.tui.monitor.selected import SelectedPane
from fftui.tui.monitor.targets import TargetsPane

if TYPE_CHECKING:
    from textual.app import ComposeResult


class Stage(Screen[None]):
    """A screen full of panes that all draw the same scene."""

    def __init__(self) -> None:
        super().__init__()
        exact.use(self)
        # Held, not queried for: panes leave the DOM before their screen stops reading.
        self.header = HeaderPane(id="header")
        self.targets = TargetsPane(id="targets")
        self.detail = DetailPane(id="detail")
        self.middle = Horizontal(id="middle")
        self.budget = BudgetPane(id="budget")
        self.flags = FlagsPane(id="flags")
        self.activity = ActivityPane(id="activity")
        self.selected = SelectedPane(id="selected")
        self.about = AboutPane(id="about")
        self.families = FamiliesPane(id="families")
        self.log_pane = LogPane(id="log")
        self.entry = Input(id="filter", compact=True, placeholder="filter targets")
        self.entry.cursor_blink = False
        self._scene: Scene | None = None
        self._zoomed: ScenePane | None = None
        self._active: ScenePane | None = None

    def compose(self) -> ComposeResult:
        """All panes stand from the start; zoom and width decide which are shown."""
        yield self.header
        with Horizontal(id="body"):
            with Vertical(id="left"):
                yield self.targets
                yield self.detail
                with self.middle:
                    yield self.budget
                    yield self.flags
                yield self.activity
                yield self.about
                yield self.families
                yield self.log_pane
            yield self.selected
        yield self.entry
        yield KeyBar("monitor")

    def on_resize(self) -> None:
        """Share the rows out anew."""
        self._lay()

    def _paint(self, scene: Scene, *, all_panes: bool = True) -> None:
        before, self._scene = self._scene, scene
        if before is None or self._shape(before) != self._shape(scene):
            self._lay()
        # Only these two read the clock.
        self.header.show(scene)
        self.budget.show(scene)
        if not all_panes:
            return
        for pane in (
            self.targets, self.detail, self.flags, self.activity,
            self.selected, self.about, self.families, self.log_pane,
        ):  # fmt: skip
            pane.show(scene)

    def _lay(self) -> None:
        """Which panes are shown, and how high."""
        scene, zoomed = self._scene, self._zoomed
        rows = wanted_rows(scene, self.size.height) if scene else 1
        count = len(scene.summary.targets) if scene else 1
        share = sizes(self.size.width, self.size.height, count, rows)
        for pane in (self.targets, self.detail, self.activity):
            pane.display = zoomed in (None, pane)
        self.middle.display = zoomed in (None, self.budget, self.flags)
        self.budget.display = zoomed in (None, self.budget)
        self.flags.display = zoomed in (None, self.flags)
        self.budget.alone = zoomed is self.budget
        self.flags.alone = zoomed is self.flags
        self.about.display = zoomed is self.about
        self.families.display = zoomed is self.families
        self.log_pane.display = zoomed is self.log_pane
        self.selected.display = zoomed is None and share.selected > 0
        self.selected.styles.width = share.selected
        self.targets.styles.height = share.targets if zoomed is None else "1fr"
        self.middle.styles.height = share.middle if zoomed is None else "1fr"
        if zoomed is self.targets:
            self.detail.display = True

    # Keys that move about

    def action_zoom(self) -> None:
        """The focused pane alone, or all of them."""
        self._zoom(None if self._zoomed else self._active)

    def action_about(self) -> None:
        """All of the chosen target, or back."""
        self._zoom(None if self._zoomed is self.about else self.about)

    def action_budget(self) -> None:
        """All of the budget, or back."""
        self._zoom(None if self._zoomed is self.budget else self.budget)

    def action_families(self) -> None:
        """The families of the chosen target, or back."""
        self._zoom(None if self._zoomed is self.families else self.families)

    def action_log(self) -> None:
        """The whole log, or back."""
        self._zoom(None if self._zoomed is self.log_pane else self.log_pane)

    def _zoom(self, pane: ScenePane | None) -> None:
        self._zoomed = pane
        self._lay()
        self._activate(pane or self.targets)

    def action_pane(self, number: int) -> None:
        """Focus a pane by its number; a zoomed one gives way."""
        pane = self._ring()[number - 1]
        if self._zoomed is not None and self._zoomed is not pane:
            self._zoomed = None
            self._lay()
        self._activate(pane)

    def action_next_pane(self, by: int) -> None:
        """Focus the next pane."""
        if self._zoomed is None:
            ring = self._ring()
            at = next((i for i, pane in enumerate(ring) if pane is self._active), 0)
            self._activate(ring[(at + by) % len(ring)])

    def _activate(self, pane: ScenePane) -> None:
        """Keys go there from now on."""
        if self.focused is not None:
            self.set_focus(None)
        before, self._active = self._active, pane
        if before is not None:
            before.activate(active=False)
        pane.activate(active=True)

    def _ring(self) -> tuple[ScenePane, ...]:
        return (self.targets, self.budget, self.flags, self.activity)

    def action_move(self, by: int) -> None:
        """Move within the focused pane."""
        if self._active is not None:
            self._active.move(by)

    def action_page(self, by: int) -> None:
        """Move by what the focused pane shows."""
        if self._active is not None:
            self._active.move(by * max(1, self._active.size.height - 2))

    def action_edge(self, by: int) -> None:
        """Move to an end."""
        self.action_move(by * 1_000_000)

    def _shape(self, scene: Scene) -> tuple[int, int]:
        """What the heights of the panes depend on."""
        return len(scene.summary.targets), wanted_rows(scene, self.size.height)
