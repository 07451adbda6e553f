"""Questions that stand before a screen, and the cover for terminals that are too small."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import getters
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Input, Static

from fftui.text import clean, line
from fftui.tui.bindings import bindings
from fftui.tui.words import BAD, CARE, MUTED

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.geometry import Size

    from fftui.tui.app import FftuiApp

SMALLEST = (60, 16)
"""Below this many columns and lines a screen would have to leave out what makes it honest."""


class TypedConfirm(ModalScreen[bool]):
    """Asks for a name to be typed before something that cannot be taken back."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("dialog")]
    answer = getters.query_one("#answer", Input)
    hint = getters.query_one("#hint", Static)

    def __init__(self, title: str, expected: str) -> None:
        """`title` says what will happen, `expected` is what has to be typed. Both are untrusted."""
        super().__init__()
        self._title = title
        self._expected = expected

    def compose(self) -> ComposeResult:
        """What will happen, what to type, where to type it."""
        name = line(self._expected, 52)
        with Vertical(classes="dialog -danger"):
            yield Static(Content.styled(line(self._title, 200), "bold"), classes="title")
            yield Static(Content.assemble("Type ", (name, f"bold {CARE}"), " to confirm."))
            yield Input(id="answer", compact=True)
            yield Static(keys("enter", "confirm", cancel_key(self), "no, go back"), id="hint")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Anything but the exact name is a no that may be tried again."""
        # A name with controls in it cannot be typed; what is shown of it can.
        if event.value in (self._expected, line(self._expected, 52)):
            self.dismiss(True)
        else:
            self.hint.update(
                Content.styled(clean(f"That is another name. {cancel_key(self)} goes back."), BAD)
            )

    def action_cancel(self) -> None:
        """No."""
        self.dismiss(False)


class Ask(ModalScreen[str | None]):
    """Asks for one line of text."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("dialog")]

    def __init__(self, title: str, placeholder: str = "") -> None:
        super().__init__()
        self._title = title
        self._placeholder = placeholder

    def compose(self) -> ComposeResult:
        """The question and a line to answer it on."""
        with Vertical(classes="dialog"):
            yield Static(Content.styled(line(self._title, 200), "bold"), classes="title")
            yield Input(placeholder=line(self._placeholder, 60), id="answer", compact=True)
            yield Static(keys("enter", "go on", cancel_key(self), "go back"))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """An empty line is no answer."""
        self.dismiss(event.value.strip() or None)

    def action_cancel(self) -> None:
        """No answer."""
        self.dismiss(None)


class TooSmall(Screen[None]):
    """Stands before everything else while the terminal is too small, and takes every key but q."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("q", "app.leave", "leave")]
    DEFAULT_CSS = """
    TooSmall { align: center middle; background: $background; }
    TooSmall Static { width: 100%; text-align: center; }
    """
    words = getters.query_one(Static)

    def __init__(self, now: Size) -> None:
        super().__init__()
        self._now = now

    def compose(self) -> ComposeResult:
        """One sentence."""
        yield Static(self._said(self._now))

    def measure(self, size: Size) -> None:
        """Say the size anew."""
        self._now = size
        if self.is_mounted:
            self.words.update(self._said(size))

    def _said(self, size: Size) -> Content:
        return Content.assemble(
            ("too small", f"bold {CARE}"),
            f"\n{SMALLEST[0]}x{SMALLEST[1]} needed, now {size.width}x{size.height}\n",
            ("q leaves; the run goes on", MUTED),
        )


def too_small(size: Size) -> bool:
    """Whether a screen cannot be shown honestly."""
    return size.width < SMALLEST[0] or size.height < SMALLEST[1]


def cancel_key(dialog: Screen[Any]) -> str:
    """What leaves a dialog, as this person has it."""
    return cast("FftuiApp", dialog.app).keys.key("dialog.cancel")


def keys(*pairs: str) -> Content:
    """`enter confirm   esc go back`."""
    said = [
        Content.assemble((clean(key), "bold $footer-key-foreground"), " ", (clean(label), MUTED))
        for key, label in zip(pairs[::2], pairs[1::2], strict=True)
    ]
    return Content("   ").join(said)
