"""Round numbers for the end of a scale, so that it stays put while what it holds grows."""

from __future__ import annotations


def round_up(n: int, least: int = 1) -> int:
    """The smallest of 1, 2 and 5 times a power of ten that is at least `n` and `least`."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if step * factor >= max(n, least):
                return step * factor
        step *= 10
