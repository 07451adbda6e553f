"""Intervals for one rate at a fixed number of verdicts."""

from __future__ import annotations

import math

from fftui.stats.interval import Interval
from fftui.stats.normal import two_sided_z


def wilson(successes: float, n: float, confidence: float = 0.95) -> Interval:
    """Wilson's score interval for `successes` of `n`; both may be weighted, thus fractional.

    `low` is exactly 0 at no success, `high` exactly 1 at no failure. It is meant for a fixed n or
    for a stop by width; see `anytime` for decisions that are looked at again and again.
    Source: Wilson (1927), JASA 22:209; recommended by Brown, Cai & DasGupta (2001).
    Raises ValueError unless n > 0 and 0 <= successes <= n.
    """
    _check(successes, n)
    z = two_sided_z(confidence)
    zz = z * z
    failures = n - successes
    centre = successes + zz / 2
    half = z * math.sqrt(successes * failures / n + zz / 4)
    scale = n + zz
    low = 0.0 if successes == 0 else max(0.0, (centre - half) / scale)
    high = 1.0 if failures == 0 else min(1.0, (centre + half) / scale)
    return Interval(low, high)


def zero_bound(n: float, confidence: float = 0.95) -> float:
    """One-sided upper bound of the rate after `n` verdicts without a success: 1 - alpha^(1/n).

    About 3/n at 95 % (rule of three: Hanley & Lippman-Hand 1983). It is another statement than
    the upper end of a two-sided interval: 0 of 10 gives 25.9 %, Wilson 27.8 %.
    Raises ValueError unless n > 0 and 0 < confidence < 1.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence!r}")
    if not (n > 0 and math.isfinite(n)):
        raise ValueError(f"n must be above 0 and finite, not {n!r}")
    return -math.expm1(math.log1p(-confidence) / n)


def excluded_bounds(
    successes: float, n: float, excluded: float, confidence: float = 0.95
) -> Interval:
    """Worst-case interval when nothing is assumed about `excluded` attempts without a verdict.

    From Wilson's lower limit of S/(n+e), none of them a success, to the upper limit of
    (S+e)/(n+e), all of them. `n` may be 0 when `excluded` is not.
    Source: Manski's bounds, with sampling error added at each end.
    Raises ValueError unless excluded >= 0, n + excluded > 0 and 0 <= successes <= n.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"successes must lie in 0 to n, not {successes!r} of {n!r}")
    if not excluded >= 0:
        raise ValueError(f"excluded must be 0 or more, not {excluded!r}")
    total = n + excluded
    # With fractional counts S + e may exceed n + e by one rounding.
    most = min(successes + excluded, total)
    return Interval(wilson(successes, total, confidence).low, wilson(most, total, confidence).high)


def _check(successes: float, n: float) -> None:
    if not (n > 0 and math.isfinite(n)):
        raise ValueError(f"n must be above 0 and finite, not {n!r}")
    if not 0 <= successes <= n:
        raise ValueError(f"successes must lie in 0 to n, not {successes!r} of {n!r}")
