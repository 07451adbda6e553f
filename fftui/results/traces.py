"""One attempt as it is shown: as a line of a list, and in full."""

from __future__ import annotations

from msgspec import Struct

from fftui.domain.labels import Label
from fftui.domain.outcomes import OutcomeClass


class AttemptRow(Struct, frozen=True):
    """One line of a target's responses, in plan order."""

    ordinal: int
    """Place in the plan order of its target, from 0."""
    scenario: str
    family: str
    benign: bool
    repeat: int
    outcome_id: int | None
    """`None` while the attempt is open."""
    outcome: OutcomeClass | None
    cut: bool
    signal: str
    labels: tuple[tuple[str, Label], ...]
    flags: tuple[str, ...]
    at: float | None
    alike: int = 0
    """Scenarios of the target that were answered with these same words, where it is short."""


class CallRow(Struct, frozen=True):
    """One HTTP call of an attempt, as the ledger of calls has it."""

    at: float
    purpose: str
    """`answer` or the grader's name."""
    outcome: OutcomeClass
    status: int | None
    signal: str
    duration_ms: float
    ttfb_ms: float | None
    """Until the first byte."""
    tokens_in: int | None
    tokens_out: int | None
    cost_usd: float | None
    model: str
    upstream: str
    finish: str
    """Native finish reason."""
    request_id: str


class VerdictRow(Struct, frozen=True):
    """One grader's verdict, or why there is none."""

    grader: str
    label: Label | None
    confidence: float | None
    evidence: str
    """Untrusted text: the deciding words, or the reason of an unusable reply."""
    at: float


class Trace(Struct, frozen=True):
    """One attempt in full. Texts are raw and untrusted; they are masked until asked for."""

    row: AttemptRow
    target: str
    turns: tuple[str, ...]
    answers: tuple[str, ...]
    """The model's answer to each turn; the last one is what was graded."""
    reasoning: str
    calls: tuple[CallRow, ...]
    verdicts: tuple[VerdictRow, ...]
    identities: int = 1
    """Distinct identities that answered for the target."""
