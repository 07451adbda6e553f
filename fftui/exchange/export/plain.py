"""A run as JSONL, and as CSV: one file each for attempts, items and events."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from fftui.exchange.export import records
from fftui.exchange.private import private_file
from fftui.exchange.spreadsheet import field
from fftui.store import export
from fftui.store.reader import Reader

_Row = Sequence[Any]


def jsonl(reader: Reader, out: IO[bytes], *, text: bool) -> None:
    """Write the header and every record, one a line."""
    out.write(_line(records.header(reader, text=text)))
    for record in records.records(reader, text=text):
        out.write(_line(record))


def _line(record: dict[str, Any]) -> bytes:
    return json.dumps(record, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"


def csv_files(reader: Reader, path: Path, *, text: bool) -> list[Path]:
    """Write attempts to `path`, items and events beside it. Returns the files."""
    header = reader.header()
    names = {number: target.name for number, target in reader.targets().items()}
    graders = [g.name for g in sorted(reader.graders(), key=lambda g: not g.basis)]
    fixed = (header.taxonomy, header.simulated)
    sizes = export.sizes(reader)
    tables: list[tuple[str, Sequence[str], Callable[[], Iterable[_Row]]]] = [
        ("", [*_ATTEMPT, *(f"{what}:{g}" for g in graders for what in ("verdict", "confidence")),
              *(("turns", "answers", "reasoning") if text else ()), *SIZES],
         lambda: ([*row, *sizes] for row in _attempts(reader, names, graders, text=text))),
        ("-items", _ITEM, lambda: _items(reader, names)),
        ("-events", [*_EVENT, "body"], lambda: _events(reader, text=text)),
    ]  # fmt: skip
    made = []
    for ending, columns, rows in tables:
        place = path.with_name(f"{path.stem}{ending}.csv")
        with private_file(place) as raw:
            out = io.TextIOWrapper(raw, "utf-8", errors="backslashreplace", newline="")
            writer = csv.writer(out)
            writer.writerow([*columns, "taxonomy", "simulated"])
            for row in rows():
                writer.writerow([field(value) for value in (*row, *fixed)])
            out.flush()
            out.detach()
        made.append(place)
    return made


SIZES = ("all_attempts", "all_items", "all_events")
"""Rows of the three files, told in each row of the first: who has fewer has lost some."""
_ATTEMPT = (
    "id", "target", "scenario", "family", "benign", "repeat", "round", "in_force", "outcome",
    "cut", "signal", "at", "model", "upstream", "digest", "quantisation", "fingerprint",
    "parameters", "template", "server", "calls", "tokens_in", "tokens_out", "cost_usd",
    "duration_ms", "flags",
)  # fmt: skip
_ITEM = (
    "attempt", "target", "scenario", "repeat", "pool", "stratum", "machine", "inclusion", "drawn",
    "planned", "wanted", "final", "source", "blind", "soft", "unsure", "readings", "guidelines",
)  # fmt: skip
_EVENT = (
    "id", "attempt", "scenario", "reviewer", "session", "kind", "label", "blind", "guideline",
    "undoes", "at",
)  # fmt: skip


def _attempts(
    reader: Reader, names: dict[int, str], graders: Sequence[str], *, text: bool
) -> Iterator[_Row]:
    for one in export.attempts(reader, text=text):
        record = records.attempt_record(one, names, text=text)
        calls = record["calls"]
        said = {v["grader"]: v for v in record["verdicts"]}
        row = [record[name] for name in _ATTEMPT[:12]]
        row += record["identity"].values()
        row += [calls[name] for name in ("n", "tokens_in", "tokens_out", "cost_usd", "duration_ms")]
        row.append(json.dumps(record["flags"]))
        for grader in graders:
            verdict = said.get(grader)
            row += (
                [None, None]
                if verdict is None
                else [verdict["label"] or "unusable", verdict["confidence"]]
            )
        if text:
            turns, answers = json.dumps(list(one.turns)), json.dumps(list(one.answers))
            row += [turns, answers, one.reasoning]
        yield row


def _items(reader: Reader, names: dict[int, str]) -> Iterator[_Row]:
    for one in export.items(reader):
        record = records.item_record(one, names)
        said = record["readings"]
        soft = " ".join(f"{label}={share:.3g}" for label, share in record["soft"].items())
        readings = " ".join(f"{json.dumps(r['reviewer'])}={r['label'] or 'unsure'}" for r in said)
        guidelines = " ".join(sorted({r["guideline"] for r in said if r["guideline"]}))
        yield [
            *(record[name] for name in _ITEM[:14]), soft, record["unsure"], readings, guidelines,
        ]  # fmt: skip


def _events(reader: Reader, *, text: bool) -> Iterator[_Row]:
    for one in export.acts(reader):
        record = records.act_record(one, text=text)
        yield [*(record[name] for name in _EVENT), json.dumps(record["body"])]
