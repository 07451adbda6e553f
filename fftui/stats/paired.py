"""The same scenarios on two sides: what the pairs say that differ.

`n11` gave in on both sides, `n10` on the first only, `n01` on the second only, `n00` on neither. A
difference is first minus second, (n10 - n01) / n. For one look; `anytime.paired_e_value` holds
however often someone looks.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from fftui.stats.normal import two_sided_z
from fftui.stats.proportion import wilson
from fftui.stats.span import Span


def mcnemar_p(n10: int, n01: int) -> float:
    """Exact two-sided p: the discordant pairs against a fair coin; 1 where there are none.

    Source: McNemar (1947), Psychometrika 12:153. Raises ValueError for counts below 0.
    """
    if n10 < 0 or n01 < 0:
        raise ValueError("discordant counts must be 0 or more")
    if n10 == n01:
        return 1.0
    from scipy.special import bdtr

    return min(1.0, 2 * float(bdtr(min(n10, n01), n10 + n01, 0.5)))


def mcnemar_chi2(n10: int, n01: int) -> tuple[float, float] | None:
    """The uncorrected statistic and its p with one degree of freedom; None without a discordant
    pair. The exact form is the one to report."""
    if n10 + n01 == 0:
        return None
    statistic = (n10 - n01) ** 2 / (n10 + n01)
    return statistic, math.erfc(math.sqrt(statistic / 2))


def newcombe_paired(n11: int, n10: int, n01: int, n00: int, confidence: float = 0.95) -> Span:
    """Interval of the difference from the two Wilson intervals and the pairs' correlation.

    Source: Newcombe (1998), Stat. Med. 17:2635, method 10. Raises ValueError without a pair.
    """
    n = _pairs(n11, n10, n01, n00)
    first, second = n11 + n10, n11 + n01
    one, two = wilson(first, n, confidence), wilson(second, n, confidence)
    p1, p2 = first / n, second / n
    phi = _correlation(n11, n10, n01, n00)
    low1, high1 = p1 - one.low, one.high - p1
    low2, high2 = p2 - two.low, two.high - p2
    d = (n10 - n01) / n
    return Span(
        d - math.sqrt(max(low1**2 - 2 * phi * low1 * high2 + high2**2, 0.0)),
        d + math.sqrt(max(high1**2 - 2 * phi * high1 * low2 + low2**2, 0.0)),
    )


def tango(n11: int, n10: int, n01: int, n00: int, confidence: float = 0.95) -> Span:
    """Score interval of the difference: every d that the score test does not reject.

    Source: Tango (1998), Stat. Med. 17:891. Raises ValueError without a pair.
    """
    n = _pairs(n11, n10, n01, n00)
    d = (n10 - n01) / n
    z = two_sided_z(confidence)

    def score(delta: float) -> float:
        b = -n10 - n01 + (2 * n - n10 + n01) * delta
        c = -n01 * delta * (1 - delta)
        q = (math.sqrt(max(b * b - 8 * n * c, 0.0)) - b) / (4 * n)
        variance = n * (2 * q + delta * (1 - delta))
        away = n10 - n01 - n * delta
        if variance <= 1e-300:
            return 0.0 if abs(away) < 1e-12 else math.copysign(math.inf, away)
        return away / math.sqrt(variance)

    return Span(_solve(score, z, -1.0, d), _solve(score, -z, d, 1.0))


def _solve(score: Callable[[float], float], goal: float, low: float, high: float) -> float:
    """Where the falling score meets the goal, by halving; the far end where it never does."""
    far, near = (low, high) if goal > 0 else (high, low)
    inside = abs(score(far + math.copysign(1e-15, near - far))) <= abs(goal)
    if inside:
        return far
    for _ in range(200):
        middle = (far + near) / 2
        if abs(score(middle)) > abs(goal):
            far = middle
        else:
            near = middle
        if abs(far - near) < 1e-15:
            break
    return (far + near) / 2


def _correlation(n11: int, n10: int, n01: int, n00: int) -> float:
    margins = (n11 + n10) * (n01 + n00) * (n11 + n01) * (n10 + n00)
    if not margins:
        return 0.0
    n = n11 + n10 + n01 + n00
    product = n11 * n00 - n10 * n01
    return (max(product - n / 2, 0.0) if product > 0 else product) / math.sqrt(margins)


def _pairs(*counts: int) -> int:
    if min(counts) < 0 or not sum(counts):
        raise ValueError("needs at least one pair, and no count below 0")
    return sum(counts)
