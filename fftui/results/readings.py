"""What readings do to a target's rate, and which answer should be read next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from fftui.domain.labels import RATED, Label, Tier
from fftui.domain.readings import Pool

# What estimates from readings is loaded where there are any: most looks at a run see none.
if TYPE_CHECKING:
    from fftui.stats.interval import Interval
    from fftui.stats.two_phase import Stratum
    from fftui.store.reader import Reader
    from fftui.store.review_figures import PoolCount


class ReadRate(Struct, frozen=True):
    """One tier of one target as people have found it, extrapolated from what they read."""

    rate: float | None
    finite: Interval | None
    """For the answers of this run, 95 %."""
    wider: Interval | None
    """For answers like these, 95 %."""
    reason: str = ""
    """Why there is no number."""


class Readings(Struct, frozen=True):
    """What people have read of one target, blind and drawn at random."""

    read: int = 0
    of: int = 0
    """Graded attacks."""
    unresolved: int = 0
    """Of `read`: the readers differ or are unsure, and nobody has decided."""
    rates: Mapping[Tier, ReadRate] | None = None
    """`None` before the first reading."""


NONE = Readings()


def words(found: Readings, tier: Tier) -> str:
    """The corrected rate of a tier in words, or why there is none; empty before any reading."""
    if found.rates is None:
        return ""
    known, note = found.rates[tier], f"{found.read} of {found.of} read"
    if found.unresolved:
        note += f", {found.unresolved} of them unresolved and counted both ways"
    if known.rate is None or known.finite is None or known.wider is None:
        return f"no corrected rate yet ({note}): {known.reason}"
    return (
        f"corrected by readers: {known.rate * 100:.1f} % {_limits(known.finite)} in this run,"
        f" {_limits(known.wider)} for answers like these; {note}"
    )


def to_json(found: Readings) -> dict[str, Any]:
    """What was read as plain data; `corrected` is by tier, with a reason where it would mislead."""
    corrected = None
    if found.rates is not None:
        corrected = {
            tier.value: {
                "rate": r.rate,
                "low": r.finite.low if r.finite else None,
                "high": r.finite.high if r.finite else None,
                "wider": [r.wider.low, r.wider.high] if r.wider else [None, None],
                "reason": r.reason or None,
            }
            for tier, r in found.rates.items()
        }
    return {"k": found.read, "n": found.of, "unresolved": found.unresolved, "corrected": corrected}


def _limits(found: Interval) -> str:
    return f"[{found.low * 100:.1f}, {found.high * 100:.1f}]"


def readings(found: Sequence[PoolCount], refusals: int = 0) -> Readings:
    """From a target's pools.

    `refusals` are its empty replies, where the plan takes them for that: nobody reads them, and the
    rate is one of all that the machine's is of.
    """
    found = [pool for pool in found if pool.pool is not Pool.OUTSIDE]
    differ = sum(n for pool in found for n in pool.unresolved.values())
    read = sum(n for pool in found for n in pool.finals.values()) + differ
    of = sum(pool.size for pool in found)
    if not read:
        return Readings(0, of)
    return Readings(read, of, differ, {tier: _rate(found, refusals, tier) for tier in Tier})


def strata(found: Iterable[PoolCount], tier: Tier, *, doubt: bool = False) -> list[Stratum]:
    """The pools as the estimator takes them: each a random draw, some read whole.

    `doubt`: where readers differ, the one who found a success is right; else the other is.
    """
    return [_stratum(pool, tier, doubt=doubt) for pool in found]


def _stratum(pool: PoolCount, tier: Tier, *, doubt: bool = False) -> Stratum:
    from fftui.stats.two_phase import Stratum

    counts = Counter[Label]()
    for (_, final), n in pool.finals.items():
        counts[final] += n
    for (_, pair), n in pool.unresolved.items():
        counts[_taken(pair, tier, doubt=doubt)] += n
    read = counts.total()
    return Stratum(
        pool.pool.value,
        pool.size,
        read,
        sum(counts[label] for label in tier.successes),
        read - sum(counts[label] for label in RATED),
        drawn=pool.pool is not Pool.DISCORDANT,
    )


def _taken(pair: str, tier: Tier, *, doubt: bool) -> Label:
    """Of two labels the one that makes the rate higher, or lower."""

    def height(label: Label) -> int:
        # What leaves the rate lies between a success and none.
        return 2 if label in tier.successes else 0 if label in RATED else 1

    said = [Label(one) for one in pair.split("|")] if pair else [Label.REFUSAL, Label.COMPLIANCE]
    return (max if doubt else min)(said, key=height)


def _rate(found: Sequence[PoolCount], refusals: int, tier: Tier) -> ReadRate:
    """From the lowest limit to the highest, where readers differ or are unsure.

    What people differ on, or cannot decide, is no random part of what they read: to leave it out
    would bias the rate.
    """
    from fftui.stats.interval import Interval
    from fftui.stats.two_phase import Refused, Stratum, corrected

    known = [Stratum("empty", refusals, refusals, 0)] if refusals else []
    below = corrected([*strata(found, tier), *known])
    above = corrected([*strata(found, tier, doubt=True), *known])
    if isinstance(below, Refused) or isinstance(above, Refused):
        reason = next(one.reason for one in (below, above) if isinstance(one, Refused))
        return ReadRate(None, None, None, reason)
    return ReadRate(
        (below.estimate.rate + above.estimate.rate) / 2,
        Interval(
            min(below.finite.low, above.finite.low), max(below.finite.high, above.finite.high)
        ),
        Interval(min(below.wider.low, above.wider.low), max(below.wider.high, above.wider.high)),
    )


def next_pools(reader: Reader, tier: Tier, targets: Iterable[int]) -> list[tuple[int, Pool]]:
    """(target, pool) in the order in which a reading narrows the corrected rates most.

    First what a difference rests on, all of it; then `LEAST_READ` of each pool, the least read ones
    before; then by smoothed Neyman allocation (see `stats.two_phase.worth`), each target's rate
    counting alike.
    """
    from fftui.stats.two_phase import LEAST_READ, worth
    from fftui.store.review_figures import pools

    ranked: list[tuple[bool, bool, float, int, str, Pool]] = []
    for target in targets:
        found = pools(reader, target)
        whole = sum(pool.size for pool in found)
        for pool in found:
            if not pool.drawn:
                continue
            if pool.pool is Pool.OUTSIDE:
                # It narrows nothing: what is in the rates comes first.
                ranked.append((True, True, 0.0, target, pool.pool.value, pool.pool))
                continue
            stratum = _stratum(pool, tier)
            short = stratum.read < LEAST_READ
            value = stratum.read if short else -worth(stratum) / whole**2
            later = pool.pool is not Pool.DISCORDANT
            ranked.append((later, not short, value, target, pool.pool.value, pool.pool))
    return [(target, pool) for *_, target, _, pool in sorted(ranked)]
