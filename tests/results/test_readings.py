"""The corrected rate from what people read."""

from __future__ import annotations

import random

from fftui.domain.labels import Label, Tier
from fftui.domain.readings import Pool
from fftui.results.readings import readings, strata
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
