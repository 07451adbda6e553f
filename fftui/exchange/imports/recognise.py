"""Which tool a log is of, by its content."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from fftui.corpus.lines import CorpusError, TextLines, opened
from fftui.exchange.imports import ff_traces, fftui_csv, fftui_records, garak, inspect_log
from fftui.exchange.imports.log import ImportFault, Labels, Log
from fftui.exchange.imports.objects import Objects, first_object

KNOWN = (
    "Inspect AI's .eval and JSON logs, garak's report JSONL, Failure-First traces, fftui's own"
    " JSONL and CSV exports, and summaries (TOML)"
)


def read_log(path: Path, labels: Labels) -> Log:
    """Read one log. Raises ImportFault, also where no tool is known to write it."""
    start = _start(path)
    if start.startswith(b"PK\x03\x04"):
        return inspect_log.read(path, labels)
    if fftui_csv.recognises(start.partition(b"\n")[0].decode("utf-8", "replace")):
        return fftui_csv.read(path, labels)
    first = first_object(path)
    if garak.recognises(first):
        return garak.read(path, labels)
    if fftui_records.recognises(first):
        return fftui_records.read(path, labels)
    if ff_traces.recognises(first):
        return ff_traces.read(path, labels)
    if start.lstrip().startswith(b"{") and b'"eval"' in start:
        return inspect_log.read(path, labels)
    for _ in Objects(path) if start.lstrip().startswith(b"{") else _lines(path):
        break  # what is wrong with the first line says more than that nobody knows it
    raise ImportFault(f"{path}: is no log that can be imported; known are {KNOWN}")


def _lines(path: Path) -> Iterator[str]:
    try:
        with opened(path) as file:
            yield from TextLines(file, path.name)
    except CorpusError as error:
        raise ImportFault(str(error)) from None


def _start(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(1 << 16).removeprefix(b"\xef\xbb\xbf")
    except FileNotFoundError:
        raise ImportFault(f"{path}: no such file") from None
    except IsADirectoryError:
        raise ImportFault(f"{path}: is a folder; name the files in it") from None
    except (OSError, ValueError) as error:
        raise ImportFault(f"{path}: cannot be read: {error}") from None
