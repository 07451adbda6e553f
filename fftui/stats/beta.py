"""The beta distribution with `math` alone: what is shown at every tick must not wait for scipy."""

from __future__ import annotations

import math
from functools import lru_cache

_TINY = 1e-300
_MOST_TERMS = 10_000
_MOST_STEPS = 200


def cdf(x: float, a: float, b: float) -> float:
    """Probability that a Beta(a, b) variable is at most `x` (0 to 1), for a and b above 0.

    By the continued fraction of DLMF 8.17.22 in Lentz's form, on the side where it is short.
    """
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    if x > (a + 1) / (a + b + 2):
        return 1.0 - cdf(1 - x, b, a)
    front = math.exp(_log_density(x, a, b) + math.log(x) + math.log1p(-x)) / a
    return min(1.0, front / _fraction(x, a, b))


def _fraction(x: float, a: float, b: float) -> float:
    c, d = 1.0, 1.0
    d = 1.0 / _away(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, _MOST_TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d, c = 1.0 / _away(1 + even * d), _away(1 + even / c)
        value *= c * d
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d, c = 1.0 / _away(1 + odd * d), _away(1 + odd / c)
        step = c * d
        value *= step
        if abs(step - 1) < 1e-15:
            break
    return 1.0 / value


def _away(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


def _log_density(x: float, a: float, b: float) -> float:
    whole = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    return whole + (a - 1) * math.log(x) + (b - 1) * math.log1p(-x)


@lru_cache(maxsize=4096)
def quantile(p: float, a: float, b: float) -> float:
    """The x with `cdf(x, a, b) == p`, for 0 < p < 1: Newton's steps, halving where one leaves.

    Raises ValueError for arguments outside these ranges.
    """
    if not (0 < p < 1 and a > 0 and b > 0):
        raise ValueError(f"needs 0 < p < 1 and a, b > 0, not {p!r}, {a!r}, {b!r}")
    low, high = 0.0, 1.0
    x = a / (a + b)
    for _ in range(_MOST_STEPS):
        off = cdf(x, a, b) - p
        if off > 0:
            high = x
        else:
            low = x
        density = math.exp(_log_density(x, a, b)) if 0 < x < 1 else 0.0
        new = x - off / density if density else high
        if not low < new < high:
            new = (low + high) / 2
        if abs(new - x) <= 1e-15 * max(x, 1e-12):
            return new
        x = new
    return x
