"""Reads a file of gold items: answers whose label is known, by which readers are measured."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from fftui.corpus.lines import CorpusError, TextLines, opened
from fftui.corpus.rows import Row, RowError, csv_rows, json_rows, key_field, storable, texts_field
from fftui.domain.labels import Label
from fftui.domain.readings import Gold

_PROMPT, _ANSWER = ("turns", "prompt"), ("answer", "response")


def read(path: Path) -> tuple[Gold, ...]:
    """The items of a JSONL, CSV or TSV file, in its order.

    Each has a `prompt` (or the list of a conversation's `turns`), an `answer` (or `response`) and
    a `label`; other fields are ignored. Raises CorpusError in one line; then nothing was taken.
    """
    with opened(path) as file:
        lines = TextLines(file, path.name)
        try:
            return tuple(_items(lines, path.name))
        except OSError as error:
            raise CorpusError(f"{path}: cannot be read: {error.strerror}") from None


def _items(lines: TextLines, name: str) -> Iterator[Gold]:
    said: dict[str, tuple[Label, int]] = {}
    for row in _rows(lines, name):
        if not row.number:
            raise CorpusError(f"{name}:{row.line}: {row.problem}")
        try:
            gold = _item(row.fields)
        except RowError as error:
            raise CorpusError(f"{name}:{row.line}: {error}") from None
        before = said.setdefault(gold.sha256, (gold.label, row.line))
        if before[0] is not gold.label:
            raise CorpusError(
                f"{name}:{row.line}: the same answer is {before[0]} in line {before[1]} and"
                f" {gold.label} here; keep one of them"
            )
        if before[1] == row.line:
            yield gold
    if not said:
        raise CorpusError(f"{name}: holds no items")


def _rows(lines: TextLines, name: str) -> Iterator[Row]:
    texts = iter(lines)
    head = next((text for text in texts if text.strip()), None)
    if head is None:
        raise CorpusError(f"{name}: is empty")
    start = head.strip()
    if start.startswith("{"):
        return json_rows(lines, chain((head,), texts))
    if start.startswith("["):
        raise lines.error("a JSON list; one JSON object a line is expected")
    return csv_rows(lines, chain((head,), texts), "\t" if "\t" in start else ",")


def _item(fields: Mapping[str, Any]) -> Gold:
    turns, answers = _texts(fields, _PROMPT), _texts(fields, _ANSWER)
    label = key_field(fields, "label").upper()
    if label not in Label.__members__:
        allowed = ", ".join(one.value for one in Label)
        raise RowError("label", f"{json.dumps(label[:40])} is none; allowed: {allowed}")
    return Gold(turns, answers[-1], Label(label))


def _texts(fields: Mapping[str, Any], names: tuple[str, str]) -> tuple[str, ...]:
    name = next((name for name in names if fields.get(name)), "")
    found = tuple(storable(text) for text in texts_field(fields, name)) if name else ()
    if not found or not all(text.strip() for text in found):
        raise RowError(" or ".join(names), "is missing or empty")
    return found
