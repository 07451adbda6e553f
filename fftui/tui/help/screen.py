"""Keys and words. Nothing here is written twice: the keys come from the table."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual import getters
from textual.content import Content
from textual.screen import Screen

from fftui import __version__
from fftui.tui.bars import Bar, KeyBar
from fftui.tui.bindings import bindings
from fftui.tui.help.page import column, lay, sections
from fftui.tui.lines import Lines
from fftui.tui.words import MUTED

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from fftui.tui.app import FftuiApp


class HelpText(Lines):
    """The lines of the page."""

    def __init__(self, screen_name: str) -> None:
        super().__init__(cursor=False)
        self._about = screen_name
        self._rows: list[Content] = []

    def on_resize(self) -> None:
        """One column or two."""
        app = cast("FftuiApp", self.app)
        width = max(20, self.room)
        blocks = sections(app.keys, self._about, column(width), plain=app.ascii)
        self._rows = lay(blocks, width)
        self.set_count(len(self._rows))
        super().on_resize()
        self.refresh()

    def row(self, index: int, width: int) -> Content:
        """One line."""
        del width
        return self._rows[index]


class HelpScreen(Screen[None]):
    """Opened with `?` from any screen; that screen's keys come first."""

    NAME = "help"
    CSS_PATH = "screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("help")]
    AUTO_FOCUS = "HelpText"
    top = getters.query_one("#top", Bar)
    text = getters.query_one(HelpText)

    def __init__(self, about: str) -> None:
        """`about` is the screen that was left."""
        super().__init__()
        self._about = about

    def compose(self) -> ComposeResult:
        """Title, page, keys."""
        yield Bar(id="top")
        yield HelpText(self._about)
        yield KeyBar("help")

    def on_mount(self) -> None:
        """The version belongs into a report of trouble."""
        self.top.show(
            Content.assemble(("help", "bold $text-primary"), ("  esc goes back", MUTED)),
            Content.styled(f"fftui {__version__}", MUTED),
        )

    def action_scroll(self, by: int) -> None:
        """A line on."""
        self.text.jump(self.text.scroll_offset.y + by)

    def action_page(self, by: int) -> None:
        """A page on."""
        self.action_scroll(by * max(1, self.text.size.height - 2))

    def action_edge(self, which: int) -> None:
        """Beginning or end."""
        self.text.jump(0 if which < 0 else self.text.count)
