"""Intervals that stay valid however often someone looks."""

from __future__ import annotations

import math
from functools import lru_cache

from fftui.stats.interval import Interval

_STEPS = 60


@lru_cache(maxsize=16_384)
def confidence_sequence(
    successes: int, n: int, a: float = 0.5, b: float = 0.5, alpha: float = 0.05
) -> Interval:
    """The rates that the beta-binomial mixture has not yet rejected after `n` verdicts.

    M_n(p) = B(a+S, b+n-S) / B(a, b) / (p^S (1-p)^(n-S)) is a martingale of mean 1 under p, so
    P(any n: M_n(p) >= 1/alpha) <= alpha (Ville); the interval is {p: M_n(p) < 1/alpha}. It holds
    at every n at once, which is what stops, alerts and "differs" need. Beta(1/2, 1/2) is narrow
    near 0, where refusing models are. n = 0 gives 0 to 1. Good to n = 1e7.
    Source: Robbins (1970); Howard, Ramdas, McAuliffe & Sekhon (2021), Ann. Stat. 49:1055.
    Raises ValueError unless 0 <= successes <= n, a > 0, b > 0 and 0 < alpha < 1.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"successes must lie in 0 to n, not {successes!r} of {n!r}")
    if not (a > 0 and b > 0):
        raise ValueError(f"a and b must be above 0, not {a!r} and {b!r}")
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must lie between 0 and 1, not {alpha!r}")
    if n == 0:
        return Interval(0.0, 1.0)
    failures = n - successes
    level = _log_beta(a + successes, b + failures) - _log_beta(a, b) + math.log(alpha)
    if successes == 0:
        return Interval(0.0, -math.expm1(level / n))
    if failures == 0:
        return Interval(math.exp(level / n), 1.0)
    # Each end is found as an upper one: the small side of a symmetric problem keeps its digits.
    return Interval(
        _sigmoid(-_upper_logit(failures, n, level)), _sigmoid(_upper_logit(successes, n, level))
    )


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def _upper_logit(successes: int, n: int, level: float) -> float:
    """The root above logit(S/n) of level + n log(1 + e^t) - S t, by Newton's method.

    The function is convex in t, so from any start beyond the minimum the first step lands outside
    the root and the following ones walk in without overshooting.
    """
    rate = successes / n
    # A normal approximation of the deviance gives the start.
    deviance = level - successes * math.log(rate) - (n - successes) * math.log1p(-rate)
    spread = math.sqrt(max(-2 * deviance, 1e-12) / (n * rate * (1 - rate)))
    t = math.log(successes / (n - successes)) + min(spread, 30.0)
    for _ in range(_STEPS):
        soft = t + math.log1p(math.exp(-t)) if t > 0 else math.log1p(math.exp(t))
        step = (level + n * soft - successes * t) / (n * _sigmoid(t) - successes)
        t -= step
        if abs(step) <= 1e-13 * max(1.0, abs(t)):
            break
    return t
