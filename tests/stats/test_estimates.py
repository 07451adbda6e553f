"""What must hold of the estimators whatever the counts are, and what they refuse."""

from __future__ import annotations

import math
import random
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fftui.stats import anytime, contrast, paired, planning, proportion
from fftui.stats import stratified as strat
from fftui.stats.anytime import paired_e_value, paired_sequence
from fftui.stats.multiplicity import benjamini_hochberg, e_benjamini_hochberg, holm
from fftui.stats.provider import provider
from fftui.stats.two_phase import (
    LEAST_READ,
    Corrected,
    Refused,
    Stratum,
    allocate,
    collapse,
    corrected,
)

sides = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
small = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@settings(deadline=None)
@given(sides, sides)
def test_differences_are_mirrored_when_the_sides_change_places(
    one: tuple[int, int], two: tuple[int, int]
) -> None:
    for method in (contrast.newcombe, contrast.miettinen_nurminen):
        here, there = method(*one, *two), method(*two, *one)
        assert here.low == pytest.approx(-there.high, abs=1e-7)
        assert here.high == pytest.approx(-there.low, abs=1e-7)
        assert -1 <= here.low <= contrast.difference(*one, *two) <= here.high <= 1


@settings(deadline=None)
@given(small, small)
def test_an_exact_test_does_not_care_which_side_is_first(
    one: tuple[int, int], two: tuple[int, int]
) -> None:
    assert contrast.fisher_p(*one, *two) == pytest.approx(contrast.fisher_p(*two, *one), rel=1e-9)


@settings(deadline=None)
@given(*[st.integers(0, 40)] * 4)
def test_paired_differences_lie_round_the_difference_and_are_mirrored(
    n11: int, n10: int, n01: int, n00: int
) -> None:
    n = n11 + n10 + n01 + n00
    assume(n)
    d = (n10 - n01) / n
    for method in (paired.newcombe_paired, paired.tango):
        here, there = method(n11, n10, n01, n00), method(n11, n01, n10, n00)
        assert -1 - 1e-9 <= here.low <= d + 1e-9
        assert d - 1e-9 <= here.high <= 1 + 1e-9
        assert here.low == pytest.approx(-there.high, abs=1e-7)
    assert paired.mcnemar_p(n10, n01) == paired.mcnemar_p(n01, n10)


def test_evidence_of_a_pair_is_worth_what_the_table_says() -> None:
    assert anytime.paired_e_value(10, 0) == pytest.approx(180, abs=1)
    assert anytime.paired_e_value(8, 1) == pytest.approx(5.6, abs=0.05)
    assert anytime.paired_e_value(30, 10) == pytest.approx(23, abs=0.5)
    assert anytime.paired_e_value(0, 0) == 1
    assert math.isfinite(anytime.paired_e_value(10**6, 0))


@settings(deadline=None)
@given(st.integers(1, 300), st.data())
def test_a_finite_corpus_is_known_when_it_is_read(size: int, data: st.DataObject) -> None:
    n = data.draw(st.integers(0, size))
    s = data.draw(st.integers(0, n))
    low, high = anytime.finite_sequence(s, n, size)
    assert s <= low <= high <= size - (n - s)
    if n == size:
        assert (low, high) == (s, s)
        assert proportion.finite_wilson(s, n, size).width == 0
    # One more drawn never leaves less known than what it could show at worst.
    if n:
        assert low <= s * size / n <= high or size - n < 2


@settings(deadline=None)
@given(st.lists(small, min_size=1, max_size=30))
def test_repeats_are_worth_between_the_scenarios_and_the_verdicts(
    groups: list[tuple[int, int]],
) -> None:
    n = sum(m for _, m in groups)
    worth = proportion.effective_n(groups)
    assert 0 < worth <= n + 1e-9
    # Repeats that always agree are worth one each.
    same = [(m if s * 2 > m else 0, m) for s, m in groups]
    if len({m for _, m in groups}) == 1 and len(groups) > 1:
        assert proportion.effective_n(same) <= len(groups) * (1 + 1e-9)


def test_independent_repeats_are_worth_themselves() -> None:
    assert proportion.effective_n([(1, 2)] * 50) == 100
    assert proportion.effective_n([(2, 5), (3, 5), (2, 5), (3, 5)]) == 20


@settings(deadline=None)
@given(st.lists(st.tuples(small, small), min_size=1, max_size=6))
def test_strata_are_mirrored_when_the_sides_change_places(
    found: list[tuple[tuple[int, int], tuple[int, int]]],
) -> None:
    data = [(float(x1), float(n1), float(x2), float(n2)) for (x1, n1), (x2, n2) in found]
    turned = [(x2, n2, x1, n1) for x1, n1, x2, n2 in data]
    here, there = strat.risk_difference(data), strat.risk_difference(turned)
    assert here.value == pytest.approx(-there.value, abs=1e-12)
    assert -1 <= here.span.low <= here.value <= here.span.high <= 1
    ratio, inverse = strat.odds_ratio(data), strat.odds_ratio(turned)
    assert (ratio is None) == (inverse is None)
    if ratio is not None and inverse is not None:
        assert ratio.value == pytest.approx(1 / inverse.value)


def test_a_mix_makes_a_difference_that_standardising_takes_away() -> None:
    # Families direct, format-lock, multi-turn, persona: an old and a new run, invented.
    old = [(40, 2000), (3300, 6000), (2400, 4000), (1050, 3000)]
    new = [(2, 150), (3, 6), (1, 2), (6, 20)]
    mix = [n for _, n in old]
    assert sum(s for s, _ in old) / sum(mix) == pytest.approx(0.453, abs=0.001)
    assert strat.standardised(old, mix)[0] == pytest.approx(0.453, abs=0.001)
    rate, interval = strat.standardised(new, mix)
    assert 0.38 < rate < 0.42
    assert interval.low < 0.453 < interval.high
    assert strat.mix_distance(mix, [n for _, n in new]) > 0.5
    # A family that one side never saw is never dropped: nothing is known of it.
    _, wide = strat.standardised([*new[:3], (0, 0)], mix)
    assert wide.width > interval.width


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_adjusted_p_values_only_grow_and_keep_their_order(p: list[float]) -> None:
    for method in (holm, benjamini_hochberg):
        adjusted = method(p)
        assert all(a >= x - 1e-12 for a, x in zip(adjusted, p, strict=True))
        assert max(adjusted) <= 1
        pairs = sorted(zip(p, adjusted, strict=True))
        assert all(a <= b + 1e-12 for (_, a), (_, b) in pairwise(pairs))


def test_one_large_e_value_among_many_has_to_be_larger() -> None:
    assert e_benjamini_hochberg([25.0]) == [True]
    assert e_benjamini_hochberg([25.0, 1.0]) == [False, False]
    assert e_benjamini_hochberg([45.0, 1.0]) == [True, False]
    assert e_benjamini_hochberg([25.0, 25.0]) == [True, True]


def test_pooled_and_macro_of_five_models_are_two_figures() -> None:
    found = provider([(1785, 7470), (224, 344), (312, 472), (821, 1040), (1540, 2683)])
    assert (round(found.pooled, 3), round(found.macro, 3)) == (0.390, 0.583)
    assert found.between is not None
    assert found.between.i2 == pytest.approx(0.998, abs=0.001)
    assert found.between.tau2 == pytest.approx(1.30, abs=0.01)
    assert found.between.interval.low == pytest.approx(0.311, abs=0.001)
    assert found.between.interval.high == pytest.approx(0.817, abs=0.001)
    assert found.between.prediction.low == pytest.approx(0.03, abs=0.01)
    assert found.between.prediction.high == pytest.approx(0.99, abs=0.01)
    assert provider([(0, 10), (2, 71)]).between is None


def test_sizes_for_closeness() -> None:
    assert [math.ceil(planning.size_for_equivalence(p, 0.05)) for p in (0.02, 0.1)] == [135, 617]
    assert math.ceil(planning.size_for_no_worse(0.35, 0.05)) == 1126
    n = planning.size_for_power(0.35, 0.017)
    assert planning.power(0.35, 0.017, n) == pytest.approx(0.8)


# What people have read


@st.composite
def read_strata(draw: st.DrawFn) -> list[Stratum]:
    found = []
    for number in range(draw(st.integers(1, 4))):
        size = draw(st.integers(1, 400))
        read = draw(st.integers(min(LEAST_READ, size), size))
        bad = draw(st.integers(0, read // 3))
        positive = draw(st.integers(0, read - bad))
        found.append(Stratum(f"s{number}", size, read, positive, bad))
    return found


@settings(deadline=None)
@given(read_strata())
def test_the_corrected_rate_lies_in_its_intervals_and_the_run_s_own_is_narrower(
    strata: list[Stratum],
) -> None:
    found = corrected(strata)
    assert isinstance(found, Corrected)
    for interval in (found.finite, found.wider):
        assert 0 <= interval.low <= found.estimate.rate + 1e-12
        assert found.estimate.rate - 1e-12 <= interval.high <= 1
    assert found.finite.width <= found.wider.width + 1e-9


@settings(deadline=None)
@given(read_strata())
def test_a_run_that_is_read_whole_is_known(strata: list[Stratum]) -> None:
    whole = [Stratum(s.name, s.read, s.read, s.positive, s.ungradeable, drawn=False)
             for s in strata]  # fmt: skip
    found = corrected(whole)
    assert isinstance(found, Corrected)
    positive = sum(s.positive for s in whole)
    assert found.estimate.rate == pytest.approx(
        positive / sum(s.read - s.ungradeable for s in whole)
    )
    assert found.finite.width == pytest.approx(0, abs=1e-12)


def test_what_would_mislead_is_refused_with_the_reason() -> None:
    few = corrected([Stratum("flagged", 90, 9, 5), Stratum("rest", 100, 20, 1)])
    assert few == Refused("flagged: 9 of 90 read, 10 are needed")
    picked = corrected([Stratum("flagged", 90, 60, 5, drawn=False), Stratum("rest", 10, 10, 1)])
    assert picked == Refused("flagged: 60 of 90 read, not in a random order: all are needed")
    many = [Stratum(f"s{i}", 100 + 30 * i, 20, 3) for i in range(6)]
    assert corrected(many) == Refused(
        "6 strata are read in part, at shares of their own; 4 at most"
    )
    assert corrected([]) == Refused("there are no answers")
    assert isinstance(corrected([Stratum("a", 20, 20, 0, 20)]), Refused)
    with pytest.raises(ValueError, match="impossible"):
        corrected([Stratum("a", 20, 21, 0)])


def test_strata_that_were_drawn_at_one_share_are_one() -> None:
    alike = [Stratum(f"s{i}", 100, 20, i) for i in range(6)]
    assert len(collapse(alike)) == 1
    found = corrected(alike)
    assert isinstance(found, Corrected)
    assert found.estimate.rate == pytest.approx(15 / 120)


def test_readings_go_where_they_narrow_the_rate_most() -> None:
    flagged, rest = Stratum("flagged", 170, 4, 2), Stratum("rest", 330, 11, 0)
    assert allocate([flagged, rest]) == flagged
    ready = Stratum("flagged", 170, 12, 6)
    assert allocate([ready, rest]) == rest or allocate([ready, rest]) == ready
    sure = Stratum("flagged", 20, 12, 12)
    assert allocate([sure, rest]) == rest
    assert allocate([Stratum("flagged", 5, 5, 1)]) is None


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 200))
def test_a_paired_sequence_leaves_no_difference_out_when_the_evidence_does(
    n10: int, n01: int, others: int
) -> None:
    n = n10 + n01 + others
    span = paired_sequence(n10, n01, n)
    mirror = paired_sequence(n01, n10, n)
    assert (mirror.low, mirror.high) == pytest.approx((-span.high, -span.low), abs=1e-12)
    assert -1 <= span.low <= span.high <= 1
    if n:
        assert span.low <= (n10 - n01) / n <= span.high
    e = paired_e_value(n10, n01)
    # Close to 20, from where on they are said to differ.
    bar = 1 / (0.98 * 0.05)
    if abs(e - bar) > 1e-6:
        assert (span.low <= 0 <= span.high) is (e < bar)


@pytest.mark.parametrize(("p10", "p01"), [(0.02, 0.02), (0.25, 0.05), (0.1, 0.3)])
def test_a_paired_sequence_misses_seldom_however_often_it_is_looked_at(
    p10: float, p01: float
) -> None:
    chance, missed, runs = random.Random(7), 0, 300
    for _ in range(runs):
        a = b = 0
        for n in range(1, 301):
            draw = chance.random()
            a, b = a + (draw < p10), b + (p10 <= draw < p10 + p01)
            span = paired_sequence(a, b, n)
            if not span.low <= p10 - p01 <= span.high:
                missed += 1
                break
    # At most 5 %; 27 of 300 is three standard errors above.
    assert missed <= 27
