"""The palette: the commands of a screen by name, from the table of keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import getters
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input

from fftui.tui.bindings import bindings, display
from fftui.tui.lines import Lines
from fftui.tui.words import MUTED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from fftui.tui.bindings import Key


class _Commands(Lines):
    """Commands that match what was typed."""

    def __init__(self, rows: Sequence[Key], *, plain: bool) -> None:
        super().__init__()
        self._all = rows
        self._plain = plain
        self.rows = tuple(rows)
        self.count = len(self.rows)
        self.can_focus = False

    def narrow(self, words: str) -> None:
        """Only commands that have every word in their name or sentence."""
        wanted = words.lower().split()
        self.rows = tuple(
            row
            for row in self._all
            if all(word in f"{row.label} {row.id} {row.help}".lower() for word in wanted)
        )
        self.cursor = 0
        self.set_count(len(self.rows))
        self.refresh()

    def row(self, index: int, width: int) -> Content:
        """Mark, name, sentence, key."""
        row = self.rows[index]
        key = display(row.keys.split(",")[0], plain=self._plain)
        mark = (">" if self._plain else "▸") if index == self.cursor else " "
        text = row.help if len(row.help) <= width - 33 else row.help[: width - 34] + "…"
        return Content.assemble(
            (f"{mark} ", "$text-accent"),
            f"{row.label:<16}",
            (f"{text:<{width - 28}}", MUTED),
            (f"{key:>9}", "$footer-key-foreground"),
        )


class Palette(ModalScreen[str | None]):
    """Returns the action of the chosen command."""

    CSS_PATH = "palette.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("dialog"),
        Binding("down", "move(1)", "down"),
        Binding("up", "move(-1)", "up"),
    ]
    commands = getters.query_one(_Commands)

    def __init__(self, rows: Sequence[Key], *, plain: bool) -> None:
        super().__init__()
        self._rows = [row for row in rows if not row.action.endswith("palette")]
        self._plain = plain

    def compose(self) -> ComposeResult:
        """A line to type on, and what matches."""
        with Vertical(classes="palette"):
            yield Input(placeholder="command", compact=True)
            yield _Commands(self._rows, plain=self._plain)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Each letter narrows the list."""
        self.commands.narrow(event.value)

    def on_input_submitted(self) -> None:
        """Run what the cursor is on."""
        commands = self.commands
        if commands.count:
            self.dismiss(commands.rows[commands.cursor].action)

    def action_move(self, by: int) -> None:
        """Another command."""
        self.commands.move(by)

    def action_cancel(self) -> None:
        """None of them."""
        self.dismiss(None)
