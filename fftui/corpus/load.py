"""Reads a prompt file: recognises its format by content and gives its scenarios.

A file is read line by line and once. Of what grows with it nothing is held but a place for each
scenario that is asked for: texts, and what tells duplicates, lie in files without names.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from heapq import nsmallest
from itertools import chain
from pathlib import Path
from typing import Any, Protocol, cast

from msgspec import Struct

from fftui.corpus import (
    advbench,
    do_not_answer,
    ff_episodes,
    ff_scenarios,
    harmbench,
    jailbreakbench,
    mapped,
    native,
    or_bench,
    plain,
    sorry_bench,
    strongreject,
    wildjailbreak,
    xstest,
)
from fftui.corpus.lines import CorpusError, TextLines, opened
from fftui.corpus.order import First, Scenarios
from fftui.corpus.rows import Item, Problem, Row, RowError, csv_rows, json_rows, storable
from fftui.corpus.seen import Seen
from fftui.domain.scenarios import Scenario

__all__ = ["Corpus", "CorpusError", "Problem", "read"]


class Corpus(Struct, frozen=True):
    """A prompt file as it was understood."""

    path: Path
    format: str
    """Name of the loader, such as `advbench`."""
    licence: str
    """As its publishers state it; empty for files of no known set. Your copy may say otherwise."""
    sha256: str
    """Of the file's bytes, in hex."""
    bytes: int
    size: int
    """Scenarios in the file; at least one."""
    benign: int
    """Harmless ones among them."""
    conversations: int
    """Those of several turns."""
    families: Mapping[str, int]
    """How many scenarios each has."""
    scenarios: Scenarios
    """In seeded order; all of them, unless fewer were asked for."""
    problems: tuple[Problem, ...]
    """What a person should know, by line."""
    unlisted: int
    """Problems beyond the first so many, which are not listed."""


class _Loader(Protocol):
    NAME: str
    LICENCE: str

    def recognises(self, fields: Mapping[str, Any], /) -> bool: ...

    def item(self, fields: Mapping[str, Any], /) -> Item: ...


_JSON = cast(
    "Sequence[_Loader]", (ff_episodes, native, sorry_bench, ff_scenarios, wildjailbreak, plain)
)
_TABLES = cast(
    "Sequence[_Loader]",
    (harmbench, jailbreakbench, strongreject, xstest, do_not_answer, wildjailbreak, sorry_bench,
     advbench, or_bench, plain),
)  # fmt: skip
_BY_NAME: Mapping[str, tuple[tuple[str, bool], ...]] = {
    jailbreakbench.NAME: (("benign", True), ("harmful", False)),
    or_bench.NAME: (("toxic", False), ("hard", True), ("80k", True)),
}
"""Sets whose harmful and harmless files differ in nothing but what their names say."""
_PUBLISHED: Mapping[str, frozenset[str]] = {
    harmbench.NAME: frozenset({"behavior", "functionalcategory", "semanticcategory", "tags",
                               "contextstring", "behaviorid"}),
    jailbreakbench.NAME: frozenset({"index", "goal", "target", "behavior", "category", "source"}),
    xstest.NAME: frozenset({"id", "prompt", "type", "label", "focus", "note"}),
    do_not_answer.NAME: frozenset({"id", "risk_area", "types_of_harm", "specific_harms",
                                   "question"}),
    wildjailbreak.NAME: frozenset({"vanilla", "adversarial", "tactics", "completion",
                                   "data_type"}),
}  # fmt: skip
"""Columns of sets of which another column would be taken for the prompt if theirs were missing."""
_COLUMN = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,23}")
_MOST_PROBLEMS = 1000


def read(
    path: Path,
    *,
    family: str = "",
    benign: bool | None = None,
    columns: Mapping[str, str] | None = None,
    limit: int | None = None,
    seed: int = 0,
) -> Corpus:
    """Read a prompt file.

    `family` names the attack family of scenarios for which the file names none; `benign` marks
    every scenario, and `None` leaves it to the file. A file that says nothing holds attacks,
    unless it is of a set whose harmless files are known by their names. `columns` says which
    column is the `prompt`, `id`, `family` and `benign` of a file of any form. Kept are the first
    `limit` scenarios in the order of `seed`; `None`: all. Raises CorpusError; then nothing was
    taken from the file.
    """
    with opened(path) as file:
        lines = TextLines(file, path.name)
        try:
            return _read(lines, path, family, benign, columns, First(seed, limit))
        except OSError as error:
            raise CorpusError(f"{path}: cannot be read: {error.strerror}") from None


def _read(
    lines: TextLines,
    path: Path,
    family: str,
    benign: bool | None,
    columns: Mapping[str, str] | None,
    first: First,
) -> Corpus:
    rows, loaders = _cut(lines, path.name)
    head = next(rows, None)
    if head is None:
        raise CorpusError(f"{path.name}: holds no prompts")
    loader = _chosen(head, loaders, path.name, columns)
    taken = _Taken(path, family, benign, first)
    if benign is None and loader.NAME in _BY_NAME:
        taken.marked = _by_name(path, loader.NAME, taken)
    number = 0
    for row in chain((head,), rows):
        number += bool(row.number)
        taken.take(row, loader)
    if not taken.size:
        raise CorpusError(f"{path.name}: every one of its {number} rows is empty")
    problems = taken.ended()
    return Corpus(
        path=path,
        format=loader.NAME,
        licence=loader.LICENCE,
        sha256=lines.sha256,
        bytes=lines.bytes,
        size=taken.size,
        benign=taken.benign,
        conversations=taken.conversations,
        families=dict(sorted(taken.families.items())),
        scenarios=first.kept(),
        problems=problems,
        unlisted=taken.told - len(problems),
    )


def _cut(lines: TextLines, name: str) -> tuple[Iterator[Row], Sequence[_Loader]]:
    texts = iter(lines)
    head = next((text for text in texts if text.strip()), None)
    if head is None:
        raise CorpusError(f"{name}: is empty")
    start = head.strip()
    if start.startswith("{"):
        if start == "{":
            raise lines.error("a JSON file of many lines; one JSON object a line is expected")
        return json_rows(lines, chain((head,), texts)), _JSON
    if start.startswith("["):
        raise lines.error("a JSON list; one JSON object a line is expected")
    delimiter = "\t" if "\t" in start else ";" if start.count(";") > start.count(",") else ","
    return csv_rows(lines, chain((head,), texts), delimiter), _TABLES


def _chosen(
    head: Row, loaders: Sequence[_Loader], name: str, columns: Mapping[str, str] | None
) -> _Loader:
    if columns:
        try:
            return cast("_Loader", mapped.Mapped(columns, head.fields))
        except RowError as error:
            known = _names(head.fields)
            raise CorpusError(f"{name}:{head.line}: columns.{error} (fields: {known})") from None
    loader = next((one for one in loaders if one.recognises(head.fields)), None)
    if loader is None:
        raise CorpusError(
            f"{name}:{head.line}: no field holds the prompt (fields: {_names(head.fields)}); one of"
            f" these is expected: turns, {', '.join(plain.COLUMNS)}; a plan's corpus.columns can"
            " name another"
        )
    if loader.NAME == plain.NAME:
        for known, published in _PUBLISHED.items():
            gone = sorted(published - set(head.fields))
            if len(gone) * 3 <= len(published):
                raise CorpusError(
                    f"{name}:1: has the columns of {known}, but not {', '.join(gone)}; a plan's"
                    " corpus.columns can say what is what"
                )
    return loader


def _names(fields: Mapping[str, Any]) -> str:
    # Without a header line the first names are prompts, and those are never shown.
    return ", ".join(n if _COLUMN.fullmatch(n) else "…" for n in list(fields)[:8])


def _by_name(path: Path, loader: str, taken: _Taken) -> bool | None:
    stem = path.stem.lower()
    for word, marked in _BY_NAME[loader]:
        if word in stem:
            return marked
    words = " nor ".join(word for word, _ in _BY_NAME[loader])
    taken.problem(
        0, f"its name holds neither {words}: read as attacks, unless the plan's corpus.benign says"
    )  # fmt: skip
    return None


class _Taken:
    """What was taken from a file so far."""

    def __init__(self, path: Path, family: str, benign: bool | None, first: First) -> None:
        self._path = path
        self._stem = storable(path.stem)
        self._family = family
        self._first = first
        self.marked = benign
        self._keys, self._prompts, self._notes = Seen(), Seen(), set[str]()
        self.size = self.benign = self.conversations = self.told = 0
        """`told`: problems, listed or not."""
        self.families: Counter[str] = Counter()
        self._problems: list[Problem] = []

    def problem(self, line: int, what: str) -> None:
        """Note something that stops nothing."""
        self.told += 1
        if len(self._problems) < _MOST_PROBLEMS:
            self._problems.append(Problem(line, what))

    def ended(self) -> tuple[Problem, ...]:
        """The first problems by line, once all rows are taken.

        Raises CorpusError where an id stands there twice.
        """
        line, before = min(self._keys.again(), default=(0, 0))
        if line:
            raise CorpusError(f"{self._path.name}:{line}: id: stands in line {before} too")
        same = nsmallest(_MOST_PROBLEMS, self._repeated())
        found = [Problem(line, f"the same prompt as in line {before}") for line, before in same]
        found += self._problems
        return tuple(sorted(found, key=lambda problem: problem.line)[:_MOST_PROBLEMS])

    def _repeated(self) -> Iterator[tuple[int, int]]:
        for one in self._prompts.again():
            self.told += 1
            yield one

    def take(self, row: Row, loader: _Loader) -> None:
        """One row. Raises CorpusError where it spoils the file."""
        if row.problem:
            self.problem(row.line, row.problem)
        if not row.number:
            return
        try:
            item = loader.item(row.fields)
        except RowError as error:
            raise CorpusError(f"{self._path.name}:{row.line}: {error}") from None
        if item.note and item.note not in self._notes:
            self._notes.add(item.note)
            self.problem(0, item.note)
        turns = tuple(storable(turn) for turn in item.turns)
        if not turns or not all(turn.strip() for turn in turns):
            self.problem(row.line, "no prompt, or an empty turn; left out")
            return
        if item.problem:
            self.problem(row.line, item.problem)
        key = storable(item.key) or f"{self._stem}-{row.number}"
        self._keys.add(key, row.line)
        self._prompts.add("\0".join(turns), row.line)
        marked = self.marked if self.marked is not None else bool(item.benign)
        family = storable(item.family.strip()) or self._family
        self.size += 1
        self.benign += marked
        self.conversations += len(turns) > 1
        self.families[family] += 1
        self._first.add(Scenario(key, turns, family, marked))
