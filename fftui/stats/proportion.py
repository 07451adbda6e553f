"""Intervals for one rate at a fixed number of verdicts."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping

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
    return Interval(_lower(successes, n, z), _upper(successes, n, z))


def _lower(successes: float, n: float, z: float) -> float:
    if successes == 0:
        return 0.0
    zz = z * z
    half = z * math.sqrt(successes * (n - successes) / n + zz / 4)
    low = (successes + zz / 2 - half) / (n + zz)
    return low if low > 0 else 0.0


def _upper(successes: float, n: float, z: float) -> float:
    if successes == n:
        return 1.0
    zz = z * z
    half = z * math.sqrt(successes * (n - successes) / n + zz / 4)
    high = (successes + zz / 2 + half) / (n + zz)
    return high if high < 1 else 1.0


def finite_wilson(
    successes: float, n: float, population: float, confidence: float = 0.95
) -> Interval:
    """Wilson's interval for the rate of a finite corpus of which `n` items were drawn at random.

    It is Wilson's at n(N-1)/(N-n) verdicts; n = N gives the rate itself, width 0. For a fixed n;
    `anytime.finite_sequence` is its form for decisions while people look.
    Raises ValueError unless 0 < n <= population and 0 <= successes <= n.
    """
    _check(successes, n)
    if not n <= population:
        raise ValueError(f"population must be at least n, not {population!r} for {n!r}")
    rate = successes / n
    if n == population:
        return Interval(rate, rate)
    return effective_wilson(rate, n * (population - 1) / (population - n), confidence)


def effective_wilson(rate: float, n: float, confidence: float = 0.95) -> Interval:
    """Wilson's interval for a `rate` (0 to 1) that is worth `n` independent verdicts."""
    # The product may exceed n by a rounding.
    return wilson(min(rate * n, n) if rate < 1 else n, n, confidence)


def effective_n(scenarios: Iterable[tuple[float, float]]) -> float:
    """Independent verdicts that several attempts per scenario are worth.

    `scenarios` are (successes, verdicts) of each scenario. With v = G/(G-1) sum (S_g - m_g p)^2 /
    n^2 the design effect is max(1, v / (pq/n)) and the result n / deff. Where all verdicts agree,
    repeats have shown nothing yet: it is G, the number of scenarios. Fewer than 10 scenarios
    estimate it badly. Source: cluster-robust variance, Kish (1965); Miller (2024),
    arXiv 2411.00640. Raises ValueError without a verdict or where S_g > m_g.
    """
    return effective_n_of(Counter(scenarios))


def effective_n_of(scenarios: Mapping[tuple[float, float], int]) -> float:
    """`effective_n` of scenarios given by how many have so many (successes, verdicts)."""
    groups = [(s, m, k) for (s, m), k in scenarios.items() if m > 0 and k > 0]
    n, total = sum(m * k for _, m, k in groups), sum(s * k for s, _, k in groups)
    if not groups or any(not 0 <= s <= m for s, m, _ in groups):
        raise ValueError("needs at least one verdict, and successes in 0 to the verdicts")
    count = sum(k for _, _, k in groups)
    if total in (0, n) or count == 1:
        return float(count)
    p = total / n
    spread = sum(k * (s - m * p) ** 2 for s, m, k in groups) * count / (count - 1)
    return n / max(1.0, spread / (n * p * (1 - p)))


def clopper_pearson(successes: int, n: int, confidence: float = 0.95) -> Interval:
    """The exact interval from binomial tails: covers at least as often as it says, so it is wide.

    Source: Clopper & Pearson (1934), Biometrika 26:404. Raises ValueError as `wilson` does.
    """
    _check(successes, n)
    from scipy.special import betaincinv

    tail = (1 - confidence) / 2
    failures = n - successes
    low = float(betaincinv(successes, failures + 1, tail)) if successes else 0.0
    high = float(betaincinv(successes + 1, failures, 1 - tail)) if failures else 1.0
    return Interval(low, high)


def jeffreys(successes: float, n: float, confidence: float = 0.95) -> Interval:
    """Quantiles of Beta(S + 1/2, n - S + 1/2), above 0 and below 1 also at the ends.

    Source: Brown, Cai & DasGupta (2001), Stat. Sci. 16:101. Raises ValueError as `wilson` does.
    """
    _check(successes, n)
    from scipy.special import betaincinv

    tail = (1 - confidence) / 2
    a, b = successes + 0.5, n - successes + 0.5
    return Interval(float(betaincinv(a, b, tail)), float(betaincinv(a, b, 1 - tail)))


def agresti_coull(successes: float, n: float, confidence: float = 0.95) -> Interval:
    """p~ +- z sqrt(p~ q~ / n~) with n~ = n + z^2 and p~ = (S + z^2/2) / n~, clipped to 0 and 1.

    Source: Agresti & Coull (1998), Am. Stat. 52:119. Raises ValueError as `wilson` does.
    """
    _check(successes, n)
    z = two_sided_z(confidence)
    total = n + z * z
    centre = (successes + z * z / 2) / total
    half = z * math.sqrt(centre * (1 - centre) / total)
    return Interval(max(0.0, centre - half), min(1.0, centre + half))


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
    _check(successes, total)
    z = two_sided_z(confidence)
    return Interval(_lower(successes, total, z), _upper(most, total, z))


def _check(successes: float, n: float) -> None:
    if not 0 < n < math.inf:
        raise ValueError(f"n must be above 0 and finite, not {n!r}")
    if not 0 <= successes <= n:
        raise ValueError(f"successes must lie in 0 to n, not {successes!r} of {n!r}")
