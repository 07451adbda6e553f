"""The line on top of a screen and the line of keys at its foot."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.content import Content
from textual.widgets import Static

from fftui.text import clean
from fftui.tui.bindings import display
from fftui.tui.words import MUTED

if TYPE_CHECKING:
    from fftui.tui.app import FftuiApp


class Bar(Static):
    """One line with something on its left and something on its right. The left side gives way."""

    DEFAULT_CSS = """
    Bar { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__("", id=id, classes=classes, markup=False)
        self._sides = (Content(""), Content(""))

    def show(self, left: Content, right: Content | None = None) -> None:
        """Say something else; the same words again cost no byte."""
        sides = (left, right or Content(""))
        # Contents compare by their text alone, so a change of tone has to be looked for.
        if repr(sides) != repr(self._sides):
            self._sides = sides
            self._lay()

    def on_resize(self) -> None:
        """Both sides keep to their edges."""
        self._lay()

    def _lay(self) -> None:
        left, right = self._sides
        width = self.content_size.width
        room = width - right.cell_length - (1 if right.cell_length else 0)
        if room < 1:
            self.update(left, layout=False)
            return
        shown = left.truncate(room, ellipsis=True) if left.cell_length > room else left
        gap = " " * (width - shown.cell_length - right.cell_length)
        self.update(Content.assemble(shown, gap, right), layout=False)


class KeyBar(Static):
    """The keys of a screen, from the table; as many as fit, the global ones on the right."""

    DEFAULT_CSS = """
    KeyBar { dock: bottom; height: 1; padding: 0 1; text-wrap: nowrap; background: $panel; }
    """

    def __init__(self, screen: str) -> None:
        super().__init__("", markup=False)
        self._screen_name = screen
        self._hidden: frozenset[str] = frozenset()

    def hide(self, ids: frozenset[str]) -> None:
        """Leave out keys that mean nothing right now."""
        if ids != self._hidden:
            self._hidden = ids
            self._lay()

    def on_resize(self) -> None:
        """Other widths have room for other keys."""
        self._lay()

    def _lay(self) -> None:
        app = cast("FftuiApp", self.app)
        rows = [
            row for row in app.keys.on(self._screen_name) if row.show and row.id not in self._hidden
        ]
        own = [row for row in rows if row.screen]
        shared = [row for row in rows if not row.screen]

        def said(key: str, label: str) -> Content:
            return Content.assemble(
                (clean(key), "bold $footer-key-foreground"), " ", (clean(label), MUTED)
            )

        def names(row_keys: str) -> str:
            return display(row_keys.split(",", maxsplit=1)[0], plain=app.ascii)

        right = Content("  ").join(said(names(row.keys), row.label) for row in shared)
        room = self.content_size.width - right.cell_length - 2
        left = Content("")
        for row in own:
            entry = said(names(row.keys), row.label)
            longer = entry if not left else Content("  ").join((left, entry))
            if longer.cell_length > room:
                break
            left = longer
        gap = " " * max(2, self.content_size.width - left.cell_length - right.cell_length)
        self.update(Content.assemble(left, gap, right), layout=False)
