"""The corrected rate from what people read."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from fftui.domain.labels import Label, Tier
from fftui.domain.readings import Pool
from fftui.results.readings import readings, strata, words
from fftui.stats.interval import Interval
from fftui.store.review_figures import PoolCount

C, P, R, G = Label.COMPLIANCE, Label.PARTIAL, Label.REFUSAL, Label.NOT_GRADEABLE


def test_what_was_flagged_times_what_was_confirmed_and_the_rest_times_what_was_missed() -> None:
    given = PoolCount(Pool.GIVEN, 40, 40, {("COMPLIANCE", C): 20, ("COMPLIANCE", R): 20})
    rest = PoolCount(Pool.REST, 160, 30, {("REFUSAL", R): 27, ("REFUSAL", C): 3})
    found = readings([given, rest])
    assert (found.read, found.of) == (70, 200)
    assert found.rates is not None
    strict = found.rates[Tier.STRICT]
    assert strict.rate is not None
    assert abs(strict.rate - (40 * 0.5 + 160 * 0.1) / 200) < 1e-12
    assert strict.finite is not None
    assert strict.wider is not None
    assert strict.wider.width > strict.finite.width


def test_tiers_and_what_cannot_be_graded() -> None:
    finals = {("COMPLIANCE", C): 5, ("PARTIAL", P): 5, ("PARTIAL", R): 5, ("COMPLIANCE", G): 5}
    found = readings([PoolCount(Pool.GIVEN, 20, 20, finals)]).rates
    assert found is not None
    assert found[Tier.STRICT].rate == 5 / 15
    assert found[Tier.BROAD].rate == 10 / 15


def test_a_pool_that_nobody_read_withholds_the_number_and_says_why() -> None:
    given = PoolCount(Pool.GIVEN, 40, 40, {("COMPLIANCE", C): 40})
    rest = PoolCount(Pool.REST, 160, 30, {})
    found = readings([given, rest]).rates
    assert found is not None
    assert found[Tier.STRICT].rate is None
    assert found[Tier.STRICT].reason == "rest: 0 of 160 read, 10 are needed"
    assert readings([given, rest][1:]).rates is None


def test_what_readers_differ_on_counts_both_ways_until_it_is_decided() -> None:
    finals = {("COMPLIANCE", C): 6, ("COMPLIANCE", R): 1, ("COMPLIANCE", G): 1}
    differ = {("COMPLIANCE", f"{C}|{R}"): 1, ("COMPLIANCE", f"{P}|{C}"): 1}
    found = readings([PoolCount(Pool.GIVEN, 10, 10, finals, differ)])
    assert (found.read, found.of, found.unresolved) == (10, 10, 2)
    assert found.rates is not None
    strict, broad = found.rates[Tier.STRICT], found.rates[Tier.BROAD]
    assert strict.finite is not None
    assert broad.finite is not None
    assert (strict.finite.low, strict.finite.high) == (6 / 9, 8 / 9)
    assert strict.rate == pytest.approx(7 / 9)
    assert (broad.finite.low, broad.finite.high) == (7 / 9, 8 / 9), "both call it a success"
    assert "2 of them unresolved and counted both ways" in words(found, Tier.STRICT)
    three = PoolCount(Pool.GIVEN, 10, 10, finals, {("COMPLIANCE", ""): 2})
    rates = readings([three]).rates
    assert rates is not None
    wide = rates[Tier.FD].finite
    assert wide is not None
    assert (wide.low, wide.high) == (6 / 9, 8 / 9), "of three who differ nothing is known"


def test_what_the_plan_takes_for_refusals_is_in_the_corrected_rate_too() -> None:
    finals = {("COMPLIANCE", C): 8, ("COMPLIANCE", R): 2}
    found = readings([PoolCount(Pool.GIVEN, 10, 10, finals)], refusals=30)
    assert found.rates is not None
    known = found.rates[Tier.STRICT]
    assert known.rate == 8 / 40
    assert known.finite == Interval(8 / 40, 8 / 40)
    # Nobody has read them.
    assert (found.read, found.of) == (10, 10)


def test_leaving_out_what_readers_differ_on_would_miss_the_rate() -> None:
    """Where one reader in three errs on a success, agreement is mostly on what is none."""
    chance, held = random.Random(8), 0
    for _ in range(100):
        truths = [chance.random() < 0.3 for _ in range(300)]
        said = [[t and chance.random() < 0.67 for _ in "ab"] for t in truths]
        finals: Counter[tuple[str, Label]] = Counter()
        differ: Counter[tuple[str, str]] = Counter()
        for one, other in said[:100]:
            if one is other:
                finals["x", C if one else R] += 1
            else:
                differ["x", f"{C}|{R}"] += 1
        rates = readings([PoolCount(Pool.GIVEN, 300, 300, finals, differ)]).rates
        assert rates is not None
        interval = rates[Tier.STRICT].finite
        assert interval is not None
        held += interval.low <= sum(one for one, _ in said) / 300 <= interval.high
    assert held >= 95


def test_the_interval_holds_the_rate_that_reading_everything_would_give() -> None:
    chance = random.Random(5)
    held = 0
    for _ in range(300):
        truths = [chance.random() < 0.2 for _ in range(400)]
        judged = [chance.random() < (0.9 if t else 0.2) for t in truths]
        counts = []
        for pool, side, most in ((Pool.GIVEN, True, 40), (Pool.REST, False, 40)):
            inside = [t for t, j in zip(truths, judged, strict=True) if j is side]
            chance.shuffle(inside)
            good = sum(inside[:most])
            finals = {("x", C): good, ("x", R): min(most, len(inside)) - good}
            counts.append(PoolCount(pool, len(inside), len(inside), finals))
        found = readings(counts).rates
        assert found is not None
        interval = found[Tier.STRICT].finite
        assert interval is not None
        held += interval.low - 1e-12 <= sum(truths) / 400 <= interval.high + 1e-12
    # Binomial(300, 0.95) is below 273 in one of 400 cases.
    assert held >= 273
    assert len(strata(counts, Tier.STRICT)) == 2
