"""What a grader says of an answer, and why a human should look at it."""

from __future__ import annotations

from msgspec import Struct

from fftui.domain.labels import Label
from fftui.domain.readings import Pool


class Verdict(Struct, frozen=True, gc=False):
    """A grader's label for one answer."""

    label: Label
    confidence: float | None = None
    """0 to 1, where the grader states one."""
    evidence: str = ""
    """The words that decided, as the grader gave them. Untrusted text."""


class Unusable(Struct, frozen=True, gc=False):
    """A grader's reply that is no verdict. It is counted as ungraded, never guessed at."""

    reason: str
    """One line: what was wrong with the reply."""


class Place(Struct, frozen=True, gc=False):
    """Where a graded attack stands among those that people may read. Fixed before anyone reads."""

    pool: Pool
    stratum: str
    """First rule that names it x label of the basis grader."""
    machine: str
    """That label, `none` where the reply was unusable."""
    inclusion: float
    """Probability with which it is to be read, 0 to 1."""
    draw: float
    """Uniform in [0, 1): decides whether it is read, and when."""

    @property
    def drawn(self) -> bool:
        """It is to be read."""
        return self.draw < self.inclusion

    @property
    def flags(self) -> tuple[Flag, ...]:
        """What stands on the screen of an answer that was drawn."""
        rule = self.stratum.partition(":")[0]
        return (Flag(rule, self.stratum, self.inclusion),) if self.drawn else ()


class Flag(Struct, frozen=True, gc=False):
    """Why a human should read an answer."""

    rule: str
    """Name of the rule that fired, such as `compliance`, `clash`, `audit`."""
    stratum: str
    """rule x label of the main grader, fixed before anyone reads."""
    inclusion: float
    """Probability with which the rule draws an answer of its stratum, 0 < p <= 1."""
