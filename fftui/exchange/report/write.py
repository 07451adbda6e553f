"""Writes a report: the documents, and beside them each figure as SVG and each table as CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from fftui.exchange.private import private_file
from fftui.exchange.report import html, markdown
from fftui.exchange.report.chart import alone
from fftui.exchange.report.document import Document, Figure, Section, Table
from fftui.exchange.report.sections import document
from fftui.exchange.spreadsheet import field
from fftui.results.evidence import Report, to_json

Form = Literal["html", "md", "json"]


def write(
    report: Report, path: Path, forms: Sequence[Form], extra: Sequence[Section] = ()
) -> list[Path]:
    """Write the report in these forms to `path`, with each form's ending, and what lies beside.

    Returns the documents. Raises OSError.
    """
    made, written = document(report, extra), []
    beside = path.with_name(f"{path.stem}-files")
    if set(forms) - {"json"}:
        beside.mkdir(mode=0o700, exist_ok=True)
        for figure in made.figures:
            _put(beside / f"{figure.name}.svg", svg_file(figure))
        for table in made.tables:
            _put(beside / f"{table.name}.csv", csv_file(table, simulated=report.simulated))
    for form in forms:
        place = path.with_suffix(f".{form}")
        _put(place, render(report, made, form, beside.name))
        written.append(place)
    return written


def render(report: Report, made: Document, form: Form, beside: str) -> str:
    """One document as text."""
    if form == "html":
        return html.page(made)
    if form == "md":
        return markdown.page(made, beside)
    return json.dumps(to_json(report), ensure_ascii=True, indent=1) + "\n"


def svg_file(figure: Figure) -> str:
    """A figure as a file of its own."""
    return alone(figure.draw(False))


def csv_file(table: Table, *, simulated: bool) -> str:
    """A table as CSV: names of columns, raw numbers, nothing that a spreadsheet would run."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([*(c.key for c in table.columns), "simulated"])
    for row in table.rows:
        writer.writerow([*(field(cell.value) for cell in row), field(simulated)])
    return out.getvalue()


def _put(path: Path, text: str) -> None:
    with private_file(path) as file:
        file.write(text.encode("utf-8", "backslashreplace"))
