"""What the rollups count outcomes and verdicts in: a row has a column for each class, or label.

So what a look at a run reads of a target is as much after five verdicts as after five million.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from fftui.domain.labels import RATED, Label, Tier
from fftui.domain.outcomes import OutcomeClass


def _tiers(label: Label) -> int:
    return sum(label in tier.successes for tier in Tier)


KINDS = tuple(OutcomeClass)
"""The order of the columns of outcomes."""
LABELS = tuple(sorted(Label, key=lambda label: (-_tiers(label), label not in RATED)))
"""The order of the columns of verdicts: successes of each tier, of wider ones only, what else is
in a rate, and what is in none. Unusable replies of a grader stand behind them."""
ANSWERED, EMPTY, INPUT_FILTER, OUTPUT_FILTER = (
    KINDS.index(kind)
    for kind in (
        OutcomeClass.ANSWERED,
        OutcomeClass.EMPTY,
        OutcomeClass.INPUT_FILTER,
        OutcomeClass.OUTPUT_FILTER,
    )
)
REFUSAL = LABELS.index(Label.REFUSAL)
"""Places among them: what is asked for by name in each look."""
N, SETTLED, FIRST, CUT = 0, 1, 2, 3
"""What is counted of each class or label, from its place on: see `PARTS`."""
PARTS = ("", "_settled", "_first", "_cut")
"""All rows; those in the target's settled prefix; of these the first repeats; all whose answer was
cut. The ends of the columns' names."""


def _names(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"{word}{part}" for word in words for part in PARTS)


def _places(words: Sequence[str]) -> dict[str, int]:
    return {word: place * len(PARTS) for place, word in enumerate(words)}


OUTCOMES = {kind.value: kind.value for kind in KINDS}
"""Columns of `rollup_outcome` and `total_outcome` by the class that they count."""
VERDICTS = {**{label.value: label.value.lower() for label in LABELS}, "": "unusable"}
"""Columns of `rollup_verdict` and `total_verdict` by label; `''` stands for unusable."""
OUTCOME_COLUMNS, VERDICT_COLUMNS = _names(OUTCOMES.values()), _names(VERDICTS.values())
"""All of them in their order."""
OUTCOME_AT, VERDICT_AT = _places(tuple(OUTCOMES)), _places(tuple(VERDICTS))
"""Where those of a class or label begin."""


def packed(columns: Mapping[str, str]) -> str:
    """SQL: the amounts of a row as four arrays, part by part."""
    arrays = (", ".join(f"{name}{part}" for name in columns.values()) for part in PARTS)
    return ", ".join(f"json_array({array})" for array in arrays)


def spread(columns: Mapping[str, str], by: str) -> str:
    """SQL: the columns of a rollup from grouped rows `(…, by, n, settled, first, cut)`."""
    return ", ".join(
        f"sum(iif({by} = '{word}', {of}, 0)) AS {name}{part}"
        for word, name in columns.items()
        for of, part in zip(("n", "settled", "first", "cut"), PARTS, strict=True)
    )


def unpacked(columns: Mapping[str, str], table: str, key: str) -> str:
    """SQL: the rows `(key, word, n, settled, first, cut)` that a rollup stands for."""
    each = (
        f"SELECT {key}, '{word}' AS word, {name} AS n, {name}_settled AS settled,"
        f" {name}_first AS first, {name}_cut AS cut FROM {table}"
        for word, name in columns.items()
    )
    rows = " UNION ALL ".join(each)
    return f"(SELECT * FROM ({rows}) WHERE n OR settled OR first OR cut)"
