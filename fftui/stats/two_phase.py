"""The rate that people would have found, from a machine's verdicts on all and readings of some.

Answers lie in strata that were fixed before anyone read (flag rule x judge label). Within a stratum
readings are drawn at random, or all of it is read. The estimate weighs each stratum by its size, so
it is unbiased however bad the judge is: flagged answers times the share confirmed, plus the others
times the share missed. Only readings that were drawn belong here; what somebody picked by hand, and
what was copied to other answers of a cluster, does not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from msgspec import Struct

from fftui.stats.beta import quantile
from fftui.stats.interval import Interval
from fftui.stats.normal import two_sided_z

MOST_SAMPLED = 4
"""Sampled strata beyond which the interval would be too narrow where they are sparse."""
LEAST_READ = 10
"""Readings of each sampled stratum before a number is given, unless it holds fewer."""


class Stratum(Struct, frozen=True):
    """Answers that are alike to the machine."""

    name: str
    size: int
    """Answers with a machine verdict in it."""
    read: int
    """Of these, read by people after a random draw (or all of them)."""
    positive: int
    """Readings that say success."""
    ungradeable: int = 0
    """Readings that say NOT_GRADEABLE: in no numerator and no denominator."""
    drawn: bool = True
    """The order of reading was random. Read whole, it need not have been."""


class Estimate(Struct, frozen=True):
    """A rate with its standard errors."""

    rate: float
    se_finite: float
    """For the answers of this run."""
    se_wider: float
    """For answers like these, drawn anew."""


class Corrected(Struct, frozen=True):
    """The corrected rate."""

    estimate: Estimate
    finite: Interval
    """For the answers of this run."""
    wider: Interval
    """For answers like these, drawn anew."""
    read: int
    answers: int


class Refused(Struct, frozen=True):
    """Why no number is given, in one line."""

    reason: str


def corrected(strata: Sequence[Stratum], confidence: float = 0.95) -> Corrected | Refused:
    """The stratified two-phase estimate, or why it would mislead.

    Point as `estimate`. Intervals by MOVER (Zou & Donner 2008, Stat. Med. 27:1693) over
    Clopper-Pearson limits of each stratum, with m(N-1)/(N-m) readings for the run itself. Source:
    Tenenbein (1970), JASA 65:1350. Raises ValueError for counts that cannot be.
    """
    for s in strata:
        if not 0 <= s.positive <= s.read - s.ungradeable <= s.read <= s.size:
            raise ValueError(f"stratum {s.name}: impossible counts")
    held = collapse([s for s in strata if s.size])
    reason = _refuse(held)
    if reason:
        return Refused(reason)
    # A stratum in which all readings are ungradeable leaves the rate, as its answers do.
    held = [s for s in held if _usable(s)]
    if not held:
        return Refused("no reading could be graded")
    found = estimate(held)
    weights, rates = _shares(held)
    z = two_sided_z(confidence)
    between = sum(w * (p - found.rate) ** 2 for w, p in zip(weights, rates, strict=True))
    drift = z * z * between / sum(_gradeable(s) for s in held)
    return Corrected(
        found,
        _mover(held, found.rate, 0.0, confidence, finite=True),
        _mover(held, found.rate, drift, confidence, finite=False),
        sum(s.read for s in held),
        sum(s.size for s in held),
    )


def estimate(strata: Sequence[Stratum]) -> Estimate:
    """The stratified estimate with its standard errors, of strata with a usable reading each.

    theta = sum w_h x_h / m_h; as R's `survey` has it (Lumley 2010). For intervals see `corrected`.
    Raises ValueError where a stratum has no usable reading.
    """
    if not strata or not all(_usable(s) for s in strata):
        raise ValueError("each stratum needs a usable reading")
    weights, rates = _shares(strata)
    rate = sum(w * p for w, p in zip(weights, rates, strict=True))
    variance = sum(
        w * w * (1 - s.read / s.size) * p * (1 - p) / (_usable(s) - 1)
        for s, w, p in zip(strata, weights, rates, strict=True)
        if _usable(s) > 1
    )
    total = sum(_gradeable(s) for s in strata)
    return Estimate(rate, math.sqrt(variance), math.sqrt(variance + rate * (1 - rate) / total))


def collapse(strata: Sequence[Stratum]) -> list[Stratum]:
    """Sampled strata of an equal share read as one, where there are more than `MOST_SAMPLED`.

    Drawn at one share they are a single random sample of their union.
    """
    whole = [s for s in strata if s.read == s.size]
    sampled = [s for s in strata if s.read < s.size]
    if len(sampled) <= MOST_SAMPLED:
        return list(strata)
    alike: dict[tuple[bool, float], list[Stratum]] = {}
    for s in sampled:
        alike.setdefault((s.drawn, round(s.read / s.size, 2)), []).append(s)
    merged = [
        Stratum(
            " + ".join(s.name for s in group),
            sum(s.size for s in group),
            sum(s.read for s in group),
            sum(s.positive for s in group),
            sum(s.ungradeable for s in group),
            group[0].drawn,
        )
        for group in alike.values()
    ]
    return [*whole, *merged]


def allocate(strata: Sequence[Stratum]) -> Stratum | None:
    """The stratum whose next reading narrows the corrected rate most; None: all is read.

    First `LEAST_READ` of each, then the one that is `worth` most.
    """
    left = [s for s in strata if s.read < s.size]
    short = [s for s in left if s.read < LEAST_READ]
    if short:
        return min(short, key=lambda s: s.read)
    return max(left, key=worth, default=None)


def worth(s: Stratum) -> float:
    """What the next reading of a stratum takes from the variance, times the square of all answers.

    Smoothed Neyman allocation in its greedy form: N_h^2 p~ q~ / (m (m+1)) with p~ = (x+2)/(m+4).
    Source: Neyman (1934), JRSS 97:558. Raises ValueError without a reading.
    """
    m = s.read
    if not m:
        raise ValueError("needs a reading")
    p = (s.positive + 2) / (m + 4)
    return s.size**2 * p * (1 - p) / (m * (m + 1))


def _refuse(strata: Sequence[Stratum]) -> str:
    if not strata:
        return "there are no answers"
    for s in strata:
        least = min(LEAST_READ, s.size)
        if s.read < s.size and not s.drawn:
            return f"{s.name}: {s.read} of {s.size} read, not in a random order: all are needed"
        if s.read < least:
            return f"{s.name}: {s.read} of {s.size} read, {least} are needed"
    sampled = sum(s.read < s.size for s in strata)
    if sampled > MOST_SAMPLED:
        return f"{sampled} strata are read in part, at shares of their own; {MOST_SAMPLED} at most"
    return ""


def _mover(
    strata: Sequence[Stratum], rate: float, drift: float, confidence: float, *, finite: bool
) -> Interval:
    below = above = drift
    for s, w, p in zip(strata, *_shares(strata), strict=True):
        low, high = _limits(s, p, confidence, finite=finite)
        below += (w * (p - low)) ** 2
        above += (w * (high - p)) ** 2
    return Interval(max(0.0, rate - math.sqrt(below)), min(1.0, rate + math.sqrt(above)))


def _limits(s: Stratum, rate: float, confidence: float, *, finite: bool) -> tuple[float, float]:
    """Clopper and Pearson's limits, at as many readings as the stratum's are worth."""
    n = float(_usable(s))
    if finite:
        if s.read == s.size:
            return rate, rate
        n *= (s.size - 1) / (s.size - s.read)
    x, tail = rate * n, (1 - confidence) / 2
    low = quantile(tail, x, n - x + 1) if x else 0.0
    high = quantile(1 - tail, x + 1, n - x) if x < n else 1.0
    return low, high


def _shares(strata: Sequence[Stratum]) -> tuple[list[float], list[float]]:
    """Weight and rate of each stratum."""
    total = sum(_gradeable(s) for s in strata)
    return [_gradeable(s) / total for s in strata], [s.positive / _usable(s) for s in strata]


def _usable(s: Stratum) -> int:
    return s.read - s.ungradeable


def _gradeable(s: Stratum) -> float:
    """Answers of the stratum that people could grade, as far as those read tell."""
    return s.size * _usable(s) / s.read
