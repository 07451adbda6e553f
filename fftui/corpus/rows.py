"""What the loaders share: a file's raw rows, and what a loader makes of one."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest
from typing import Any, NoReturn

from msgspec import Struct

from fftui.corpus.lines import LONGEST, TextLines


class Problem(Struct, frozen=True):
    """Something in a file that a person should know, and that stops nothing."""

    line: int
    """Line of the file, from 1; 0 for the file as a whole."""
    what: str
    """One line, free of prompt text."""


class Row(Struct, frozen=True):
    """One record of a file."""

    line: int
    """Line on which it begins, from 1."""
    number: int
    """Position among the file's records, from 1."""
    fields: Mapping[str, Any]
    problem: str = ""


class Item(Struct, frozen=True):
    """What a loader reads in one row. No turns: the row is skipped, and a problem is noted."""

    turns: tuple[str, ...]
    key: str = ""
    """The file's own id; empty where it has none."""
    family: str = ""
    benign: bool | None = None
    """`None` where the file does not say."""
    problem: str = ""
    note: str = ""
    """Something about the whole file, told once."""


class RowError(ValueError):
    """A row that a loader cannot read; `field` and what is wrong with it."""

    def __init__(self, field_name: str, what: str) -> None:
        super().__init__(f"{field_name}: {what}")


TORN = "the last line is torn off; left out"


def json_rows(lines: TextLines, texts: Iterable[str]) -> Iterator[Row]:
    """The objects of JSONL lines. A torn last line is a problem, any other bad line an error."""
    number = 0
    for text in texts:
        if not text.strip():
            continue
        try:
            value = json.loads(text, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            if lines.torn and number:
                yield Row(lines.number, 0, {}, TORN)
                continue
            column = error.colno if isinstance(error, json.JSONDecodeError) else None
            raise lines.error("not a JSON object", column) from None
        if not isinstance(value, dict):
            raise lines.error("not a JSON object")
        number += 1
        yield Row(lines.number, number, value)


def csv_rows(
    lines: TextLines, texts: Iterable[str], delimiter: str, *, lower: bool = True
) -> Iterator[Row]:
    """The records of a CSV or TSV file with a header line, its names in lower case if `lower`."""
    csv.field_size_limit(LONGEST)
    reader = csv.reader(texts, delimiter=delimiter, strict=True)
    number = 0
    start = lines.number
    try:
        header = [c.strip().lower() if lower else c for c in next(reader, [])]
        twice = next((name for i, name in enumerate(header) if name and name in header[:i]), "")
        if twice:
            raise lines.error(f"the column {twice[:40]!r} is named twice")
        start = lines.number + 1
        for values in reader:
            line, start = start, lines.number + 1
            if not any(value.strip() for value in values):
                continue
            if len(values) > len(header):
                raise lines.error(
                    f"{len(values)} columns, but the header names {len(header)}"
                    + (f" (the record begins in line {line})" if line != lines.number else "")
                )
            number += 1
            missing = "columns are missing; read as empty" if len(values) < len(header) else ""
            record = dict(zip_longest(header, values, fillvalue=""))
            yield Row(line, number, record, missing)
    except csv.Error as error:
        raise lines.error(_broken(str(error), start)) from None


def _broken(error: str, start: int) -> str:
    """What the csv module says, in words that help."""
    if "new-line character" in error:
        return "broken CSV: a line ends in CR alone; save it with LF or CRLF"
    if "field limit" in error:
        return f"broken CSV: the record of line {start} goes on without end: a quote left open"
    if "end of data" in error:
        return f"broken CSV: the file ends inside the record of line {start}: a quote left open"
    return f"broken CSV in the record of line {start}: a quote inside a field must be doubled"


def text_field(fields: Mapping[str, Any], name: str) -> str:
    """A text, empty where it is absent. Raises RowError where it is something else."""
    value = fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise RowError(name, "must be a text")
    return value


def texts_field(fields: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """A list of texts, or one text. Raises RowError where it is something else."""
    value = fields.get(name)
    if isinstance(value, list) and all(isinstance(turn, str) for turn in value):
        return tuple(value)
    if isinstance(value, list):
        raise RowError(name, "must be a list of texts")
    return (text_field(fields, name),)


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


def storable(text: str) -> str:
    """`text` with lone surrogates, which JSON can hold and UTF-8 cannot, in backslash form."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
