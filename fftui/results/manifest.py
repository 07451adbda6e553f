"""What was run, to the last hash, and what of it nobody can repeat."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import Any

from msgspec import Struct, to_builtins

from fftui.domain.outcomes import Identity
from fftui.domain.targets import Target
from fftui.results.unrepeatable import FileNow, later, unrepeatable
from fftui.store import manifest as kept
from fftui.store import rows
from fftui.store.reader import GraderRow, Header, Reader

_SECTIONS = ("stop", "sampling", "review", "policy", "alert", "engine", "storage")
"""Parts of a plan that are policies: what was to be done with what came back."""


class Manifest(Struct, frozen=True):
    """Everything that must be known to start the same run again."""

    header: Header
    plans: tuple[kept.PlanRow, ...]
    changes: tuple[tuple[float, str], ...]
    """(at, words) of each change of the plan and of each putting back."""
    files: tuple[FileNow, ...]
    blocks: tuple[kept.BlockRow, ...]
    scenarios: int
    benign: int
    targets: tuple[Target, ...]
    identities: Mapping[str, tuple[Identity, ...]]
    """Who answered, by target's name; judges under an empty one."""
    graders: tuple[tuple[GraderRow, str], ...]
    """(grader, SHA-256 of its rubric, empty without one)."""
    unrepeatable: tuple[str, ...]
    """What a second run cannot be promised to repeat, in sentences."""

    @property
    def policies(self) -> Mapping[str, Mapping[str, Any]]:
        """Sections of the plan in force that say how answers are sent for, counted and read."""
        if self.header.imported:
            return {}
        plan = self.plans[-1].resolved
        return {name: plan[name] for name in _SECTIONS if name in plan}


def manifest(reader: Reader) -> Manifest:
    """The manifest of a run. Reads the files that its plans name, to see whether they moved."""
    header, targets = reader.header(), reader.targets()
    plans = kept.plans(reader)
    files = tuple(FileNow(row, _now(row, plans)) for row in kept.files(reader))
    hashes = {g.name: g.prompt_sha256 for g in kept.grader_hashes(reader)}
    graders = tuple((g, hashes[g.name]) for g in reader.graders())
    answered = {
        targets[number].name if number else "": tuple(i.who for i in found)
        for number, found in rows.identities(reader).items()
    }
    benign, scenarios = reader.benign_share()
    blocks = kept.blocks(reader)
    told = (
        *later(reader, header, plans, files, tuple(targets.values()), graders),
        *unrepeatable(
            header,
            tuple(targets.values()),
            graders,
            answered,
            [file for file in files if file.row.plan == plans[-1].id],
        ),
    )
    return Manifest(
        header, plans, reader.changes(), files, blocks, scenarios, benign,
        tuple(targets.values()), answered, graders,
        told,
    )  # fmt: skip


def to_json(m: Manifest) -> dict[str, Any]:
    """As plain data. Of paths, the names alone: where a file lay says nothing to others."""
    return {
        "run": m.header.name,
        "uuid": m.header.uuid,
        "created_at": iso(m.header.created_at),
        "seed": m.header.seed,
        "repeats": m.header.repeats,
        "taxonomy": m.header.taxonomy,
        "simulated": m.header.simulated,
        "note": m.header.note,
        "plans": [
            {"at": iso(p.at), "by": p.by, "file": PurePath(p.source).name, "sha256": p.sha256,
             "fftui": p.fftui, "versions": dict(p.versions)}
            for p in m.plans
        ],
        "changes": [{"at": iso(at), "what": what} for at, what in m.changes],
        "files": [
            {"file": PurePath(f.row.path).name, "role": f.row.role, "format": f.row.format,
             "bytes": f.row.bytes, "sha256": f.row.sha256, "plan": f.row.plan, "now": f.now}
            for f in m.files
        ],
        "blocks": [{"plan": b.plan, "scenarios": b.size, "seed": b.seed} for b in m.blocks],
        "scenarios": m.scenarios,
        "benign": m.benign,
        "targets": [
            t.to_dict() | ({} if m.header.settings_told else {"sampling": None})
            for t in m.targets
        ],
        "identities": {
            name: [to_builtins(who) for who in found] for name, found in m.identities.items()
        },
        "graders": [
            {"name": g.name, "kind": g.kind, "version": g.version, "prompt_sha256": sha or None,
             "planned": g.planned, "basis": g.basis, "spec": g.spec}
            for g, sha in m.graders
        ],
        "policies": {name: dict(part) for name, part in m.policies.items()},
        "unrepeatable": list(m.unrepeatable),
    }  # fmt: skip


def iso(at: float) -> str:
    """Seconds since the epoch as ISO 8601, UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def _now(row: kept.FileRow, plans: Sequence[kept.PlanRow]) -> str:
    for place in _places(row, plans):
        try:
            with place.open("rb") as file:
                sha = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            continue
        return "the same" if sha == row.sha256 else "changed"
    return "not found"


def _places(row: kept.FileRow, plans: Sequence[kept.PlanRow]) -> Iterator[Path]:
    """Where the file may lie: at its own path, or as its plan names it from the plan's folder."""
    yield Path(row.path)
    plan = next(p for p in plans if p.id == row.plan)
    for corpus in plan.resolved["corpus"]:
        if PurePath(corpus["file"]).name == PurePath(row.path).name:
            yield Path(plan.source).parent / corpus["file"]
