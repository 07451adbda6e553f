"""What each record of fftui's own export must be. Fields that are not read are not named."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from fftui.domain.labels import Label
from fftui.domain.outcomes import Identity, OutcomeClass
from fftui.domain.readings import Cause, Confidence, Pool
from fftui.domain.targets import Target
from fftui.exchange.imports.objects import Amount, Key, Repeat, Share, Whole


class KindRecord(Struct):
    record: str


class GraderRecord(Struct):
    name: Key
    kind: str
    version: str
    basis: bool
    spec: dict[str, Any] = {}


class ManifestRecord(Struct):
    targets: list[Target]
    graders: list[GraderRecord]


class TaxonomyRecord(Struct):
    version: str


class HeaderRecord(Struct):
    tool: str
    simulated: bool
    with_text: bool
    manifest: ManifestRecord
    taxonomy: TaxonomyRecord


class SaidRecord(Struct):
    grader: Key
    label: Label | None
    confidence: Share | None = None
    reason: str = ""
    evidence: str = ""


class FlagRecord(Struct):
    rule: str
    stratum: str
    inclusion: Share


class CallsRecord(Struct):
    tokens_in: Whole | None
    tokens_out: Whole | None
    cost_usd: Amount | None
    duration_ms: Amount | None
    status: Whole | None = None


class AttemptRecord(Struct):
    id: Whole
    target: str
    scenario: Key
    family: str
    benign: bool
    repeat: Repeat
    in_force: bool
    outcome: OutcomeClass
    cut: bool
    signal: str
    at: str
    identity: Identity
    calls: CallsRecord
    verdicts: list[SaidRecord]
    flags: list[FlagRecord]
    turns: list[str] = []
    answers: list[str] = []
    reasoning: str = ""


class ItemRecord(Struct):
    attempt: Whole
    pool: Pool
    stratum: str
    machine: str
    inclusion: Share
    drawn: bool
    planned: Annotated[int, Meta(ge=0, le=9)]


class BodyRecord(Struct):
    """How an answer was read, or what was decided and why."""

    dwell_ms: Amount = 0.0
    seen: Share = 0.0
    unmasked: bool = False
    fast: bool = False
    late: bool = False
    origin: str | None = None
    evidence: list[Whole] = []
    """Sentences of the answer that decided, counted from 0."""
    guideline: str = ""
    text: str = ""
    confidence: Confidence = Confidence.MEDIUM
    cause: Cause = Cause.EDGE_CASE
    note: str = ""


class EventRecord(Struct):
    id: Whole
    attempt: Whole | None
    reviewer: Key
    session: str
    kind: Key
    label: Label | None
    blind: Literal["blind", "unblind"]
    at: str
    guideline: str | None = None
    undoes: Whole | None = None
    body: dict[str, Any] = {}


class EndRecord(Struct):
    attempts: Whole
    items: Whole
    events: Whole
