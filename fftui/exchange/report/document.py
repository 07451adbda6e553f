"""A report as parts that any form can show: paragraphs, facts, tables, figures.

Every text may hold names from outside; whoever writes it out cleans it.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from fftui.exchange.spreadsheet import Value


class Cell(Struct, frozen=True):
    """One cell: what people read, and what a program reads in the CSV file."""

    text: str
    value: Value


class Column(Struct, frozen=True):
    """A column of a table."""

    title: str
    key: str
    """Its name in the CSV file."""
    number: bool = False


class Table(Struct, frozen=True):
    """A table; also a CSV file of its own."""

    name: str
    """Of the file, without its ending."""
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    shown: int | None = None
    """Rows that the documents show; the CSV file has all. `None`: all."""


class Figure(Struct, frozen=True):
    """A chart; also an SVG file of its own."""

    name: str
    """Of the file, without its ending."""
    caption: str
    draw: Callable[[bool], str]
    """The SVG for a wide page, or (True) for a narrow one."""


class Text(Struct, frozen=True):
    """A paragraph."""

    text: str
    lead: bool = False
    """A sentence that may be read alone."""


class Lines(Struct, frozen=True):
    """A list."""

    lines: tuple[str, ...]


class Facts(Struct, frozen=True):
    """Names and what they are."""

    pairs: tuple[tuple[str, str], ...]


class Quote(Struct, frozen=True):
    """Text that a model or a corpus has; only where it was asked for."""

    title: str
    text: str


Block = Table | Figure | Text | Lines | Facts | Quote


class Section(Struct, frozen=True):
    """A part with a heading."""

    title: str
    blocks: tuple[Block, ...]
    level: int = 2
    """2 for a part of the report, 3 for a part of a part."""


class Document(Struct, frozen=True):
    """A report."""

    title: str
    subtitle: str
    simulated: bool
    sections: tuple[Section, ...]

    @property
    def figures(self) -> tuple[Figure, ...]:
        """All, in order."""
        return tuple(b for s in self.sections for b in s.blocks if isinstance(b, Figure))

    @property
    def tables(self) -> tuple[Table, ...]:
        """All, in order."""
        return tuple(b for s in self.sections for b in s.blocks if isinstance(b, Table))
