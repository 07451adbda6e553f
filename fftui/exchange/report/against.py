"""A report that was made before, line by line against the one that its runs come to now."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path
from tempfile import TemporaryDirectory

from fftui.exchange.report.document import Section
from fftui.exchange.report.write import Form, write
from fftui.results.evidence import Report
from fftui.results.recount import Differences

_MADE = re.compile(r'Report of [0-9: -]+ UTC|"made_at": "[^"]*"')
"""When a report was made is no number of the run."""
_LONG = re.compile(r"\d+\.\d{9,}")
"""Sums of money, which in another order of their parts have other last digits."""
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def against(report: Report, path: Path, extra: list[Section]) -> Differences:
    """Compare the report at `path`, and its figures and tables, with what `report` writes.

    `report` is best made from base rows. Every character of every file is compared, so that no
    number in words, tables, figures or attributes is left out. Raises OSError.
    """
    form: Form = {".html": "html", ".md": "md"}.get(path.suffix, "json")  # type: ignore[assignment]
    found = Differences()
    with TemporaryDirectory() as place:
        (page,) = write(report, Path(place) / path.name, [form], extra)
        beside = f"{path.stem}-files"
        made = {path: page} | {
            path.with_name(beside) / file.name: file
            for file in sorted((Path(place) / beside).glob("*"))
        }
        for told, again in made.items():
            _compare(told, again.read_text("utf-8"), found)
        theirs = path.with_name(beside)
        for file in sorted(theirs.iterdir()) if theirs.is_dir() and form != "json" else ():
            if file not in made:
                found.different.append(f"{beside}/{file.name}: is no file of this report")
    return found


def _compare(path: Path, rows: str, found: Differences) -> None:
    found.compared += len(_NUMBER.findall(rows))
    try:
        told = path.read_text("utf-8", errors="replace")
    except FileNotFoundError:
        found.different.append(f"{path.name}: is missing")
        return
    one, two = (_plain(text).splitlines() for text in (told, rows))
    for number, said, come_to in _changes(one, two):
        found.different.append(
            f"{path.name}:{number}: the report says {_short(said)}, the rows say {_short(come_to)}"
        )


def _plain(text: str) -> str:
    return _LONG.sub(lambda number: f"{float(number[0]):.10g}", _MADE.sub("", text))


def _changes(one: list[str], two: list[str]) -> Iterator[tuple[int, str, str]]:
    """(line, what stands there, what should) of each place where the two are not alike."""
    for kind, a, b, c, d in SequenceMatcher(None, one, two, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        for i in range(max(b - a, d - c)):
            said = one[a + i] if a + i < b else ""
            come_to = two[c + i] if c + i < d else ""
            yield min(a + i, b) + 1, *_apart(said, come_to)


def _apart(one: str, two: str) -> tuple[str, str]:
    """The words round the first place where two lines differ."""
    start = next((i for i, (x, y) in enumerate(zip(one, two, strict=False)) if x != y), None)
    if start is None:
        start = min(len(one), len(two))
    begin = max(0, start - 30)
    return one[begin : start + 30], two[begin : start + 30]


def _short(text: str) -> str:
    return repr(text) if text else "nothing"
