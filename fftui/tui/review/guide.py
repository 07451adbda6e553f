"""The guideline on the screen: one line of it, a column of it, all of it."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, ClassVar

from textual import getters
from textual.content import Content
from textual.screen import Screen

from fftui.grading.guideline import Section, guideline
from fftui.text import clean
from fftui.tui.bars import Bar, KeyBar
from fftui.tui.bindings import bindings
from fftui.tui.lines import Lines
from fftui.tui.words import MUTED

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

_WIDEST = 100


def rule(section: int, key: str) -> Content:
    """The sentence that fits, and how to read more."""
    said = guideline().sections[section]
    number = said.title.partition(" ")[0]
    name = (clean(f" rule {number}: "), MUTED)
    return Content.assemble((clean(key), "bold $footer-key-foreground"), name, clean(said.rule))


def section_lines(section: Section, width: int) -> list[Content]:
    """A section, wrapped."""
    found = [Content.styled(clean(section.title), "bold $text-primary")]
    found += [Content.styled(clean(part), "bold") for part in wrap(section.rule, width)]
    for line in section.more:
        indent = "  " if line.startswith("- ") else ""
        found += [Content(clean(part)) for part in wrap(line, width, subsequent_indent=indent)]
    return [*found, Content("")]


class GuidelinePage(Lines):
    """The guideline, wrapped."""

    def __init__(self, section: int) -> None:
        super().__init__(cursor=False)
        self._section = section
        self._rows: list[Content] = []
        self._placed = False

    def on_resize(self) -> None:
        """Wrap anew; at first, open at the section."""
        width = max(20, min(_WIDEST, self.room) - 2)
        book = guideline()
        self._rows = [Content(clean(part)) for part in wrap(" ".join(book.opening), width)]
        self._rows.append(Content(""))
        start = 0
        for number, section in enumerate(book.sections):
            if number == self._section:
                start = len(self._rows)
            self._rows += section_lines(section, width)
        # So many empty lines that the last section, too, can stand on top.
        self._rows += [Content("")] * max(0, self.size.height - 8)
        self.set_count(len(self._rows))
        super().on_resize()
        if not self._placed:
            self._placed = True
            self.call_after_refresh(self.jump, start)
        self.refresh()

    def row(self, index: int, width: int) -> Content:
        """One line."""
        del width
        return Content.assemble("  ", self._rows[index])


class GuidelineScreen(Screen[None]):
    """Opened at the section that fits the answer before the reader."""

    NAME = "help"
    CSS_PATH = "screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("help")]
    AUTO_FOCUS = "GuidelinePage"
    top = getters.query_one("#top", Bar)
    text = getters.query_one(GuidelinePage)

    def __init__(self, section: int) -> None:
        """`section` is its number, from 0."""
        super().__init__()
        self._section = section

    def compose(self) -> ComposeResult:
        """Title, page, keys."""
        yield Bar(id="top")
        yield GuidelinePage(self._section)
        yield KeyBar("help")

    def on_mount(self) -> None:
        """Version and hash are what stands with each reading."""
        book = guideline()
        self.top.show(
            Content.styled(clean(book.title), "bold $text-primary"),
            Content.styled(clean(f"sha256 {book.sha256[:12]}"), MUTED),
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
