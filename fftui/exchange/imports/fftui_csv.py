"""fftui's own CSV export: its three files, as the records of the JSONL export."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from fftui.corpus.lines import CorpusError, TextLines, opened
from fftui.corpus.rows import csv_rows
from fftui.domain.labels import Label
from fftui.domain.outcomes import Identity, OutcomeClass
from fftui.domain.readings import Pool
from fftui.exchange.export.plain import SIZES
from fftui.exchange.imports import fftui_records
from fftui.exchange.imports.log import ImportFault, Labels, Log, target
from fftui.exchange.spreadsheet import text

_VERDICT, _CONFIDENCE = "verdict:", "confidence:"
_UNUSABLE = "unusable"
_ALIKE = ("taxonomy", "simulated", *SIZES)
"""Columns that say the same in every row."""
_MARKS = frozenset({"scenario", "taxonomy", "simulated"})
_WHO = Identity.__struct_fields__


def recognises(head: str) -> bool:
    """The header line of any of the three files, one column more or less."""
    return len(_MARKS.intersection(head.strip().split(","))) >= len(_MARKS) - 1


def read(path: Path, labels: Labels) -> Log:
    """Read the attempts, and the items and the events that lie beside them. Raises ImportFault."""
    del labels  # they are our own
    return fftui_records.gather(path, _Tables(path))


class _Tables:
    """The three files while they are read."""

    def __init__(self, path: Path) -> None:
        self.bytes = 0
        self.sha256 = ""
        self.remarks: list[str] = []
        self._path = path
        self._now = path

    def __iter__(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """(line, record) of each row, behind a header. Raises ImportFault at the first bad one."""
        head, names, sizes = self._head()
        yield 1, head
        for line, row in self._rows(self._path, _ATTEMPT):
            yield line, _attempt(row, names)
        for ending, columns, kind in (("items", _ITEM, "item"), ("events", _EVENT, "event")):
            beside = self._path.with_name(f"{self._path.stem}-{ending}.csv")
            for line, row in self._rows(beside, columns):
                yield line, {"record": kind, **row}
        self._now = self._path
        yield 1, {"record": "end", **dict(zip(("attempts", "items", "events"), sizes, strict=True))}

    def fault(self, line: int, what: str) -> ImportFault:
        """A mistake in a record."""
        return ImportFault(f"{self._now.name}:{line}: {what}")

    def _head(self) -> tuple[dict[str, Any], list[str], list[int]]:
        """(what the header of the JSONL export would say, graders, basis first, `SIZES`)."""
        asked: dict[str, None] = {}
        row: Mapping[str, Any] = {}
        first: Mapping[str, Any] = {}
        for line, row in self._rows(self._path, _ATTEMPT):
            first = first or row
            if other := next((name for name in _ALIKE if row[name] != first[name]), None):
                raise self.fault(line, f"{other}: is not what the rows before have")
            asked[row["target"]] = None
        if not row:
            raise ImportFault(f"{self._path}: holds no attempts")
        self.remarks.clear()
        names = [c.removeprefix(_VERDICT) for c in row if c.startswith(_VERDICT)]
        self.remarks.append(
            "CSV tells of targets and graders their names alone: platform, maker, weights and"
            " settings are unknown"
        )
        return (
            {
                "record": "header",
                "tool": "fftui's CSV export",
                "simulated": row["simulated"],
                "taxonomy": {"version": row["taxonomy"]},
                "with_text": "turns" in row,
                "manifest": {
                    "targets": [target(name, "unknown", name).to_dict() for name in asked],
                    "graders": [
                        {"name": name, "kind": "as in the CSV", "version": "export", "basis": not i}
                        for i, name in enumerate(names)
                    ],
                },
            },
            names,
            [row[name] for name in SIZES],
        )

    def _rows(self, path: Path, columns: Columns) -> Iterator[tuple[int, dict[str, Any]]]:
        """(line, values) of each row, each value as its column has it."""
        self._now = path
        try:
            with opened(path) as file:
                lines = TextLines(file, path.name)
                known: Sequence[str] = ()
                for row in csv_rows(lines, lines, ",", lower=False):
                    known = known or self._checked(row.fields, columns)
                    if row.problem:
                        raise self.fault(row.line, "columns are missing: the row is torn off")
                    yield row.line, self._values(row.line, row.fields, known, columns)
        except CorpusError as error:
            beside = "" if path == self._path else f"; {self._path.name} is read with it"
            raise ImportFault(f"{error}{beside}") from None
        except OSError as error:
            raise ImportFault(f"{path}: cannot be read: {error.strerror}") from None
        if path == self._path:
            self.bytes, self.sha256 = lines.bytes, lines.sha256
        else:
            self.remarks.append(f"{path.name}: {lines.bytes} bytes, sha256 {lines.sha256}")

    def _checked(self, row: Mapping[str, str], columns: Columns) -> Sequence[str]:
        missing = next((name for name in columns if name not in row), None)
        if missing and columns is _ATTEMPT and {"attempt", "reviewer", "inclusion"} & set(row):
            raise ImportFault(f"{self._path}: goes with a file of attempts; name that one alone")
        if missing:
            raise self.fault(1, f"the column {missing!r} is missing")
        return [*columns, *(name for name in row if name.startswith((_VERDICT, _CONFIDENCE))),
                *(name for name in _TEXTS if name in row)]  # fmt: skip

    def _values(
        self, line: int, row: Mapping[str, str], known: Sequence[str], columns: Columns
    ) -> dict[str, Any]:
        found = {}
        for name in known:
            try:
                found[name] = _kind(name, columns)(text(row[name]))
            except (ValueError, OverflowError, RecursionError):
                shown = f"{row[name][:40]!r}" if name not in _TEXTS and row[name] else "it"
                raise self.fault(line, f"{name}: {shown} cannot be read") from None
        return found


def _kind(name: str, columns: Columns) -> Callable[[str], Any]:
    if name in columns:
        return columns[name]
    if name.startswith(_VERDICT):
        return _said
    return _TEXTS.get(name) or _maybe(_number)


def _attempt(row: dict[str, Any], graders: Sequence[str]) -> dict[str, Any]:
    said = {name: row[f"{_VERDICT}{name}"] for name in graders}
    return {
        **row,
        "record": "attempt",
        "identity": {name: row[name] for name in _WHO},
        "calls": row,
        "verdicts": [
            {
                "grader": name,
                "label": None if label == _UNUSABLE else label,
                "confidence": row.get(f"{_CONFIDENCE}{name}"),
                "reason": "unusable: the CSV does not say why",
            }
            for name, label in said.items()
            if label
        ],
    }


def _whole(value: str) -> int:
    found = int(value)
    if not 0 <= found < 2**53:
        raise ValueError(value)
    return found


def _number(value: str) -> float:
    found = float(value)
    if not (math.isfinite(found) and found >= 0):
        raise ValueError(value)
    return found


def _share(value: str) -> float:
    if (found := _number(value)) > 1:
        raise ValueError(value)
    return found


def _truth(value: str) -> bool:
    return ("false", "true").index(value) == 1


def _word(value: str) -> str:
    if not value:
        raise ValueError(value)
    return value


def _time(value: str) -> str:
    datetime.fromisoformat(value)
    return value


def _blind(value: str) -> str:
    return ("blind", "unblind")[("blind", "unblind").index(value)]


def _said(value: str) -> str:
    return value if value in ("", _UNUSABLE) else Label(value).value


def _among(kind: type[StrEnum]) -> Callable[[str], str]:
    return lambda value: kind(value).value


def _maybe(kind: Callable[[str], Any]) -> Callable[[str], Any]:
    return lambda value: kind(value) if value else None


def _json(kind: type) -> Callable[[str], Any]:
    def read(value: str) -> Any:
        found = json.loads(value)
        if not isinstance(found, kind):
            raise ValueError(value)
        return found

    return read


Columns = Mapping[str, Callable[[str], Any]]
_ATTEMPT: Columns = {
    "id": _whole, "target": _word, "scenario": _word, "family": str, "benign": _truth,
    "repeat": _whole, "in_force": _truth, "outcome": _among(OutcomeClass), "cut": _truth,
    "signal": str, "at": _time, **dict.fromkeys(_WHO, str), "tokens_in": _maybe(_whole),
    "tokens_out": _maybe(_whole), "cost_usd": _maybe(_number), "duration_ms": _maybe(_number),
    "flags": _json(list), "simulated": _truth, "taxonomy": _word, **dict.fromkeys(SIZES, _whole),
}  # fmt: skip
_TEXTS: Columns = {"turns": _json(list), "answers": _json(list), "reasoning": str}
"""Columns that stand there only if asked for."""
_ITEM: Columns = {
    "attempt": _whole, "pool": _among(Pool), "stratum": str, "machine": str, "inclusion": _share,
    "drawn": _truth, "planned": _whole,
}  # fmt: skip
_EVENT: Columns = {
    "id": _whole, "attempt": _maybe(_whole), "reviewer": _word, "session": str, "kind": _word,
    "label": _maybe(_among(Label)), "blind": _blind, "guideline": str, "undoes": _maybe(_whole),
    "at": _time, "body": _json(dict),
}  # fmt: skip
