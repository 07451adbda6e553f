"""The manifest as parts of a report."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

from fftui.domain.labels import TAXONOMY, Label, Tier
from fftui.domain.targets import Target
from fftui.exchange.report import words
from fftui.exchange.report.document import Block, Cell, Column, Facts, Lines, Table
from fftui.results.manifest import Manifest


def blocks(m: Manifest, prefix: str) -> Iterator[Block]:
    """Everything that must be known to start the same run again."""
    h = m.header
    yield Facts((
        ("run", f"{h.name}, id {h.uuid}"),
        ("made", words.when(h.created_at)),
        ("seed", f"{h.seed}; {words.several(h.repeats, 'repeat')} of each scenario"),
        ("scenarios", f"{m.scenarios:,}, of them {m.benign:,} benign; in "
                      + ", ".join(f"a block of {b.size:,} by seed {b.seed}" for b in m.blocks)),
        ("taxonomy", f"version {h.taxonomy}" + (
            "" if h.taxonomy == TAXONOMY else f" (this fftui has {TAXONOMY})")),
        *((tier.words, tier.formula) for tier in Tier),
        ("labels", ", ".join(f"{label.letter} {label.value}" for label in Label)),
        *((f"policy: {name}", told) for name, part in m.policies.items()
          if (told := _settings(part))),
    ))  # fmt: skip
    yield Table(
        f"{prefix}plans",
        "The plan, and each later change of it.",
        (Column("when", "at"), Column("by", "by"), Column("file", "file"),
         Column("SHA-256", "sha256"), Column("fftui", "fftui"), Column("versions", "versions")),
        tuple((Cell(words.when(p.at), p.at), words.text(p.by),
               words.text(PurePath(p.source).name), _hash(p.sha256), words.text(p.fftui),
               words.text(", ".join(f"{k} {v}" for k, v in p.versions.items())))
              for p in m.plans),
    )  # fmt: skip
    if m.changes:
        yield Lines(tuple(f"{words.when(at)}: {what}" for at, what in m.changes))
    yield Table(
        f"{prefix}files",
        "Files that the run was made from; the last column is as of this report.",
        (Column("file", "file"), Column("role", "role"), Column("format", "format"),
         Column("bytes", "bytes", True), Column("SHA-256", "sha256"), Column("now", "now")),
        tuple((words.text(PurePath(f.row.path).name), words.text(f.row.role),
               words.text(f.row.format), words.count(f.row.bytes), _hash(f.row.sha256),
               words.text(f.now)) for f in m.files),
    )  # fmt: skip
    yield _targets(m, prefix)
    yield Table(
        f"{prefix}graders",
        "Graders. The basis is the one whose verdicts the rates use.",
        (Column("grader", "grader"), Column("kind", "kind"), Column("version", "version"),
         Column("rubric SHA-256", "prompt_sha256"), Column("model", "model"),
         Column("platform", "platform"), Column("basis", "basis")),
        tuple((words.text(g.name), words.text(g.kind), words.text(g.version), _hash(sha),
               words.text(g.spec.get("model", "")), words.text(g.spec.get("platform", "")),
               words.flag(g.basis)) for g, sha in m.graders),
    )  # fmt: skip


def _targets(m: Manifest, prefix: str) -> Table:
    return Table(
        f"{prefix}settings",
        "Targets as they were asked.",
        (Column("target", "target"), Column("maker", "maker"), Column("model", "model"),
         Column("weights", "weights"),
         Column("platform", "platform"), Column("upstream", "upstream"),
         Column("quantisation", "quantisation"), Column("sampling", "sampling"),
         Column("thinking", "thinking"), Column("system prompt", "system_prompt"),
         Column("tags", "tags")),
        tuple((words.text(t.name), words.text(t.maker), words.text(t.endpoint.model),
               words.text(t.weights),
               words.text(t.endpoint.platform), words.text(", ".join(t.endpoint.upstream)),
               words.text(t.quantisation), words.text(_sampling(m, t)),
               words.text(t.thinking), words.flag(bool(t.system_prompt)),
               words.text(", ".join(t.tags))) for t in m.targets),
    )  # fmt: skip


def _sampling(m: Manifest, target: Target) -> str:
    if not m.header.settings_told:
        return "not told"
    s = target.sampling
    top = "" if s.top_p is None else f", top_p {s.top_p:g}"
    return f"temperature {s.temperature:g}, {s.max_tokens} tokens{top}"


def _hash(sha256: str) -> Cell:
    return Cell(sha256, sha256 or None)


def _settings(part: Mapping[str, Any]) -> str:
    told = {k: v for k, v in part.items() if v not in (None, "", [], {})}
    return ", ".join(f"{k} {v if isinstance(v, str) else json.dumps(v)}" for k, v in told.items())
