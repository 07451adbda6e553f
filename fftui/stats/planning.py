"""How many more verdicts a wanted precision takes."""

from __future__ import annotations

import math
from dataclasses import dataclass

from fftui.stats.interval import Interval
from fftui.stats.normal import two_sided_z
from fftui.stats.proportion import wilson


@dataclass(frozen=True, slots=True)
class Needed:
    """Verdicts still to come, 0 or more: as expected now, and the plausible range around it."""

    expected: int
    low: int
    high: int


def sample_size(rate: float, width: float, confidence: float = 0.95) -> float:
    """The n at which Wilson's interval round an observed `rate` is just `width` wide.

    With h = width/2: n = z^2 [pq - 2h^2 + sqrt(p^2 q^2 + h^2 (1-2p)^2)] / (2h^2), Wilson's
    half-width solved for n. Raises ValueError unless 0 <= rate <= 1 and 0 < width <= 1.
    """
    if not 0 <= rate <= 1:
        raise ValueError(f"rate must lie in 0 to 1, not {rate!r}")
    if not 0 < width <= 1:
        raise ValueError(f"width must be above 0 and at most 1, not {width!r}")
    z = two_sided_z(confidence)
    h = width / 2
    pq = rate * (1 - rate)
    root = math.sqrt(pq * pq + h * h * (1 - 2 * rate) ** 2)
    return max(0.0, z * z * (pq - 2 * h * h + root) / (2 * h * h))


def needed_for_width(successes: float, n: float, width: float, confidence: float = 0.95) -> Needed:
    """Verdicts still needed until Wilson's interval is at most `width` wide.

    Expected at p~ = (S+2)/(n+4), which is not fooled by a first run of refusals as S/n is; the
    range is the least and the most over Wilson's interval as it stands (all of 0 to 1 at n = 0).
    All zero once the interval is narrow enough. Raises ValueError unless 0 <= successes <= n and
    0 < width <= 1.
    """
    if not (n >= 0 and 0 <= successes <= n):
        raise ValueError(f"successes must lie in 0 to n, not {successes!r} of {n!r}")
    now = wilson(successes, n, confidence) if n > 0 else Interval(0.0, 1.0)
    shrunk = (successes + 2) / (n + 4)
    # The size grows towards a rate of one half, so the extremes are an end and the inmost point.
    inmost = min(max(0.5, now.low), now.high)
    sizes = [sample_size(rate, width, confidence) for rate in (now.low, now.high, inmost, shrunk)]
    if now.width <= width:
        return Needed(0, 0, 0)
    # The slack keeps an n that is met exactly from being rounded up by the last bit.
    remaining = [max(1, math.ceil(size - n - 1e-9)) for size in sizes]
    return Needed(remaining[3], min(remaining), max(remaining))
