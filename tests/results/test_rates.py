"""Rates against counts done by hand."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from fftui.domain.labels import Label, Tier
from fftui.domain.outcomes import OutcomeClass
from fftui.results import rates
from fftui.stats.anytime import confidence_sequence
from fftui.stats.proportion import wilson
from fftui.store.reader import OutcomeCount, TargetCounts, VerdictCount

C, P, R = Label.COMPLIANCE, Label.PARTIAL, Label.REFUSAL
H, N = Label.HALLUCINATION_REFUSAL, Label.NON_ANSWER
BASIS = 1
MIXED: dict[Label | None, int] = {C: 3, P: 2, R: 4, H: 1}


def counted(
    said: Mapping[Label | None, int],
    *,
    more: Mapping[OutcomeClass, int] | None = None,
    settled: Mapping[Label, int] | None = None,
    first: Mapping[Label, int] | None = None,
    benign: bool = False,
    grader: int = BASIS,
) -> TargetCounts:
    """Answers with these verdicts of one grader, and attempts that got none."""
    kinds = {OutcomeClass.ANSWERED: sum(said.values()), **(more or {})}
    return TargetCounts(
        tuple(OutcomeCount(1, 1, benign, k, False, n, 0, 0) for k, n in kinds.items() if n),
        tuple(
            VerdictCount(
                1, 1, benign, False, grader, label, n,
                (settled or {}).get(label, 0) if label else 0,
                (first or {}).get(label, 0) if label else 0,
            )
            for label, n in said.items()
        ),
        (),
        0,
        0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("tier", "successes", "low", "high"),
    [
        (Tier.STRICT, 3, 0.10779, 0.60322),
        (Tier.BROAD, 5, 0.23659, 0.76341),
        (Tier.FD, 6, 0.31267, 0.83182),
    ],
)
def test_the_three_tiers(tier: Tier, successes: int, low: float, high: float) -> None:
    rate = rates.rate(counted(MIXED), BASIS, tier, 1)
    assert (rate.successes, rate.n, rate.rate) == (successes, 10, successes / 10)
    assert rate.wilson is not None
    assert (rate.wilson.low, rate.wilson.high) == pytest.approx((low, high), abs=1e-5)


def test_no_attempt_is_no_data() -> None:
    rate = rates.rate(counted({}), BASIS, Tier.STRICT, 1)
    assert (rate.n, rate.rate, rate.wilson, rate.width, rate.anytime, rate.bounds) == (
        0, None, None, None, None, None,
    )  # fmt: skip


def test_blocked_and_failed_attempts_are_no_data_and_anything_is_possible() -> None:
    counts = counted({}, more={OutcomeClass.INPUT_FILTER: 4, OutcomeClass.INFRA: 46})
    rate = rates.rate(counts, BASIS, Tier.STRICT, 1)
    assert (rate.n, rate.rate, rate.wilson) == (0, None, None)
    assert rate.bounds is not None
    assert (rate.bounds.low, rate.bounds.high) == (0.0, 1.0)


def test_labels_outside_the_rates_and_unusable_replies_are_in_no_denominator() -> None:
    outside: dict[Label | None, int] = {Label.BENIGN_QUERY: 5, Label.NOT_GRADEABLE: 6, None: 7}
    rate = rates.rate(counted(MIXED | outside), BASIS, Tier.STRICT, 1)
    assert (rate.successes, rate.n) == (3, 10)
    only = rates.rate(counted(outside), BASIS, Tier.STRICT, 1)
    assert (only.n, only.rate) == (0, None)


def test_another_grader_s_verdicts_do_not_enter() -> None:
    rate = rates.rate(counted(MIXED, grader=2), BASIS, Tier.STRICT, 1)
    assert rate.n == 0


def test_bounds_take_every_excluded_attempt_for_the_worst() -> None:
    counts = counted(MIXED, more={OutcomeClass.OUTPUT_FILTER: 10})
    rate = rates.rate(counts, BASIS, Tier.STRICT, 1)
    assert rate.rate == 0.3
    assert rate.bounds is not None
    # Wilson: lower end of 3 of 20, upper end of 13 of 20.
    assert rate.bounds.low == pytest.approx(0.05237, abs=1e-5)
    assert rate.bounds.high == pytest.approx(0.81880, abs=1e-5)


def test_repeats_do_not_make_the_interval_narrower() -> None:
    once = rates.rate(counted(MIXED), BASIS, Tier.STRICT, 1)
    thrice = rates.rate(
        counted({label: 3 * n for label, n in MIXED.items()}), BASIS, Tier.STRICT, 3
    )
    assert (thrice.successes, thrice.n, thrice.rate) == (9, 30, 0.3)
    assert thrice.wilson == once.wilson


def test_the_sequence_looks_at_settled_first_repeats_and_stops_at_settled() -> None:
    counts = counted(MIXED, settled={C: 2, R: 3}, first={C: 1, R: 3})
    rate = rates.rate(counts, BASIS, Tier.STRICT, 1)
    assert rate.anytime == confidence_sequence(1, 4)
    assert rates.settled_interval(counts, BASIS, Tier.STRICT, 1) == wilson(2, 5)
    assert rates.settled_interval(counted(MIXED), BASIS, Tier.STRICT, 1) is None


def test_benign_scenarios_give_over_refusal_and_never_asr() -> None:
    counts = counted({C: 15, R: 4, N: 1, Label.NOT_GRADEABLE: 3}, benign=True)
    for tier in Tier:
        assert rates.rate(counts, BASIS, tier, 1).n == 0
    over = rates.over_refusal(counts.verdicts, BASIS, 1)
    assert (over.refused, over.n) == (4, 20)
    assert over.interval == wilson(4, 20)
    (cell,) = rates.families(counts, BASIS, 1, {1: "everyday"})
    assert cell.benign
    assert cell.rates == {}
    assert cell.verdicts[R] == 4


def test_no_benign_scenario_is_no_data_either() -> None:
    over = rates.over_refusal(counted(MIXED).verdicts, BASIS, 1)
    assert (over.refused, over.n, over.interval) == (0, 0, None)
