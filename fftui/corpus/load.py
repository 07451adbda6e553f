"""Reads a prompt file: recognises its format by content and gives its scenarios."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

from fftui.corpus import (
    advbench,
    ff_scenarios,
    harmbench,
    jailbreakbench,
    native,
    plain,
    strongreject,
    xstest,
)
from fftui.corpus.rows import CorpusError, Item, Problem, RowError, Rows, csv_rows, json_rows
from fftui.domain.scenarios import Scenario

__all__ = ["Corpus", "CorpusError", "Problem", "read"]


@dataclass(frozen=True, slots=True)
class Corpus:
    """A prompt file as it was understood."""

    path: Path
    format: str
    """Name of the loader, such as `advbench`."""
    sha256: str
    """Of the file's bytes, in hex."""
    bytes: int
    scenarios: tuple[Scenario, ...]
    """In the file's order; at least one."""
    problems: tuple[Problem, ...]
    """What a person should know, by line."""


class _Loader(Protocol):
    NAME: str

    def recognises(self, fields: Mapping[str, Any], /) -> bool: ...

    def item(self, fields: Mapping[str, Any], /) -> Item: ...


_JSON = cast("Sequence[_Loader]", (native, ff_scenarios, plain))
_TABLES = cast(
    "Sequence[_Loader]", (harmbench, jailbreakbench, strongreject, xstest, advbench, plain)
)
_COLUMN = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,23}")
_LARGEST = 256 * 1024 * 1024


def read(path: Path, *, family: str = "", benign: bool | None = None) -> Corpus:
    """Read a prompt file.

    `family` names the attack family of scenarios for which the file names none; `benign` marks
    every scenario, and `None` leaves it to the file. A file that says nothing holds attacks,
    unless it is a JailbreakBench file with `benign` in its name. Raises CorpusError.
    """
    data = _bytes(path)
    text = _text(data, path.name)
    rows, loaders = _cut(text, path.name)
    if not rows.rows:
        raise CorpusError(f"{path.name}: holds no prompts")
    first = rows.rows[0].fields
    loader = next((one for one in loaders if one.recognises(first)), None)
    if loader is None:
        # Without a header line the first names are prompts, and those are never shown.
        names = ", ".join(n if _COLUMN.fullmatch(n) else "…" for n in list(first)[:8])
        raise CorpusError(
            f"{path.name}:{rows.rows[0].line}: no field holds the prompt (fields: {names}); "
            f"one of these is expected: turns, {', '.join(plain.COLUMNS)}"
        )
    marked = benign
    if marked is None and loader.NAME == jailbreakbench.NAME and "benign" in path.stem.lower():
        marked = True
    scenarios, problems = _scenarios(rows, loader, path, family, marked)
    if not scenarios:
        raise CorpusError(f"{path.name}: every one of its {len(rows.rows)} rows is empty")
    return Corpus(
        path=path,
        format=loader.NAME,
        sha256=hashlib.sha256(data).hexdigest(),
        bytes=len(data),
        scenarios=tuple(scenarios),
        problems=tuple(sorted(problems, key=lambda problem: problem.line)),
    )


def _bytes(path: Path) -> bytes:
    try:
        if path.is_file() and path.stat().st_size > _LARGEST:
            raise CorpusError(f"{path.name}: larger than {_LARGEST // 1024**2} MB")
        return path.read_bytes()
    except FileNotFoundError:
        raise CorpusError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise CorpusError(f"{path}: is a folder, not a file") from None
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read: {error.strerror}") from None


def _text(data: bytes, name: str) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise CorpusError(f"{name}:1: is UTF-16; save it as UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise CorpusError(f"{name}:{line}: not UTF-8; save it as UTF-8") from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise CorpusError(f"{name}:{line}: holds NUL bytes; this is no text file")
    return text


def _cut(text: str, name: str) -> tuple[Rows, Sequence[_Loader]]:
    start = text.lstrip()
    if not start:
        raise CorpusError(f"{name}: is empty")
    if start.startswith("{"):
        return json_rows(text, name), _JSON
    if start.startswith("["):
        raise CorpusError(f"{name}:1: a JSON list; one JSON object a line is expected")
    head = start.split("\n", 1)[0]
    delimiter = "\t" if "\t" in head else ";" if head.count(";") > head.count(",") else ","
    return csv_rows(text, name, delimiter), _TABLES


def _scenarios(
    rows: Rows, loader: _Loader, path: Path, family: str, benign: bool | None
) -> tuple[list[Scenario], list[Problem]]:
    scenarios: list[Scenario] = []
    problems = list(rows.problems)
    keys: dict[str, int] = {}
    prompts: dict[tuple[str, ...], int] = {}
    for row in rows.rows:
        try:
            item = loader.item(row.fields)
        except RowError as error:
            raise CorpusError(f"{path.name}:{row.line}: {error}") from None
        turns = tuple(_storable(turn) for turn in item.turns)
        if not turns or not all(turn.strip() for turn in turns):
            problems.append(Problem(row.line, "no prompt, or an empty turn; left out"))
            continue
        if item.problem:
            problems.append(Problem(row.line, item.problem))
        key = _storable(item.key) or f"{_storable(path.stem)}-{row.number}"
        if key in keys:
            shown = json.dumps(key[:60])
            raise CorpusError(f"{path.name}:{row.line}: id: {shown} stands in line {keys[key]} too")
        keys[key] = row.line
        if turns in prompts:
            problems.append(Problem(row.line, f"the same prompt as in line {prompts[turns]}"))
        else:
            prompts[turns] = row.line
        marked = benign if benign is not None else bool(item.benign)
        scenarios.append(Scenario(key, turns, _storable(item.family.strip()) or family, marked))
    return scenarios, problems


def _storable(text: str) -> str:
    """`text` with lone surrogates, which JSON can hold and UTF-8 cannot, in backslash form."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
