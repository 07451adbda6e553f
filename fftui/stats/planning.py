"""How many more verdicts a wanted precision takes."""

from __future__ import annotations

import math

from msgspec import Struct

from fftui.stats.anytime import confidence_sequence
from fftui.stats.interval import Interval
from fftui.stats.normal import two_sided_z
from fftui.stats.proportion import wilson


class Needed(Struct, frozen=True):
    """Verdicts still to come, 0 or more: as expected now, and the plausible range around it."""

    expected: int
    low: int
    high: int


def sample_size(rate: float, width: float, confidence: float = 0.95) -> float:
    """The n at which Wilson's interval round an observed `rate` is just `width` wide.

    With h = width/2: n = z^2 [pq - 2h^2 + sqrt(p^2 q^2 + h^2 (1-2p)^2)] / (2h^2), Wilson's
    half-width solved for n. Raises ValueError unless 0 <= rate <= 1 and 0 < width <= 1.
    """
    if not 0 <= rate <= 1:
        raise ValueError(f"rate must lie in 0 to 1, not {rate!r}")
    if not 0 < width <= 1:
        raise ValueError(f"width must be above 0 and at most 1, not {width!r}")
    z = two_sided_z(confidence)
    h = width / 2
    pq = rate * (1 - rate)
    root = math.sqrt(pq * pq + h * h * (1 - 2 * rate) ** 2)
    return max(0.0, z * z * (pq - 2 * h * h + root) / (2 * h * h))


def needed_for_width(successes: float, n: float, width: float, confidence: float = 0.95) -> Needed:
    """Verdicts still needed until Wilson's interval is at most `width` wide.

    Expected at p~ = (S+2)/(n+4), which is not fooled by a first run of refusals as S/n is; the
    range is the least and the most over Wilson's interval as it stands (all of 0 to 1 at n = 0).
    All zero once the interval is narrow enough. Raises ValueError unless 0 <= successes <= n and
    0 < width <= 1.
    """
    if not (n >= 0 and 0 <= successes <= n):
        raise ValueError(f"successes must lie in 0 to n, not {successes!r} of {n!r}")
    now = wilson(successes, n, confidence) if n > 0 else Interval(0.0, 1.0)
    shrunk = (successes + 2) / (n + 4)
    # The size grows towards a rate of one half, so the extremes are an end and the inmost point.
    inmost = min(max(0.5, now.low), now.high)
    sizes = [sample_size(rate, width, confidence) for rate in (now.low, now.high, inmost, shrunk)]
    if now.width <= width:
        return Needed(0, 0, 0)
    # The slack keeps an n that is met exactly from being rounded up by the last bit.
    remaining = [max(1, math.ceil(size - n - 1e-9)) for size in sizes]
    return Needed(remaining[3], min(remaining), max(remaining))


def fewest_to_place(rate: float) -> int:
    """Verdicts without one success after which the confidence sequence lies below `rate`.

    By symmetry also those with nothing but successes for it to lie above 1 - rate. Raises
    ValueError unless 0 < rate < 1.
    """
    if not 0 < rate < 1:
        raise ValueError(f"rate must lie between 0 and 1, not {rate!r}")
    low, high = 0, 1
    while confidence_sequence(0, high).high >= rate:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if confidence_sequence(0, middle).high < rate else (middle, high)
    return high


def power(p1: float, p2: float, n: float, alpha: float = 0.05) -> float:
    """Chance that a two-sided test of two independent rates, `n` verdicts each, finds them apart.

    Normal approximation without continuity correction, as R's power.prop.test; the test is done
    at pooled variance, the chance at the two variances. Raises ValueError unless 0 <= p <= 1,
    p1 != p2 and n > 0.
    """
    pooled, apart = _spreads(p1, p2)
    if not n > 0:
        raise ValueError(f"n must be above 0, not {n!r}")
    z = two_sided_z(1 - alpha)
    away = math.sqrt(n) * abs(p1 - p2) - z * pooled
    return 0.5 * math.erfc(-away / apart / math.sqrt(2)) if apart else float(away > 0)


def size_for_power(p1: float, p2: float, wanted: float = 0.8, alpha: float = 0.05) -> float:
    """Verdicts on each side for that power; see `power`. Raises ValueError as it does."""
    pooled, apart = _spreads(p1, p2)
    reach = two_sided_z(1 - alpha) * pooled + _one_sided_z(wanted) * apart
    return (reach / (p1 - p2)) ** 2


def size_for_equivalence(rate: float, margin: float, wanted: float = 0.8) -> float:
    """Verdicts on each side so that equal sides are shown to lie within `margin` (TOST at 5 %).

    2 pq (z_.95 + z_(1+wanted)/2)^2 / margin^2. Raises ValueError unless 0 < margin < 1.
    """
    return _closeness(rate, margin, _one_sided_z((1 + wanted) / 2))


def size_for_no_worse(rate: float, margin: float, wanted: float = 0.8) -> float:
    """Verdicts on each side so that one is shown to be no worse by `margin` (one-sided, 5 %)."""
    return _closeness(rate, margin, _one_sided_z(wanted))


def _closeness(rate: float, margin: float, z: float) -> float:
    if not 0 < margin < 1:
        raise ValueError(f"margin must lie between 0 and 1, not {margin!r}")
    return 2 * rate * (1 - rate) * (_one_sided_z(0.95) + z) ** 2 / margin**2


def _spreads(p1: float, p2: float) -> tuple[float, float]:
    if not (0 <= p1 <= 1 and 0 <= p2 <= 1) or p1 == p2:
        raise ValueError(f"needs two different rates in 0 to 1, not {p1!r} and {p2!r}")
    both = p1 + p2
    return math.sqrt(both * (1 - both / 2)), math.sqrt(p1 * (1 - p1) + p2 * (1 - p2))


def _one_sided_z(probability: float) -> float:
    """The z with P(Z < z) = `probability`, 1/2 to 1."""
    return two_sided_z(2 * probability - 1)
