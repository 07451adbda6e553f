"""What a grader says of an answer, and why a human should look at it."""

from __future__ import annotations

from dataclasses import dataclass

from fftui.domain.labels import Label


@dataclass(frozen=True, slots=True)
class Verdict:
    """A grader's label for one answer."""

    label: Label
    confidence: float | None = None
    """0 to 1, where the grader states one."""
    evidence: str = ""
    """The words that decided, as the grader gave them. Untrusted text."""


@dataclass(frozen=True, slots=True)
class Unusable:
    """A grader's reply that is no verdict. It is counted as ungraded, never guessed at."""

    reason: str
    """One line: what was wrong with the reply."""


@dataclass(frozen=True, slots=True)
class Flag:
    """Why a human should read an answer."""

    rule: str
    """Name of the rule that fired, such as `compliance`, `clash`, `audit`."""
    stratum: str
    """rule x label of the main grader, fixed before anyone reads."""
    inclusion: float
    """Probability with which the rule draws an answer of its stratum, 0 < p <= 1."""
