"""How far two or more people, or a judge and people, say the same."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from msgspec import Struct

from fftui.stats.interval import Interval
from fftui.stats.normal import two_sided_z
from fftui.stats.proportion import wilson
from fftui.stats.span import Span

Levels = Callable[[int, int], float]


class Kappa(Struct, frozen=True):
    """Agreement beyond chance, with its interval."""

    value: float
    se: float
    span: Span
    """May reach beyond 1; screens cut it off."""


class Row(Struct, frozen=True):
    """What one rater said where the other said `label`."""

    label: int
    n: int
    agreed: int
    interval: Interval | None
    """Of the share agreed; None where n is 0."""


def raw_agreement(table: Sequence[Sequence[float]]) -> float:
    """Share of items that both raters put into the same class; rows one, columns the other.

    Raises ValueError for a table without items.
    """
    return sum(table[i][i] for i in range(len(table))) / _total(table)


def positive_agreement(both: float, only_first: float, only_second: float) -> float | None:
    """Of all *yes* of both raters, the share that the other joined in; None without any.

    The one to look at where *yes* is rare. Source: Feinstein & Cicchetti (1990), J. Clin.
    Epidemiol. 43:551.
    """
    said = 2 * both + only_first + only_second
    return 2 * both / said if said else None


def cohen(table: Sequence[Sequence[float]], confidence: float = 0.95) -> Kappa | None:
    """Cohen's kappa of a square table; None where chance alone explains everything.

    Standard error of Fleiss, Cohen & Everitt (1969), Psychol. Bull. 72:323. Where one class is
    rare, kappa is low however well people agree: show `gwet` beside it.
    """
    n = _total(table)
    k = range(len(table))
    rows = [sum(table[i]) / n for i in k]
    columns = [sum(table[i][j] for i in k) / n for j in k]
    observed = sum(table[i][i] for i in k) / n
    chance = sum(rows[i] * columns[i] for i in k)
    if chance >= 1:
        return None
    value = (observed - chance) / (1 - chance)
    a = sum(table[i][i] / n * (1 - (rows[i] + columns[i]) * (1 - value)) ** 2 for i in k)
    b = (1 - value) ** 2 * sum(
        table[i][j] / n * (columns[i] + rows[j]) ** 2 for i in k for j in k if i != j
    )
    c = (value - chance * (1 - value)) ** 2
    se = math.sqrt(max(a + b - c, 0.0) / n) / (1 - chance)
    half = two_sided_z(confidence) * se
    return Kappa(value, se, Span(value - half, value + half))


def gwet(table: Sequence[Sequence[float]]) -> float:
    """Gwet's AC1: chance agreement from the mean shares, so that a rare class does not sink it.

    Over the classes that either has used; 1 where that is one, since two who know no other cannot
    but agree. Source: Gwet (2008), Br. J. Math. Stat. Psychol. 61:29. Raises ValueError without
    items.
    """
    n, k = _total(table), range(len(table))
    shares = [(sum(table[i]) + sum(table[j][i] for j in k)) / (2 * n) for i in k]
    used = sum(p > 0 for p in shares)
    if used == 1:
        return 1.0
    chance = sum(p * (1 - p) for p in shares) / (used - 1)
    return (raw_agreement(table) - chance) / (1 - chance)


def confusion(table: Sequence[Sequence[int]], confidence: float = 0.95) -> list[Row]:
    """For each class of the row rater, how often the column rater said the same."""
    found = []
    for label, row in enumerate(table):
        n = sum(row)
        limits = wilson(row[label], n, confidence) if n else None
        found.append(Row(label, n, row[label], limits))
    return found


def krippendorff(ratings: Sequence[Sequence[int | None]], level: str = "nominal") -> float | None:
    """Krippendorff's alpha of any number of raters (rows) over items (columns); None: not rated.

    `level`: nominal, ordinal (classes in the order of their numbers) or interval. None where no
    item has two ratings or all ratings are the same. Source: Krippendorff (2011), Computing
    Krippendorff's alpha-reliability. Raises ValueError for another level.
    """
    values = sorted({r for row in ratings for r in row if r is not None})
    place = {value: i for i, value in enumerate(values)}
    size = range(len(values))
    pairs = [[0.0 for _ in values] for _ in values]
    for item in zip(*ratings, strict=True):
        given = [place[r] for r in item if r is not None]
        if len(given) < 2:
            continue
        for i, first in enumerate(given):
            for j, second in enumerate(given):
                if i != j:
                    pairs[first][second] += 1 / (len(given) - 1)
    margins = [sum(row) for row in pairs]
    n = sum(margins)
    distance = _distance(level, values, margins)
    expected = sum(margins[a] * margins[b] * distance(a, b) for a in size for b in size)
    if n < 2 or expected == 0:
        return None
    observed = sum(pairs[a][b] * distance(a, b) for a in size for b in size)
    return 1 - (n - 1) * observed / expected


def _distance(level: str, values: Sequence[int], margins: Sequence[float]) -> Levels:
    def ordinal(a: int, b: int) -> float:
        low, high = min(a, b), max(a, b)
        between = sum(margins[low : high + 1]) - (margins[low] + margins[high]) / 2
        return between**2 if low != high else 0.0

    kinds: dict[str, Levels] = {
        "nominal": lambda a, b: float(a != b),
        "ordinal": ordinal,
        "interval": lambda a, b: float(values[a] - values[b]) ** 2,
    }
    if level not in kinds:
        raise ValueError(f"level {level!r}; allowed: {', '.join(kinds)}")
    return kinds[level]


def _total(table: Sequence[Sequence[float]]) -> float:
    n = sum(map(sum, table))
    if n <= 0:
        raise ValueError("the table has no items")
    return n
