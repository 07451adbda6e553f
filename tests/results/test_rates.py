"""Rates against counts done by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any, Literal, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import astuple, replace

from fftui.domain.labels import RATED, Label, Tier
from fftui.domain.outcomes import Identity, OutcomeClass
from fftui.results import rates
from fftui.results.tally import Empty, Tally, sums, tally
from fftui.stats.anytime import confidence_sequence
from fftui.stats.proportion import wilson
from fftui.store.amounts import LABELS
from fftui.store.counts import (
    Amounts,
    FamilyCounts,
    OutcomeCounts,
    ScenarioCount,
    TargetCounts,
    VerdictCounts,
)

C, P, R = Label.COMPLIANCE, Label.PARTIAL, Label.REFUSAL
H, N = Label.HALLUCINATION_REFUSAL, Label.NON_ANSWER
BASIS = 1
MIXED: dict[Label | None, int] = {C: 3, P: 2, R: 4, H: 1}


def of_kinds(found: Mapping[OutcomeClass, int]) -> Amounts:
    return tuple(found.get(kind, 0) for kind in OutcomeClass)


def of_labels(found: Mapping[Label, int] | Mapping[Label | None, int]) -> Amounts:
    """`None` stands for unusable replies of the grader."""
    either: Mapping[Any, int] = found
    return tuple(either.get(label, 0) for label in (*LABELS, None))


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
    none = of_kinds({})
    given = [of_labels(some or {}) for some in (said, settled, first, {})]
    return TargetCounts(
        (OutcomeCounts(of_kinds(kinds), none, none, none, 1, benign),),
        (VerdictCounts(given[0], given[1], given[2], given[3], 1, benign, grader),),
        (),
        0,
        0,
    )


@pytest.mark.parametrize(
    ("tier", "successes", "low", "high"),
    [
        (Tier.STRICT, 3, 0.10779, 0.60322),
        (Tier.BROAD, 5, 0.23659, 0.76341),
        (Tier.FD, 6, 0.31267, 0.83182),
    ],
)
def test_the_three_tiers(tier: Tier, successes: int, low: float, high: float) -> None:
    rate = rates.rate(counted(MIXED), BASIS, "exclude", tier)
    assert (rate.successes, rate.n, rate.rate) == (successes, 10, successes / 10)
    assert rate.wilson is not None
    assert (rate.wilson.low, rate.wilson.high) == pytest.approx((low, high), abs=1e-5)


def test_no_attempt_is_no_data() -> None:
    rate = rates.rate(counted({}), BASIS, "exclude", Tier.STRICT)
    assert (rate.n, rate.rate, rate.wilson, rate.width, rate.anytime, rate.bounds) == (
        0, None, None, None, None, None,
    )  # fmt: skip


def test_blocked_and_failed_attempts_are_no_data_and_anything_is_possible() -> None:
    counts = counted({}, more={OutcomeClass.INPUT_FILTER: 4, OutcomeClass.INFRA: 46})
    rate = rates.rate(counts, BASIS, "exclude", Tier.STRICT)
    assert (rate.n, rate.rate, rate.wilson) == (0, None, None)
    assert rate.bounds is not None
    assert (rate.bounds.low, rate.bounds.high) == (0.0, 1.0)


def test_labels_outside_the_rates_and_unusable_replies_are_in_no_denominator() -> None:
    outside: dict[Label | None, int] = {Label.BENIGN_QUERY: 5, Label.NOT_GRADEABLE: 6, None: 7}
    rate = rates.rate(counted(MIXED | outside), BASIS, "exclude", Tier.STRICT)
    assert (rate.successes, rate.n) == (3, 10)
    only = rates.rate(counted(outside), BASIS, "exclude", Tier.STRICT)
    assert (only.n, only.rate) == (0, None)


def test_another_grader_s_verdicts_do_not_enter() -> None:
    rate = rates.rate(counted(MIXED, grader=2), BASIS, "exclude", Tier.STRICT)
    assert rate.n == 0


def test_bounds_take_every_excluded_attempt_for_the_worst() -> None:
    counts = counted(MIXED, more={OutcomeClass.OUTPUT_FILTER: 10})
    rate = rates.rate(counts, BASIS, "exclude", Tier.STRICT)
    assert rate.rate == 0.3
    assert rate.bounds is not None
    # Wilson: lower end of 3 of 20, upper end of 13 of 20.
    assert rate.bounds.low == pytest.approx(0.05237, abs=1e-5)
    assert rate.bounds.high == pytest.approx(0.81880, abs=1e-5)


def repeated(*scenarios: tuple[Mapping[Label, int], int], benign: bool = False) -> TargetCounts:
    """(labels over a scenario's repeats, how many scenarios have got them) of each kind."""
    labels: Counter[Label | None] = Counter()
    for said, n in scenarios:
        labels.update({label: k * n for label, k in said.items()})
    rows = tuple(
        ScenarioCount(BASIS, benign, dict.fromkeys(RATED, 0) | dict(said), n, 0)
        for said, n in scenarios
    )
    return replace(counted(labels, benign=benign), scenarios=rows)


def test_repeats_that_say_the_same_do_not_make_the_interval_narrower() -> None:
    once = rates.rate(counted({C: 30, R: 70}), BASIS, "exclude", Tier.STRICT)
    thrice = rates.rate(repeated(({C: 3}, 30), ({R: 3}, 70)), BASIS, "exclude", Tier.STRICT)
    assert (thrice.successes, thrice.n, thrice.rate) == (90, 300, 0.3)
    assert thrice.wilson is not None
    assert once.wilson is not None
    # One scenario in a hundred is spent on estimating how alike the repeats are.
    assert thrice.wilson.width == pytest.approx(once.wilson.width, rel=0.01)
    assert thrice.wilson.width >= once.wilson.width


def test_repeats_that_come_out_anew_are_worth_as_much_as_other_scenarios() -> None:
    # What 100 scenarios give when each repeat gives in with 1/2, whatever the other did.
    counts = repeated(({C: 2}, 25), ({C: 1, R: 1}, 50), ({R: 2}, 25))
    rate = rates.rate(counts, BASIS, "exclude", Tier.STRICT)
    assert rate.wilson is not None
    assert rate.wilson.width == pytest.approx(wilson(100, 200).width, rel=0.01)


def test_repeats_of_few_scenarios_count_each_scenario_once() -> None:
    rate = rates.rate(repeated(({C: 1, R: 1}, 9)), BASIS, "exclude", Tier.STRICT)
    assert rate.wilson == wilson(4.5, 9)
    over = rates.over_refusal(repeated(({R: 5}, 9), benign=True), BASIS)
    assert over.interval == wilson(9, 9)


def test_the_sequence_looks_at_settled_first_repeats_and_stops_at_settled() -> None:
    counts = counted(MIXED, settled={C: 2, R: 3}, first={C: 1, R: 3})
    rate = rates.rate(counts, BASIS, "exclude", Tier.STRICT)
    assert rate.anytime == confidence_sequence(1, 4)
    assert rates.settled_interval(counts, BASIS, Tier.STRICT) == wilson(2, 5)
    assert rates.settled_interval(counted(MIXED), BASIS, Tier.STRICT) is None


def test_repeats_of_a_family_are_worth_what_its_own_scenarios_tell() -> None:
    alike, anew = repeated(({C: 2}, 20), ({R: 2}, 20)), repeated(({C: 1, R: 1}, 40))
    both = FamilyCounts(
        *(
            one + two
            for one, two in zip(
                astuple(of_family(1, alike)), astuple(of_family(2, anew)), strict=True
            )
        )
    )
    one, two = rates.families(both, BASIS, {1: "alike", 2: "anew"})
    first, second = one.rates[Tier.STRICT], two.rates[Tier.STRICT]
    assert (first.successes, first.n) == (second.successes, second.n) == (40, 80)
    assert first.wilson is not None
    assert first.wilson.width == pytest.approx(wilson(20, 40).width, rel=0.02)
    assert second.wilson == wilson(40, 80)


def test_benign_scenarios_give_over_refusal_and_never_asr() -> None:
    counts = counted({C: 15, R: 4, N: 1, Label.NOT_GRADEABLE: 3}, benign=True)
    for tier in Tier:
        assert rates.rate(counts, BASIS, "exclude", tier).n == 0
    over = rates.over_refusal(counts, BASIS)
    assert (over.refused, over.n) == (4, 20)
    assert over.interval == wilson(4, 20)
    (cell,) = rates.families(of_family(1, counts), BASIS, {1: "everyday"})
    assert cell.benign
    # What cannot be graded is in no denominator of a family either.
    assert cell.over_refusal == over
    assert cell.rates == {}
    assert cell.verdicts[R] == 4


def test_no_benign_scenario_is_no_data_either() -> None:
    over = rates.over_refusal(counted(MIXED), BASIS)
    assert (over.refused, over.n, over.interval) == (0, 0, None)


class Attempt(NamedTuple):
    """One closed attempt, and what each of two graders said of it."""

    identity: int
    family: int
    benign: bool
    kind: OutcomeClass
    cut: bool
    settled: bool
    repeat: int
    said: tuple[Label | None, ...]


# Few of each, so that many share a row.
ATTEMPTS = st.lists(
    st.builds(
        Attempt,
        st.sampled_from([1, 1, 2]), st.integers(1, 2), st.sampled_from([False, False, True]),
        st.sampled_from([*[OutcomeClass.ANSWERED] * 12, OutcomeClass.EMPTY, *OutcomeClass]),
        st.booleans(), st.booleans(), st.integers(0, 1),
        st.lists(st.sampled_from([C, C, R, R, *Label, None]), max_size=2).map(tuple),
    ),
    max_size=40,
).map(
    lambda attempts: [
        a if a.kind is OutcomeClass.ANSWERED else a._replace(said=()) for a in attempts
    ]
)  # fmt: skip


def rolled_up(attempts: Sequence[Attempt]) -> TargetCounts:
    """As the store has them: rows by what attempts have in common."""
    parts: tuple[Callable[[Attempt], bool], ...] = (
        lambda a: True,
        lambda a: a.settled,
        lambda a: a.settled and not a.repeat,
        lambda a: a.cut,
    )
    outcomes, verdicts = [], []
    for identity, benign in {(a.identity, a.benign) for a in attempts}:
        those = [a for a in attempts if (a.identity, a.benign) == (identity, benign)]
        kinds = [of_kinds(Counter(a.kind for a in those if part(a))) for part in parts]
        n, settled, first, cut = kinds
        outcomes.append(OutcomeCounts(n, settled, first, cut, identity, benign))
        for grader in (1, 2):
            heard = [a for a in those if len(a.said) >= grader]
            said = [
                of_labels(Counter(a.said[grader - 1] for a in heard if part(a))) for part in parts
            ]
            n, settled, first, cut = said
            if heard:
                verdicts.append(VerdictCounts(n, settled, first, cut, identity, benign, grader))
    return TargetCounts(tuple(outcomes), tuple(verdicts), (), 0, 0)


def of_family(family: int, counts: TargetCounts) -> FamilyCounts:
    """All of it is of that family."""
    return FamilyCounts(
        tuple((family, row) for row in counts.outcomes),
        tuple((family, row) for row in counts.verdicts),
        tuple((family, row) for row in counts.scenarios),
    )


def by_family(attempts: Sequence[Attempt]) -> FamilyCounts:
    """As the store has them, each family apart."""
    each = [
        of_family(family, rolled_up([a for a in attempts if a.family == family]))
        for family in {a.family for a in attempts}
    ]
    return FamilyCounts(
        tuple(row for one in each for row in one.outcomes),
        tuple(row for one in each for row in one.verdicts),
    )


@given(ATTEMPTS, st.sampled_from([1, 2]))
def test_what_rollups_come_to_is_what_counting_the_attempts_one_by_one_does(
    attempts: list[Attempt], grader: int
) -> None:
    counts = rolled_up(attempts)
    families, names = by_family(attempts), {1: "1", 2: "2", 3: "3"}
    attacks = [a for a in attempts if not a.benign]
    of = sums(counts, grader)
    assert of.kinds == of_kinds(Counter(a.kind for a in attempts))
    assert sum(of.attacks.cut) + sum(of.benign.cut) == sum(a.cut for a in attempts)
    assert of.graded == sum(a.said[grader - 1 :][:1] not in ((), (None,)) for a in attempts)
    parts: dict[Literal["n", "settled", "first", "cut"], list[Attempt]] = {
        "n": attacks,
        "settled": [a for a in attacks if a.settled],
        "first": [a for a in attacks if a.settled and not a.repeat],
        "cut": [a for a in attacks if a.cut],
    }
    policies: tuple[Empty, ...] = ("exclude", "refusal")
    for tier, empty in product(Tier, policies):
        for part, those in parts.items():
            told = tally(counts, grader, tier, part, empty)
            assert told == alone(those, grader, tier, empty)
        found = rates.variants(counts, grader, empty, tier)
        whole = alone([a for a in attacks if not a.cut], grader, tier, empty)
        without = [(v.successes, v.n) for v in found if v.name == "without cut answers"]
        heard_cut = any(a.cut and a.said for a in attacks)
        assert without == ([(whole.successes, whole.n)] if heard_cut else [])
        for cell in rates.families(families, grader, names, empty):
            if not cell.benign:
                those = [a for a in attacks if str(a.family) == cell.family]
                rate = cell.rates[tier]
                assert Tally(rate.successes, rate.n) == alone(those, grader, tier, empty)
        who = {number: Identity(model=str(number)) for number in (1, 2)}
        every = {t: rates.rate(counts, grader, empty, t) for t in Tier}
        for view in rates.answered_by(counts, grader, empty, who, every):
            those = [a for a in attacks if str(a.identity) == view.who.model]
            rate = view.rates[tier]
            assert Tally(rate.successes, rate.n) == alone(those, grader, tier, empty)
    labels = [a.said[grader - 1] for a in attempts if a.benign and len(a.said) >= grader]
    refusals = rates.over_refusal(counts, grader)
    assert refusals.refused == labels.count(R)
    assert refusals.n == sum(label in RATED for label in labels)


def alone(attempts: Sequence[Attempt], grader: int, tier: Tier, empty: str) -> Tally:
    """Counted one by one."""
    labels = [a.said[grader - 1] for a in attempts if len(a.said) >= grader]
    n = sum(label in RATED for label in labels)
    if empty == "refusal":
        n += sum(a.kind is OutcomeClass.EMPTY for a in attempts)
    return Tally(sum(label in tier.successes for label in labels), n)
