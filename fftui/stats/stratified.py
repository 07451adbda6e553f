"""Two sides compared within families: the answer when their attack mixes are not the same.

A stratum is (x1, n1, x2, n2): successes and verdicts of the first and of the second side in one
family.
A stratum with an empty side says nothing of a difference; whoever shows the result names it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from msgspec import Struct

from fftui.stats.interval import Interval
from fftui.stats.normal import two_sided_z
from fftui.stats.proportion import wilson
from fftui.stats.span import Span

Stratum = tuple[float, float, float, float]


class Cmh(Struct, frozen=True):
    """Whether the sides differ within the strata, on the whole."""

    chi2: float
    p: float
    """With one degree of freedom."""


class Ratio(Struct, frozen=True):
    """A common ratio with its interval."""

    value: float
    span: Span


class Homogeneity(Struct, frozen=True):
    """Whether the odds ratio is the same in all strata: a small p says, show the families."""

    chi2: float
    p: float
    tarone: float
    tarone_p: float


class Difference(Struct, frozen=True):
    """A common difference with its interval."""

    value: float
    span: Span


def both_sided(strata: Sequence[Stratum]) -> list[Stratum]:
    """The strata in which each side has a verdict."""
    return [s for s in strata if s[1] > 0 and s[3] > 0]


def cmh(strata: Sequence[Stratum], *, corrected: bool = False) -> Cmh:
    """Cochran, Mantel and Haenszel's test; `corrected` takes 1/2 off, as R does by default.

    Source: Mantel & Haenszel (1959), JNCI 22:719. Raises ValueError without a stratum in which
    both sides have verdicts and both outcomes occur.
    """
    away = spread = 0.0
    for x1, n1, x2, n2 in both_sided(strata):
        n, m = n1 + n2, x1 + x2
        away += x1 - n1 * m / n
        spread += n1 * n2 * m * (n - m) / (n * n * (n - 1))
    if spread <= 0:
        raise ValueError("no stratum in which both sides have verdicts and both outcomes occur")
    taken = 0.5 if corrected and abs(away) >= 0.5 else 0.0
    chi2 = (abs(away) - taken) ** 2 / spread
    return Cmh(chi2, math.erfc(math.sqrt(chi2 / 2)))


def odds_ratio(strata: Sequence[Stratum], confidence: float = 0.95) -> Ratio | None:
    """Mantel and Haenszel's common odds ratio; None where it is 0, infinite or unknown.

    Interval: Robins, Breslow & Greenland (1986), Biometrics 42:311.
    """
    r = s = pr = psqr = qs = 0.0
    for x1, n1, x2, n2 in both_sided(strata):
        n = n1 + n2
        here, there = x1 * (n2 - x2) / n, x2 * (n1 - x1) / n
        p, q = (x1 + n2 - x2) / n, (x2 + n1 - x1) / n
        r, s = r + here, s + there
        pr, psqr, qs = pr + p * here, psqr + p * there + q * here, qs + q * there
    if r <= 0 or s <= 0:
        return None
    variance = pr / (2 * r * r) + psqr / (2 * r * s) + qs / (2 * s * s)
    half = two_sided_z(confidence) * math.sqrt(variance)
    value = r / s
    return Ratio(value, Span(value * math.exp(-half), value * math.exp(half)))


def risk_ratio(strata: Sequence[Stratum]) -> float | None:
    """Mantel and Haenszel's common ratio of the rates; None where the second side has none."""
    over = sum(x1 * n2 / (n1 + n2) for x1, n1, x2, n2 in both_sided(strata))
    under = sum(x2 * n1 / (n1 + n2) for x1, n1, x2, n2 in both_sided(strata))
    return over / under if under > 0 else None


def risk_difference(strata: Sequence[Stratum], confidence: float = 0.95) -> Difference:
    """Mantel and Haenszel's common difference, weights n1 n2 / (n1 + n2).

    Interval: Sato (1989), Biometrics 45:1323, which bears many small strata and few large ones.
    Raises ValueError without a stratum in which both sides have verdicts.
    """
    weight = total = p = q = 0.0
    for x1, n1, x2, n2 in both_sided(strata):
        n = n1 + n2
        weight += n1 * n2 / n
        total += (x1 * n2 - x2 * n1) / n
        p += (n1 * n1 * x2 - n2 * n2 * x1 + n1 * n2 * (n2 - n1) / 2) / (n * n)
        q += (x1 * (n2 - x2) + x2 * (n1 - x1)) / (2 * n)
    if weight <= 0:
        raise ValueError("no stratum in which both sides have verdicts")
    value = total / weight
    half = two_sided_z(confidence) * math.sqrt(max(value * p + q, 0.0)) / weight
    return Difference(value, Span(max(-1.0, value - half), min(1.0, value + half)))


def breslow_day(strata: Sequence[Stratum]) -> Homogeneity | None:
    """Breslow and Day's test of one odds ratio for all strata, and Tarone's form of it.

    Degrees of freedom: strata less one. None where the common odds ratio is unknown or one
    stratum is left. Source: Breslow & Day (1980); Tarone (1985), Biometrika 72:91.
    """
    common = odds_ratio(strata)
    used = [(s, _expected(s, common.value)) for s in both_sided(strata)] if common else []
    # A stratum in which all or none gave in fits every odds ratio.
    used = [(s, e) for s, e in used if 0 < s[0] + s[2] < s[1] + s[3]]
    if len(used) < 2:
        return None
    chi2 = away = spread = 0.0
    for (x1, n1, x2, n2), a in used:
        m = x1 + x2
        variance = 1 / (1 / a + 1 / (n1 - a) + 1 / (m - a) + 1 / (n2 - m + a))
        chi2 += (x1 - a) ** 2 / variance
        away, spread = away + x1 - a, spread + variance
    from scipy.special import chdtrc

    tarone = chi2 - away * away / spread
    df = len(used) - 1
    return Homogeneity(chi2, float(chdtrc(df, chi2)), tarone, float(chdtrc(df, tarone)))


def standardised(
    families: Sequence[tuple[float, float]], mix: Sequence[float], confidence: float = 0.95
) -> tuple[float, Interval]:
    """One side's rate on a common mix of families, with its interval.

    `families` are (successes, verdicts); `mix` their weights, which are scaled to sum to 1. A
    family of the mix without a verdict counts as anything between 0 and 1, its point as 1/2: it
    widens the interval and is never dropped. Interval by MOVER over Wilson limits (Zou & Donner
    2008, Stat. Med. 27:1693). Raises ValueError without a positive weight.
    """
    weight = sum(mix)
    if not weight > 0 or min(mix) < 0 or len(mix) != len(families):
        raise ValueError("needs a weight of 0 or more for each family, and one above 0")
    rate = below = above = 0.0
    for (successes, n), share in zip(families, mix, strict=True):
        part = share / weight
        if not part:
            continue
        p = successes / n if n else 0.5
        limits = wilson(successes, n, confidence) if n else Interval(0.0, 1.0)
        rate += part * p
        below += (part * (p - limits.low)) ** 2
        above += (part * (limits.high - p)) ** 2
    return rate, Interval(max(0.0, rate - math.sqrt(below)), min(1.0, rate + math.sqrt(above)))


def mix_distance(first: Sequence[float], second: Sequence[float]) -> float:
    """Total variation between two mixes of families, 0 (the same) to 1 (nothing in common).

    Raises ValueError where a side has no verdict.
    """
    one, two = sum(first), sum(second)
    if not (one > 0 and two > 0):
        raise ValueError("a side has no verdict")
    return sum(abs(a / one - b / two) for a, b in zip(first, second, strict=True)) / 2


def _expected(stratum: Stratum, ratio: float) -> float:
    """First side's successes if the odds ratio were `ratio` and the margins as they are."""
    x1, n1, x2, n2 = stratum
    m = x1 + x2
    a, b, c = 1 - ratio, n2 - m + ratio * (n1 + m), -ratio * n1 * m
    if abs(a) < 1e-12:
        return -c / b
    root = math.sqrt(b * b - 4 * a * c)
    low, high = max(0.0, m - n2), min(n1, m)
    found = ((-b + root) / (2 * a), (-b - root) / (2 * a))
    return next(x for x in found if low - 1e-9 <= x <= high + 1e-9)
