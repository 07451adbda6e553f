"""A report as parts that any form can show: paragraphs, facts, tables, figures.

Every text may hold names from outside; whoever writes it out cleans it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fftui.exchange.spreadsheet import Value


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: what people read, and what a program reads in the CSV file."""

    text: str
    value: Value


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table."""

    title: str
    key: str
    """Its name in the CSV file."""
    number: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table; also a CSV file of its own."""

    name: str
    """Of the file, without its ending."""
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    shown: int | None = None
    """Rows that the documents show; the CSV file has all. `None`: all."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart; also an SVG file of its own."""

    name: str
    """Of the file, without its ending."""
    caption: str
    draw: Callable[[bool], str]
    """The SVG for a wide page, or (True) for a narrow one."""


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    text: str
    lead: bool = False
    """A sentence that may be read alone."""


@dataclass(frozen=True, slots=True)
class Lines:
    """A list."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and what they are."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """Text that a model or a corpus has; only where it was asked for."""

    title: str
    text: str


Block = Table | Figure | Text | Lines | Facts | Quote


@dataclass(frozen=True, slots=True)
class Section:
    """A part with a heading."""

    title: str
    blocks: tuple[Block, ...]
    level: int = 2
    """2 for a part of the report, 3 for a part of a part."""


@dataclass(frozen=True, slots=True)
class Document:
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
