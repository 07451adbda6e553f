"""Many statements at once: p-values and e-values that allow for it."""

from __future__ import annotations

from collections.abc import Sequence


def holm(p: Sequence[float]) -> list[float]:
    """Adjusted p-values, in the order given: below alpha, no statement of them all is wrong more
    often than alpha. Source: Holm (1979), Scand. J. Stat. 6:65."""
    count = len(p)
    adjusted, running = [0.0] * count, 0.0
    for rank, place in enumerate(sorted(range(count), key=p.__getitem__)):
        running = max(running, min(1.0, (count - rank) * p[place]))
        adjusted[place] = running
    return adjusted


def benjamini_hochberg(p: Sequence[float]) -> list[float]:
    """Adjusted p-values, in the order given: of the statements below alpha a share of alpha is
    wrong on average. For exploring. Source: Benjamini & Hochberg (1995), JRSS B 57:289."""
    count = len(p)
    adjusted, running = [0.0] * count, 1.0
    for rank, place in enumerate(sorted(range(count), key=p.__getitem__, reverse=True)):
        running = min(running, p[place] * count / (count - rank))
        adjusted[place] = running
    return adjusted


def e_benjamini_hochberg(e: Sequence[float], alpha: float = 0.05) -> list[bool]:
    """Which statements stand, in the order given, at a false discovery rate of `alpha`.

    The k largest e-values stand where the k-th is at least count / (k alpha); holds under any
    dependence, and at any look. Source: Wang & Ramdas (2022), JRSS B 84:822.
    """
    count = len(e)
    order = sorted(range(count), key=e.__getitem__, reverse=True)
    last = max(
        (k for k, place in enumerate(order, 1) if e[place] >= count / (k * alpha)), default=0
    )
    stands = [False] * count
    for place in order[:last]:
        stands[place] = True
    return stands
