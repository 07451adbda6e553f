"""The objects of a JSONL log, one at a time."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, TypeVar

from msgspec import Meta, ValidationError, convert

from fftui.corpus.lines import CorpusError, TextLines, opened
from fftui.corpus.rows import json_rows
from fftui.exchange.imports.log import ImportFault


@dataclass
class Objects:
    """A JSONL file while it is read, and what is known of it then."""

    path: Path
    bytes: int = 0
    sha256: str = ""
    remarks: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """(line, object) of each record. Raises ImportFault at the first that is none."""
        try:
            with opened(self.path) as file:
                lines = TextLines(file, self.path.name)
                for row in json_rows(lines, lines):
                    if row.number:
                        yield row.line, dict(row.fields)
                    else:
                        self.remarks.append(f"line {row.line}: {row.problem}")
                self.bytes, self.sha256 = lines.bytes, lines.sha256
        except CorpusError as error:
            raise ImportFault(str(error)) from None
        except OSError as error:
            raise ImportFault(f"{self.path}: cannot be read: {error.strerror}") from None

    def fault(self, line: int, what: str) -> ImportFault:
        """A mistake in a record."""
        return ImportFault(f"{self.path.name}:{line}: {what}")


def first_object(path: Path) -> dict[str, Any]:
    """The first line's object; empty where that is none."""
    try:
        with opened(path) as file:
            head = file.readline(1 << 24)
        value = json.loads(head.removeprefix(b"\xef\xbb\xbf"))
    except CorpusError as error:
        raise ImportFault(str(error)) from None
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


Text = str | None
"""A text that may be absent."""
Whole = Annotated[int, Meta(ge=0, lt=2**53)]
Amount = Annotated[float, Meta(ge=0, le=1e15)]
Share = Annotated[float, Meta(ge=0, le=1)]
Key = Annotated[str, Meta(min_length=1)]
MOST_REPEATS = 1000
Repeat = Annotated[int, Meta(ge=0, lt=MOST_REPEATS)]

_Shape = TypeVar("_Shape")


def shaped(kind: type[_Shape], value: object, where: str = "") -> _Shape:
    """A record as what it must be: fields that `kind` does not name are left aside.

    `where` is the field of a record that it stands in; empty for the record itself.

    Raises ValueError that names the first field that is missing or something else, and says what
    is expected there: nothing that is broken passes for something that is absent.
    """
    try:
        return convert(value, kind)
    except ValidationError as error:
        said = _words(str(error))
        plain = ": " not in said  # the value as a whole is meant
        raise ValueError(f"{where}{': ' if plain else '.'}{said}" if where else said) from None


def _words(error: str) -> str:
    what, _, place = error.partition(" - at `$")
    place = place.rstrip("`").removeprefix(".")
    if what.startswith(_MISSING):
        name = what.removeprefix(_MISSING).strip("`")
        return f"{place}.{name}: is missing" if place else f"{name}: is missing"
    if what == _EMPTY:
        return f"{place}: is missing"
    what = _NAMES.sub(lambda name: _SAID[name[1]], what.replace("`", "").replace(" | ", " or "))
    what = what[0].lower() + what[1:]
    return f"{place}: {what}" if place else what


_MISSING = "Object missing required field "
_EMPTY = "Expected `str` of length >= 1"
_SAID = {"str": "text", "int": "whole number", "float": "number", "bool": "true or false",
         "array": "list"}  # fmt: skip
_NAMES = re.compile(r"\b(str|int|float|bool|array)\b")
