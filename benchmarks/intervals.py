"""What one tick of 200 targets costs in intervals, all of them new.

    python benchmarks/intervals.py

Three tiers each: Wilson, the confidence sequence and the worst-case bounds. Nothing is taken from a
cache. The median of 20 ticks is printed, with the cost of the slowest one.
"""

from __future__ import annotations

import random
import statistics
import time

from fftui.stats.anytime import confidence_sequence
from fftui.stats.proportion import excluded_bounds, wilson

TARGETS, TIERS, TICKS = 200, 3, 20
GOAL_MS = 10.0


def tick(chance: random.Random) -> float:
    """Milliseconds for one tick of counts that nobody has asked for before."""
    counts = []
    for _ in range(TARGETS * TIERS):
        n = chance.randint(1, 20_000)
        counts.append((chance.randint(0, n), n, chance.randint(0, 50)))
    confidence_sequence.cache_clear()
    begin = time.perf_counter()
    for s, n, e in counts:
        wilson(s, n)
        confidence_sequence(s, n)
        excluded_bounds(s, n, e)
    return (time.perf_counter() - begin) * 1000


def main() -> None:
    """Print the cost."""
    chance = random.Random(1)
    took = [tick(chance) for _ in range(TICKS)]
    print(
        f"{TARGETS} targets x {TIERS} tiers: median {statistics.median(took):.1f} ms,"
        f" slowest {max(took):.1f} ms, goal {GOAL_MS:.0f} ms"
    )


if __name__ == "__main__":
    main()
