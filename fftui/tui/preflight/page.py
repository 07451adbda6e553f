"""The page before a start, as lines: problems first, then warnings, probes, and what it will do."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from textual.content import Content

from fftui.text import line
from fftui.tui.lines import Lines
from fftui.tui.words import BAD, CARE, GOOD, MUTED, PLAIN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fftui.results.page import Section
    from fftui.results.preflight import Preflight
    from fftui.tui.draw.glyphs import Glyphs
    from fftui.tui.preflight.probes import Reply

_LONGEST = 600
_MOST_PROBLEMS = 200


class Page(Lines):
    """The lines; only those that can be seen are painted."""

    def __init__(self, signs: Glyphs) -> None:
        super().__init__(id="page", cursor=False)
        self._signs = signs
        self._found: Preflight | None = None
        self._replies: Sequence[Reply] = ()
        self._rows: list[Content] = []

    def show(self, found: Preflight, replies: Sequence[Reply] = ()) -> None:
        """A checked plan, and what its probes brought."""
        self._found, self._replies = found, replies
        self._lay()
        self.jump(0)

    def on_resize(self) -> None:
        """Other widths break lines elsewhere."""
        self._lay()
        super().on_resize()

    def row(self, index: int, width: int) -> Content:
        """One line."""
        del width
        return self._rows[index]

    def _lay(self) -> None:
        if self._found is None:
            return
        # A column is left for the scroll bar, which comes and goes with the length of this.
        width = max(20, self.outer_size.width - 1)
        self._rows = rows(self._found, self._replies, width, self._signs)
        self.set_count(len(self._rows))
        self.refresh()


def rows(found: Preflight, replies: Sequence[Reply], width: int, signs: Glyphs) -> list[Content]:
    """Everything there is to say, at most `width` cells a line."""
    made: list[Content] = []
    for text in found.problems[:_MOST_PROBLEMS]:
        made += _marked(f"{signs.error} ", text, BAD, width)
    if found.problems and found.warnings:
        made.append(Content(""))
    for text in found.warnings[:_MOST_PROBLEMS]:
        made += _marked(f"{signs.warning} ", text, CARE, width)
    if made:
        made.append(Content(""))
    if replies:
        made.append(Content.styled("probe", "bold $text-primary"))
        for reply in replies:
            mark, tone = (f"{signs.error} ", BAD) if not reply.ok else ("", GOOD)
            first, *rest = reply.lines or ("no word came back",)
            made += _marked(f"  {mark}", first, tone, width)
            for text in rest:
                made += _marked("    ", text, MUTED, width)
        made.append(Content(""))
    for section in found.sections:
        made += _section(section, width)
    while made and not made[-1].plain:
        made.pop()
    return made


def _section(section: Section, width: int) -> list[Content]:
    made = [Content.styled(line(section.title, width), "bold $text-primary")]
    for text in section.lines:
        made += _marked("    " if text.startswith("  ") else "  ", text.strip(), _tone(text), width)
    return [*made, Content("")]


def _tone(text: str) -> str:
    """A key that is missing is said in a word; the colour repeats it."""
    return BAD if text.startswith("key ") and text.endswith("MISSING") else PLAIN


def _marked(mark: str, text: str, tone: str, width: int) -> list[Content]:
    """A text behind its mark, broken between words; what follows stands under the text."""
    pieces = wrap(line(text, _LONGEST), max(10, width - len(mark))) or [""]
    blank = " " * len(mark)
    return [
        Content.styled(line((blank if number else mark) + piece, width), tone)
        for number, piece in enumerate(pieces)
    ]
