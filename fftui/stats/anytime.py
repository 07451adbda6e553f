"""Intervals that stay valid however often someone looks."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache

from fftui.stats.interval import Interval
from fftui.stats.span import Span

_STEPS = 60
_OF_SHARE = 0.02
"""What the share of discordant pairs has of a paired sequence's alpha."""
_LARGEST = 690.0
"""Logarithm of the largest evidence that is told."""


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
    start = _before_any(a, b, alpha)
    if n == 0:
        return Interval(0.0, 1.0)
    failures = n - successes
    level = _log_beta(a + successes, b + failures) + start
    if successes == 0:
        return Interval(0.0, -math.expm1(level / n))
    if failures == 0:
        return Interval(math.exp(level / n), 1.0)
    rate = successes / n
    deviance = 2 * (successes * math.log(rate) + failures * math.log1p(-rate) - level)
    spread = math.sqrt(max(deviance, 1e-12) / (n * rate * (1 - rate)))
    # Each end is found as an upper one: the small side of a symmetric problem keeps its digits.
    return Interval(
        _sigmoid(-_upper_logit(failures, n, level, spread)),
        _sigmoid(_upper_logit(successes, n, level, spread)),
    )


@lru_cache(maxsize=64)
def _before_any(a: float, b: float, alpha: float) -> float:
    """What of the level is the same at every look: ln alpha - ln B(a, b)."""
    if not (a > 0 and b > 0):
        raise ValueError(f"a and b must be above 0, not {a!r} and {b!r}")
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must lie between 0 and 1, not {alpha!r}")
    return math.log(alpha) - _log_beta(a, b)


def log_mixture(successes: float, n: float, p: float, a: float, b: float) -> float:
    """ln M_n(p), the logarithm of the Beta(a, b) mixture against the rate `p`, 0 < p < 1.

    Above ln(1/alpha) the rate is rejected at level alpha. Source: as `confidence_sequence`.
    """
    failures = n - successes
    mixed = _log_beta(a + successes, b + failures) - _log_beta(a, b)
    return mixed - successes * math.log(p) - failures * math.log1p(-p)


@lru_cache(maxsize=16_384)
def finite_sequence(
    successes: int, n: int, population: int, a: float = 0.5, b: float = 0.5, alpha: float = 0.05
) -> tuple[int, int]:
    """How many of a corpus of `population` scenarios may be successes, fewest and most.

    After `n` were drawn in shuffled order without replacement, one attempt each. Holds at every n
    at once: {K: hypergeom(S; N, K, n) > alpha betabinom(S; n, a, b)}, the prior-posterior ratio
    martingale; n = N gives S alone. Never with repeats, nor where the order was not random.
    Source: Waudby-Smith & Ramdas (2020), arXiv 2006.04347.
    Raises ValueError unless 0 <= successes <= n <= population.
    """
    if not 0 <= successes <= n <= population:
        raise ValueError(
            f"needs 0 <= successes <= n <= population, not {successes!r}, {n!r}, {population!r}"
        )
    failures = n - successes
    if n == population:
        return successes, successes
    level = math.log(alpha) + _log_choose(n, successes)
    level += _log_beta(a + successes, b + failures) - _log_beta(a, b)
    # The binomial coefficient of the draw itself is in both sides.
    level += _log_choose(population, n)
    # So are these parts of the ways to draw, whatever is drawn from.
    level += math.lgamma(successes + 1) + math.lgamma(failures + 1)
    lgamma = math.lgamma

    def kept(k: int) -> bool:
        rest = population - k
        ways = lgamma(k + 1) - lgamma(k - successes + 1)
        ways += lgamma(rest + 1) - lgamma(rest - failures + 1)
        # Equal weights are rejected, as a rounding must not decide otherwise.
        return ways > level + 1e-12

    first, last = successes, population - failures
    middle = min(max(successes * (population + 1) // n if n else first, first), last)
    return _edge(kept, middle, first), _edge(kept, middle, last)


def paired_e_value(only_first: int, only_second: int) -> float:
    """Evidence that two sides differ, from the scenarios on which exactly one of them gave in.

    e = B(1/2 + n10, 1/2 + n01) / B(1/2, 1/2) 2^(n10 + n01). Where the sides are equal,
    P(e ever >= 1/alpha) <= alpha, so 20 is the mark at 5 % however often someone looks. It is
    never above 1e300. Source: Robbins (1970); Shafer (2021). Raises ValueError for counts below 0.
    """
    if only_first < 0 or only_second < 0:
        raise ValueError("discordant counts must be 0 or more")
    both = only_first + only_second
    log = _log_beta(0.5 + only_first, 0.5 + only_second) - _log_beta(0.5, 0.5)
    return math.exp(min(log + both * math.log(2), _LARGEST))


def paired_sequence(only_first: int, only_second: int, n: int, alpha: float = 0.05) -> Span:
    """Where the difference first minus second of `n` matched pairs lies, valid at every look.

    The difference is q (2 t - 1), with q the share of discordant pairs and t the share of those in
    which the first gave in. Each has a sequence of its own, at 2 % and 98 % of `alpha`, so that
    both hold together (Bonferroni); the limits are the extremes over both. It leaves 0 out exactly
    when `paired_e_value` reaches 1 / (0.98 alpha), hardly later than sides are said to differ at
    1 / alpha: a fair share for q would leave 0 inside for most that end there.
    Sources: those of `confidence_sequence`.
    Raises ValueError unless the counts are 0 or more and their sum at most `n`.
    """
    both = only_first + only_second
    if min(only_first, only_second) < 0 or both > n:
        raise ValueError(f"needs 0 or more discordant pairs among n, not {both!r} among {n!r}")
    share = confidence_sequence(both, n, alpha=_OF_SHARE * alpha)
    turn = confidence_sequence(only_first, both, alpha=(1 - _OF_SHARE) * alpha)
    low, high = 2 * turn.low - 1, 2 * turn.high - 1
    return Span(min(share.low * low, share.high * low), max(share.low * high, share.high * high))


def two_by_two_e_value(first: Sequence[int], second: Sequence[int], prior: float = 0.18) -> float:
    """Evidence that two independent sides differ, from their verdicts (0 or 1) in order.

    Block i is the i-th verdict of each side; what is longer waits for its partner. Each block's
    likelihood under rates estimated from earlier blocks is divided by that of one common rate.
    Valid at every look: `paired_e_value`. Source: Turner, Ly & Gruenwald (2024), J. Stat. Plan.
    Inference, arXiv 2106.02693, with their prior of 0.18.
    """
    log, ones, twos, seen = 0.0, 0, 0, 0
    for x, y in zip(first, second, strict=False):
        p = (ones + prior) / (seen + 2 * prior)
        q = (twos + prior) / (seen + 2 * prior)
        common = (p + q) / 2
        for verdict, rate in ((x, p), (y, q)):
            log += math.log((rate if verdict else 1 - rate) / (common if verdict else 1 - common))
        ones, twos, seen = ones + x, twos + y, seen + 1
    return math.exp(min(log, _LARGEST))


def _edge(kept: Callable[[int], bool], inside: int, end: int) -> int:
    """The last kept number from `inside` towards `end`; what is kept is one stretch."""
    if kept(end):
        return end
    while abs(end - inside) > 1:
        middle = (inside + end) // 2
        inside, end = (middle, end) if kept(middle) else (inside, middle)
    return inside


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def _upper_logit(successes: int, n: int, level: float, spread: float) -> float:
    """The root above logit(S/n) of level + n log(1 + e^t) - S t, by Newton's method.

    The function is convex in t, so from any start beyond the minimum the first step lands outside
    the root and the following ones walk in without overshooting. `spread` is how far the root would
    lie off if the function were a parabola.
    """
    rate = successes / n
    # Its third and fourth derivative, by which the series of the root goes on.
    skew, bend = (1 - 2 * rate) / 6, (1 - 6 * rate * (1 - rate)) / 24
    away = spread * (1 - spread * (skew - spread * (2.5 * skew * skew - bend)))
    # Far out the series leaves the root, which for a positive skew lies below the parabola's.
    away = min(away, spread, 30.0) if skew > 0 else min(away, 30.0)
    t = math.log(successes / (n - successes)) + away
    # Each step squares the error that is left, relative to the way from the minimum to the root.
    enough = 1e-7 * away
    for _ in range(_STEPS):
        # Of e^t or e^-t, whichever is small, follow both log(1 + e^t) and its slope.
        if t > 0:
            small = math.exp(-t)
            soft, slope = t + math.log1p(small), 1 / (1 + small)
        else:
            small = math.exp(t)
            soft, slope = math.log1p(small), small / (1 + small)
        step = (level + n * soft - successes * t) / (n * slope - successes)
        t -= step
        if -enough <= step <= enough:
            break
    return t
