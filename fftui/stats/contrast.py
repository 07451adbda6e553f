"""Two independent rates side by side: difference, ratio, and how sure one can be that they differ.

Everywhere the first side is `x1` of `n1`, the second `x2` of `n2`; a difference is first minus
second, -1 to 1. All of it is for one look at a fixed n; see `anytime` for looking again and again.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from fftui.stats.normal import two_sided_z
from fftui.stats.proportion import wilson
from fftui.stats.span import Span

BOSCHLOO_MOST = 150
"""Verdicts a side up to which Boschloo's test is quick enough to be waited for."""


def difference(x1: float, n1: float, x2: float, n2: float) -> float:
    """The plain difference of the rates. Raises ValueError where a side has no verdict."""
    _check(x1, n1, x2, n2)
    return x1 / n1 - x2 / n2


def newcombe(x1: float, n1: float, x2: float, n2: float, confidence: float = 0.95) -> Span:
    """Hybrid score interval of the difference, from the two Wilson intervals; the default.

    Source: Newcombe (1998), Stat. Med. 17:873, method 10. Raises ValueError as `difference`.
    """
    d = difference(x1, n1, x2, n2)
    one, two = wilson(x1, n1, confidence), wilson(x2, n2, confidence)
    p1, p2 = x1 / n1, x2 / n2
    return Span(
        d - math.hypot(p1 - one.low, two.high - p2), d + math.hypot(one.high - p1, p2 - two.low)
    )


def miettinen_nurminen(x1: int, n1: int, x2: int, n2: int, confidence: float = 0.95) -> Span:
    """Score interval of the difference: every d that the score test does not reject.

    Source: Miettinen & Nurminen (1985), Stat. Med. 4:213. Raises ValueError as `difference`.
    """
    d = difference(x1, n1, x2, n2)
    z = two_sided_z(confidence)

    def beyond(delta: float) -> float:
        return _score(x1, n1, x2, n2, delta, n2, corrected=True) - z

    def below(delta: float) -> float:
        return _score(x1, n1, x2, n2, delta, n2, corrected=True) + z

    return Span(_root(beyond, -1.0, d), _root(below, d, 1.0))


def tost_p(x1: int, n1: int, x2: int, n2: int, margin: float) -> float:
    """p of two one-sided score tests: small where the rates differ by less than `margin`.

    Score variance without Miettinen & Nurminen's factor (Farrington & Manning 1990, Stat. Med.
    9:1447). Only for sides that are closed: peeked at, it is wrong in a quarter of cases. Raises
    ValueError unless 0 < margin < 1, and as `difference`.
    """
    return _tost(x1, n1, x2, n2, margin, n2)


def tost_p_statsmodels(x1: int, n1: int, x2: int, n2: int, margin: float) -> float:
    """What statsmodels 0.15 gives for `tost_p`, to check against; nothing is decided by it.

    Its restricted estimate takes x2 for n2 in one term of the cubic, so the rates it tests with
    are not quite the likeliest ones: p differs by up to 0.001. Raises ValueError as `tost_p`.
    """
    return _tost(x1, n1, x2, n2, margin, x2)


def _tost(x1: int, n1: int, x2: int, n2: int, margin: float, term: int) -> float:
    difference(x1, n1, x2, n2)
    if not 0 < margin < 1:
        raise ValueError(f"margin must lie between 0 and 1, not {margin!r}")
    above = _score(x1, n1, x2, n2, -margin, term, corrected=False)
    under = _score(x1, n1, x2, n2, margin, term, corrected=False)
    return max(_upper(above), _upper(-under))


def fisher_p(x1: int, n1: int, x2: int, n2: int) -> float:
    """Two-sided exact p of Fisher's test. Raises ValueError as `difference`."""
    difference(x1, n1, x2, n2)
    from scipy.stats import fisher_exact

    return float(fisher_exact([[x1, n1 - x1], [x2, n2 - x2]])[1])


def boschloo_p(x1: int, n1: int, x2: int, n2: int) -> float:
    """Two-sided exact p of Boschloo's test, uniformly more powerful than Fisher's and slow.

    Beyond `BOSCHLOO_MOST` verdicts a side use `fisher_p`. Source: Boschloo (1970), Stat. Neerl.
    24:1. Raises ValueError as `difference`.
    """
    difference(x1, n1, x2, n2)
    from scipy.stats import boschloo_exact

    return float(boschloo_exact([[x1, x2], [n1 - x1, n2 - x2]]).pvalue)


def katz_ratio(x1: float, n1: float, x2: float, n2: float, confidence: float = 0.95) -> Span:
    """Interval of the ratio p1/p2 on the logarithmic scale.

    Source: Katz et al. (1978), Biometrics 34:469. Raises ValueError where a side has no success.
    """
    difference(x1, n1, x2, n2)
    if not (x1 > 0 and x2 > 0):
        raise ValueError("a ratio on the logarithmic scale needs a success on each side")
    log = math.log(x1 / n1) - math.log(x2 / n2)
    half = two_sided_z(confidence) * math.sqrt(1 / x1 - 1 / n1 + 1 / x2 - 1 / n2)
    return Span(math.exp(log - half), math.exp(log + half))


def koopman_ratio(x1: int, n1: int, x2: int, n2: int, confidence: float = 0.95) -> Span:
    """Score interval of the ratio p1/p2, 0 to infinity; works where a side has no success.

    Source: Koopman (1984), Biometrics 40:513. Raises ValueError as `difference`.
    """
    difference(x1, n1, x2, n2)
    if x1 == x2 == 0:
        return Span(0.0, math.inf)
    limit = two_sided_z(confidence) ** 2

    def statistic(log_ratio: float) -> float:
        ratio = math.exp(log_ratio)
        a, c = (n1 + n2) * ratio, x1 + x2
        b = -(n1 * ratio + x1 + n2 + x2 * ratio)
        p2 = 2 * c / (math.sqrt(max(b * b - 4 * a * c, 0.0)) - b)
        p1 = p2 * ratio
        parts = ((x1, n1, p1), (x2, n2, p2))
        return sum(_chi(x, n, min(max(p, 0.0), 1.0)) for x, n, p in parts) - limit

    # Where a side has no success the estimate lies at an end, and so does one limit.
    middle = math.log(x1 / n1) - math.log(x2 / n2) if x1 and x2 else (-_FAR if not x1 else _FAR)
    low = 0.0 if not x1 else math.exp(_root(statistic, -_FAR, middle))
    high = math.inf if not x2 else math.exp(_root(statistic, middle, _FAR))
    return Span(low, high)


_FAR = 60.0
"""Logarithm of a ratio that no counts come near."""


def _chi(x: float, n: float, p: float) -> float:
    spread = n * p * (1 - p)
    away = (x - n * p) ** 2
    return away / spread if spread > 0 else (0.0 if away < 1e-18 else math.inf)


def _score(
    x1: int, n1: int, x2: int, n2: int, delta: float, term: int, *, corrected: bool
) -> float:
    """The score statistic of d = delta; above 0 where the observed difference is larger."""
    d = x1 / n1 - x2 / n2
    p1, p2 = _restricted(x1, n1, x2, n2, delta, term)
    variance = p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2
    if corrected:
        variance *= (n1 + n2) / (n1 + n2 - 1)
    if variance <= 1e-300:
        return 0.0 if abs(d - delta) < 1e-15 else math.copysign(math.inf, d - delta)
    return (d - delta) / math.sqrt(variance)


def _restricted(x1: int, n1: int, x2: int, n2: int, delta: float, term: int) -> tuple[float, float]:
    """The likeliest rates whose difference is `delta`: the middle root of a cubic; `term` is n2."""
    total, x = n1 + n2, x1 + x2
    c2 = ((total + n2) * delta - total - x) / total
    c1 = ((term * delta - total - 2 * x2) * delta + x) / total
    c0 = x2 * delta * (1 - delta) / total
    q = (c2 / 3) ** 3 - c1 * c2 / 6 + c0 / 2
    p = math.copysign(math.sqrt(max((c2 / 3) ** 2 - c1 / 3, 0.0)), q)
    turn = min(1.0, max(-1.0, q / p**3)) if p else 0.0
    angle = (math.pi + math.acos(turn)) / 3
    second = 2 * p * math.cos(angle) - c2 / 3
    second = min(max(second, 0.0, -delta), 1.0, 1.0 - delta)
    return min(max(second + delta, 0.0), 1.0), second


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    """Where the function changes its sign; the end it is nearer to where it does not."""
    from scipy.optimize import brentq

    at_low, at_high = function(low + 1e-15), function(high - 1e-15)
    if at_low * at_high > 0:
        return low if abs(at_low) < abs(at_high) else high
    found = float(brentq(function, low + 1e-15, high - 1e-15, xtol=1e-13, rtol=1e-14))
    return next((end for end in (low, high) if abs(end - found) < 1e-14), found)


def _upper(z: float) -> float:
    return 0.5 * math.erfc(z / math.sqrt(2))


def _check(x1: float, n1: float, x2: float, n2: float) -> None:
    for x, n in ((x1, n1), (x2, n2)):
        if not (n > 0 and 0 <= x <= n):
            raise ValueError(f"needs 0 <= x <= n and n > 0 on both sides, not {x!r} of {n!r}")
