"""What readings do to a target's rate, and which answer should be read next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from fftui.domain.labels import RATED, Tier
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
    rates: Mapping[Tier, ReadRate] | None = None
    """`None` before the first reading."""


NONE = Readings()


def words(found: Readings, tier: Tier) -> str:
    """The corrected rate of a tier in words, or why there is none; empty before any reading."""
    if found.rates is None:
        return ""
    known, note = found.rates[tier], f"{found.read} of {found.of} read"
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
    return {"k": found.read, "n": found.of, "corrected": corrected}


def _limits(found: Interval) -> str:
    return f"[{found.low * 100:.1f}, {found.high * 100:.1f}]"


def readings(found: Sequence[PoolCount]) -> Readings:
    """From a target's pools."""
    found = [pool for pool in found if pool.pool is not Pool.OUTSIDE]
    read = sum(n for pool in found for n in pool.finals.values())
    of = sum(pool.size for pool in found)
    if not read:
        return Readings(0, of)
    return Readings(read, of, {tier: _rate(strata(found, tier)) for tier in Tier})


def strata(found: Iterable[PoolCount], tier: Tier) -> list[Stratum]:
    """The pools as the estimator takes them: each a random draw, some read whole."""
    return [_stratum(pool, tier) for pool in found]


def _stratum(pool: PoolCount, tier: Tier) -> Stratum:
    def count(wanted: Iterable[object]) -> int:
        labels = set(wanted)
        return sum(n for (_, final), n in pool.finals.items() if final in labels)

    from fftui.stats.two_phase import Stratum

    read = sum(pool.finals.values())
    return Stratum(
        pool.pool.value,
        pool.size,
        read,
        count(tier.successes),
        read - count(RATED),
        drawn=pool.pool is not Pool.DISCORDANT,
    )


def _rate(found: Sequence[Stratum]) -> ReadRate:
    from fftui.stats.two_phase import Refused, corrected

    result = corrected(found)
    if isinstance(result, Refused):
        return ReadRate(None, None, None, result.reason)
    return ReadRate(result.estimate.rate, result.finite, result.wider)


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
