"""How often a table of pairs says something false of a difference's size, by simulation:
`benchmarks.coverage` prints it.

Every pair truly differs by just over a whole number of points, where a limit is missed most
easily. The pairs are independent, so that N of them are all right in (1 - p)^N of the tables.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from fftui.stats.anytime import paired_sequence
from fftui.stats.paired import newcombe_paired

ALPHA = 0.05
TABLES = (1, 5, 20)
"""Pairs in a table."""
_ABOVE = 1e-4
"""By how much the difference is larger than the whole number of points."""
_MARGIN, _FAR = 0.05, 0.3
"""True differences, less that."""

Counts = np.ndarray


def wrong_tables(pairs: int = 20_000, n: int = 800) -> Iterable[list[object]]:
    """(claim, pairs in the table, each at 5 % by itself, sharing the 5 %)."""
    chance = np.random.default_rng(7)
    cells = (0.1, 0.02 + _MARGIN + _ABOVE, 0.02, 0.88 - _MARGIN - _ABOVE)
    ended = chance.multinomial(n, cells, size=pairs)
    # Each scenario tells them apart: the sequence is narrowest for its chance to miss.
    watched = (chance.random((pairs // 5, n)) < (1 + _FAR + _ABOVE) / 2).cumsum(axis=1)
    for count in TABLES:
        found = (_ended(ended, alpha) for alpha in (ALPHA, ALPHA / count))
        yield ["ended: equivalent, or a size excluded", str(count), *_tables(found, count)]
    for count in TABLES:
        found = (_watched(watched, alpha) for alpha in (ALPHA, ALPHA / count))
        yield ["open, at some look: a size excluded", str(count), *_tables(found, count)]


def _tables(pairs: Iterable[float], count: int) -> list[float]:
    return [1 - (1 - share) ** count for share in pairs]


def _ended(seen: Counts, alpha: float) -> float:
    """The share of pairs that are called equivalent, or less apart than they are."""
    wrong = 0
    for both, first, second, neither in seen.tolist():
        test = newcombe_paired(both, first, second, neither, confidence=1 - 2 * alpha)
        most = newcombe_paired(both, first, second, neither, confidence=1 - alpha)
        wrong += max(-test.low, test.high) < _MARGIN or max(-most.low, most.high) <= _MARGIN
    return wrong / len(seen)


def _watched(seen: Counts, alpha: float) -> float:
    """The share of pairs of which less than the true difference is excluded after some scenario."""
    least = [_least(n, alpha) for n in range(1, seen.shape[1] + 1)]
    return float((seen < np.array(least)).any(axis=1).mean())


def _least(n: int, alpha: float) -> int:
    """The fewest of `n` that speak for the first with which the difference is not excluded."""
    return next(k for k in range(n + 1) if paired_sequence(k, n - k, n, alpha).high > _FAR)
