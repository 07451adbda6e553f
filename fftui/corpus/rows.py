"""What the loaders share: a file's raw rows, and what a loader makes of one."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any, NoReturn


class CorpusError(ValueError):
    """A file that cannot be used. `str()` is one line: file, line, field, what is wrong."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a file that a person should know, and that stops nothing."""

    line: int
    """Line of the file, from 1; 0 for the file as a whole."""
    what: str
    """One line, free of prompt text."""


@dataclass(frozen=True, slots=True)
class Row:
    """One record of a file."""

    line: int
    """Line on which it begins, from 1."""
    number: int
    """Position among the file's records, from 1."""
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Item:
    """What a loader reads in one row. No turns: the row is skipped, and a problem is noted."""

    turns: tuple[str, ...]
    key: str = ""
    """The file's own id; empty where it has none."""
    family: str = ""
    benign: bool | None = None
    """`None` where the file does not say."""
    problem: str = ""


class RowError(ValueError):
    """A row that a loader cannot read; `field` and what is wrong with it."""

    def __init__(self, field_name: str, what: str) -> None:
        super().__init__(f"{field_name}: {what}")


@dataclass(slots=True)
class Rows:
    """The records of a file, and the problems met while they were cut apart."""

    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def json_rows(text: str, name: str) -> Rows:
    """The objects of a JSONL file. A torn last line is a problem, any other bad line an error."""
    found = Rows()
    lines = text.split("\n")
    last = max((i for i, line in enumerate(lines) if line.strip()), default=-1)
    for index, line in enumerate(lines):
        if not line.strip():
            continue
        try:
            value = json.loads(line, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            if index == last and last > 0 and not text.endswith("\n"):
                found.problems.append(Problem(index + 1, "the last line is torn off; left out"))
                continue
            raise CorpusError(f"{name}:{index + 1}: not a JSON object") from None
        if not isinstance(value, dict):
            raise CorpusError(f"{name}:{index + 1}: not a JSON object")
        found.rows.append(Row(index + 1, len(found.rows) + 1, value))
    return found


def csv_rows(text: str, name: str, delimiter: str) -> Rows:
    """The records of a CSV or TSV file with a header line. Column names are in lower case."""
    found = Rows()
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [column.strip().lower() for column in next(reader, [])]
        for line, values in _numbered(reader):
            if not any(value.strip() for value in values):
                continue
            if len(values) > len(header):
                raise CorpusError(
                    f"{name}:{line}: {len(values)} columns, but the header names {len(header)}"
                )
            if len(values) < len(header):
                found.problems.append(Problem(line, "columns are missing; read as empty"))
            record = dict(zip_longest(header, values, fillvalue=""))
            found.rows.append(Row(line, len(found.rows) + 1, record))
    except csv.Error:
        where = f"{name}:{reader.line_num}"
        raise CorpusError(f"{where}: broken CSV, such as a quote left open") from None
    return found


def _numbered(reader: Any) -> Iterator[tuple[int, list[str]]]:
    start = reader.line_num + 1
    for values in reader:
        yield start, values
        start = reader.line_num + 1


def text_field(fields: Mapping[str, Any], name: str) -> str:
    """A text, empty where it is absent. Raises RowError where it is something else."""
    value = fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise RowError(name, "must be a text")
    return value


def key_field(fields: Mapping[str, Any], *names: str) -> str:
    """The first id given under `names`, numbers as text; empty where there is none."""
    for name in names:
        value = fields.get(name)
        if isinstance(value, str) and value.strip():
            return value.strip()
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
    return ""


def bool_field(fields: Mapping[str, Any], name: str) -> bool | None:
    """A truth value, `None` where it is absent. Raises RowError where it is something else."""
    value = fields.get(name)
    if isinstance(value, str):
        value = {"true": True, "1": True, "false": False, "0": False, "": None}.get(
            value.strip().lower(), value
        )
    if value is not None and not isinstance(value, bool):
        raise RowError(name, "must be true or false")
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
