"""What a run was made from: its plans, files, blocks of scenarios and the hashes of its graders."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from fftui.store.reader import Reader


class PlanRow(Struct, frozen=True):
    """A plan of the run: the first one, or a later extension of it."""

    id: int
    at: float
    by: str
    source: str
    """Path, as its author had it."""
    sha256: str
    fftui: str
    versions: Mapping[str, str]
    resolved: Mapping[str, Any]
    """The plan with all defaults."""


class FileRow(Struct, frozen=True):
    """A file that a plan named."""

    plan: int
    path: str
    role: str
    format: str
    bytes: int
    sha256: str


class BlockRow(Struct, frozen=True):
    """Scenarios that were added together, in one seeded order."""

    plan: int
    size: int
    seed: int


class GraderHash(Struct, frozen=True):
    """What a grader asked with."""

    name: str
    prompt_sha256: str
    """Of a judge's rubric; empty for a grader without."""
    added_at: float


class BinRow(Struct, frozen=True):
    """Calls to a target in one stretch of time that ended in one class of outcome."""

    target: int
    at: float
    """When the stretch begins."""
    kind: str
    n: int


def plans(reader: Reader) -> tuple[PlanRow, ...]:
    """Every plan, oldest first."""
    rows = reader.db.execute(
        "SELECT id, at, by, source, sha256, fftui, versions, resolved FROM plan ORDER BY id"
    ).fetchall()
    return tuple(
        PlanRow(r[0], r[1], r[2], r[3], r[4], r[5], json.loads(r[6]), json.loads(r[7]))
        for r in rows
    )


def files(reader: Reader) -> tuple[FileRow, ...]:
    """Every file that a plan named."""
    rows = reader.db.execute(
        "SELECT plan, path, role, format, bytes, sha256 FROM file ORDER BY id"
    ).fetchall()
    return tuple(FileRow(*r) for r in rows)


def blocks(reader: Reader) -> tuple[BlockRow, ...]:
    """The blocks of scenarios, in plan order."""
    rows = reader.db.execute("SELECT plan, size, seed FROM block ORDER BY id").fetchall()
    return tuple(BlockRow(*r) for r in rows)


def grader_hashes(reader: Reader) -> tuple[GraderHash, ...]:
    """By grader, in the order they were added."""
    rows = reader.db.execute(
        "SELECT name, prompt_sha256, added_at FROM grader ORDER BY id"
    ).fetchall()
    return tuple(GraderHash(*r) for r in rows)


class Did(Struct, frozen=True):
    """What people did to a run beside changing its plan."""

    promoted: int
    """Times that another grader was made the basis of the rates."""
    put_back: int
    """Outcomes that were put back."""


def did(reader: Reader) -> Did:
    """How often what of it."""
    row = reader.db.execute(
        "SELECT (SELECT count(*) FROM regrade WHERE kind = 'basis'),"
        " (SELECT count(*) FROM put_back)"
    ).fetchone()
    return Did(row[0], row[1])


def call_span(reader: Reader) -> tuple[float, float] | None:
    """When the first and the last call to a target was sent; `None` before the first."""
    low, high = reader.db.execute(
        "SELECT min(at), max(at) FROM call WHERE grader IS NULL"
    ).fetchone()
    return None if low is None else (low, high)


def call_bins(reader: Reader, start: float, width: float) -> tuple[BinRow, ...]:
    """Calls by target, outcome and stretch of `width` seconds from `start` on.

    Reads every call: for a report, never for a refresh.
    """
    rows = reader.db.execute(
        "SELECT target, ?1 + ?2 * CAST((at - ?1) / ?2 AS INTEGER), outcome, count(*) FROM call"
        " WHERE grader IS NULL GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
        (start, width),
    ).fetchall()
    return tuple(BinRow(*r) for r in rows)
