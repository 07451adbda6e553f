"""What the help screen says, as lines: keys from the table, and the words of the screens."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from textual.content import Content

from fftui.domain.labels import Label, Tier
from fftui.text import clean
from fftui.tui.bindings import EVERYWHERE, display, places
from fftui.tui.words import LABEL_MEANINGS, LABEL_TONES, MUTED, OUTCOME, RUN, TARGET

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fftui.tui.bindings import Key, Keymap

TITLES = {
    "home": "home", "preflight": "before the start", "corpus": "many runs", "monitor": "monitor",
    "responses": "responses", "compare": "compare", "summary": "published counts",
    "review": "review", "conflicts": "readers differ", "reading": "an item", "trace": "trace",
    "help": "this help", "dialog": "questions", EVERYWHERE: "everywhere",
}  # fmt: skip
TWO_COLUMNS = 112
"""Cells of text on a terminal of 120 columns, margins off."""

_WORDS = (
    ("run", "One plan being carried out; its own process and folder."),
    ("target", "weights x platform x upstream x settings; never just a model."),
    ("scenario", "One item of a corpus: one or more turns."),
    ("attempt", "One target, one scenario, one repeat."),
    ("call", "One HTTP request; an attempt may take several."),
    ("usable", "Attempts that were answered. Only these are graded."),
    ("settled", "Plan order up to the first open attempt; stops read only this."),
    ("early", "Open calls exceed a tenth of n: too soon to compare."),
    ("ungraded", "Answered, and a planned grader has not spoken."),
    ("blocked", "A platform's filter; beside the ASR, never inside it."),
    ("cut", "The token limit ended the answer; graded as read."),
    ("ids", "Identities that answered for a target, where it was more than one."),
    ("places", "Calls that an account bears at once; fewer after it was too much."),
    ("width", "Of the 95 % Wilson interval, in points."),
    ("whisker", "95 % sequence that stays valid however often one looks."),
    ("basis", "Who graded, and how far that can be trusted."),
)


def sections(keymap: Keymap, screen: str, width: int, *, plain: bool) -> list[list[Content]]:
    """Blocks of lines: the screen that was left first, then everywhere, the others, the words."""
    blocks = []
    ordered = [*places(screen), EVERYWHERE, *TITLES]
    for place in dict.fromkeys(place for place in ordered if place in TITLES):
        rows = [row for row in keymap.rows if row.screen == place]
        if rows:
            title = f"keys: {TITLES[place]}"
            blocks.append(_block(title, [_key(row, width, plain=plain) for row in rows]))
    states = [
        _legend(said.mark(plain=plain), said.word, said.meaning, said.tone, width)
        for said in (*RUN.values(),)
    ]
    targets = [
        _legend(said.mark(plain=plain), said.word, said.meaning, said.tone, width)
        for said in TARGET.values()
    ]
    outcomes = [
        _legend(said.mark(plain=plain), said.word, said.meaning, said.tone, width)
        for said in OUTCOME.values()
    ]
    labels = [
        _legend(label.letter, label.lower().replace("_", " "), LABEL_MEANINGS[label],
                LABEL_TONES[label], width)
        for label in Label
    ]  # fmt: skip
    rates = [_legend(" ", tier.value, f"{tier.words}: {tier.formula}", "", width) for tier in Tier]
    words = [_legend(" ", word, meaning, "", width) for word, meaning in _WORDS]
    return [
        *blocks,
        _block("states of a run", states),
        _block("states of a target", targets),
        _block("what became of a call", outcomes),
        _block("labels", labels),
        _block("rates: n and interval always beside them", rates),
        _block("words", words),
    ]


def lay(blocks: list[list[Content]], width: int) -> list[Content]:
    """One column, or two of about equal length where there is room."""
    if width < TWO_COLUMNS:
        return [line for block in blocks for line in block]
    half = column(width)
    columns: tuple[list[Content], list[Content]] = ([], [])
    total = sum(map(len, blocks))
    for block in blocks:
        # The order is for reading: the left column is filled first.
        side = 0 if not columns[1] and len(columns[0]) + len(block) // 2 <= total / 2 else 1
        columns[side].extend(block)
    left, right = columns
    rows = max(len(left), len(right))
    left += [Content("")] * (rows - len(left))
    right += [Content("")] * (rows - len(right))
    return [
        Content.assemble(one, " " * (width - half - one.cell_length), two)
        for one, two in zip(left, right, strict=True)
    ]


def column(width: int) -> int:
    """Cells of one column."""
    return width if width < TWO_COLUMNS else width // 2 - 2


def _block(title: str, rows: Iterable[list[Content]]) -> list[Content]:
    said = [line for row in rows for line in row]
    return [Content.styled(clean(title), "bold $text-primary"), *said, Content("")]


def _key(row: Key, width: int, *, plain: bool) -> list[Content]:
    keys = " ".join(display(key.strip(), plain=plain) for key in row.keys.split(","))
    return _pair(f"  {keys:<14} ", "$footer-key-foreground", row.help, width)


def _legend(glyph: str, word: str, meaning: str, tone: str, width: int) -> list[Content]:
    return _pair(f"  {glyph} {word:<13} ", tone, meaning, width)


def _pair(left: str, tone: str, right: str, width: int) -> list[Content]:
    room = max(10, width - len(left))
    first, *more = wrap(right, room) or [""]
    return [
        Content.assemble((clean(left), tone), (clean(first), MUTED)),
        *(Content.assemble(" " * len(left), (clean(row), MUTED)) for row in more),
    ]
