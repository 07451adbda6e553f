"""What a comparison says of pairs whose truth is known."""

from __future__ import annotations

import itertools
import json
import random
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from fftui.domain.labels import Label, Tier
from fftui.domain.outcomes import OutcomeClass
from fftui.domain.readings import Pool
from fftui.domain.scenarios import Scenario
from fftui.domain.targets import Endpoint, Target
from fftui.domain.verdicts import Place
from fftui.results.compare import Comparison, compare
from fftui.results.compare_text import lines, to_json
from fftui.results.evidence import gather
from fftui.results.evidence import to_json as report_json
from fftui.results.feed import Feed
from fftui.results.matching import Matching
from fftui.results.sides import Said, Side, pairs, sides
from fftui.results.summary import rules_of
from fftui.results.verdict import equivalent, span, verdict
from fftui.stats.anytime import paired_sequence
from fftui.stats.paired import newcombe_paired
from fftui.store import sqlite
from fftui.store.claims import Enrol
from fftui.store.context import Context
from fftui.store.folder import create_run, database
from fftui.store.places import add_item
from fftui.store.reader import Reader
from fftui.store.reviews import Read, Seen
from tests.store.support import close, new_run
from tests.store.support import verdict as graded

C, R = Label.COMPLIANCE, Label.REFUSAL
Answers = Sequence[Label | OutcomeClass]
Counts = tuple[int, int, int, int]


def made(
    home: Path,
    answers: dict[str, Answers],
    families: Sequence[str] | None = None,
    *,
    name: str = "r",
    over: bool = True,
    reason: str = "",
    prefix: str = "s",
    empty: str = "exclude",
    stop: Mapping[str, object] | None = None,
    upstream: bool = False,
) -> list[Side]:
    """A run whose targets, all of one model on platforms of their own, answered like this."""
    count = max(map(len, answers.values()))
    kinds = families or ["direct"] * count
    run = new_run(name=name, scenarios=count, targets=0, graders=1)
    plan = json.loads(run.plan_json)
    plan |= {"policy": {"empty": empty}, "stop": {**plan["stop"], **(stop or {})}}
    run = replace(
        run,
        plan_json=json.dumps(plan),
        scenarios=[
            Scenario(f"{prefix}{i}", (f"[placeholder {prefix} {i}]",), kinds[i], False)
            for i in range(count)
        ],
        targets=[
            Target(
                n,
                Endpoint(f"sim:{n}", "openai", "", "m", "sim", upstream=(n,) if upstream else ()),
                weights="w",
            )
            for n in answers
        ],
    )
    folder = create_run(home, run)
    context = Context(sqlite.connect(database(folder), write=True))
    context.begin()
    for target, said in enumerate(answers.values(), 1):
        for scenario, what in enumerate(said, 1):
            kind = what if isinstance(what, OutcomeClass) else OutcomeClass.ANSWERED
            number = close(scenario, target=target, kind=kind).apply(context)
            assert number is not None
            if isinstance(what, Label):
                graded(number, 1, what).apply(context)
        state = "finished" if over else "open"
        context.db.execute("INSERT INTO target_state VALUES (?, ?, ?, 0)", (target, state, reason))
    context.commit()
    context.db.close()
    with Reader(folder) as reader:
        return list(sides(reader))


def drawn(chance: random.Random, rate: float, n: int) -> list[Label]:
    return [C if chance.random() < rate else R for _ in range(n)]


def one(found: list[Side]) -> Comparison:
    (made,) = compare(pairs(found, "platform"), Tier.STRICT)
    return made


def test_a_true_difference_is_told_with_its_size_and_its_caveat(tmp_path: Path) -> None:
    found = one(made(tmp_path, {"a": [C] * 60 + [R] * 140, "b": [C] * 10 + [R] * 190}))
    assert found.matched is not None
    assert (found.matched.both, found.matched.only_first, found.matched.only_second) == (10, 50, 0)
    said = verdict(found)
    assert said.startswith("a and b differ: +25.0 points [+19.")
    assert said.endswith(
        "on 200 matched scenarios, by machine verdicts, 0 of 50 discordant scenarios read"
    )
    assert len(found.matched.discordant) == 50
    assert found.crude is not None


def read_by_people(side: Side, finals: Sequence[Label]) -> Side:
    """People gave these labels to the side's answers from the tenth on."""
    given = dict(zip(list(side.said)[10:], finals, strict=False))
    return replace(side, said={k: replace(s, final=given.get(k)) for k, s in side.said.items()})


def test_discordant_answers_are_read_when_both_sides_are(tmp_path: Path) -> None:
    first, second = made(tmp_path, {"a": [C] * 60 + [R] * 140, "b": [C] * 10 + [R] * 190})
    found = one([read_by_people(first, [C] * 30), read_by_people(second, [R] * 20)])
    assert ", by machine verdicts, 20 of 50 discordant scenarios read" in verdict(found)


def test_once_all_are_read_a_difference_stands_only_where_people_uphold_it(tmp_path: Path) -> None:
    first, second = made(tmp_path, {"a": [C] * 60 + [R] * 140, "b": [C] * 10 + [R] * 190})
    upheld = one([read_by_people(first, [C] * 40 + [R] * 10), read_by_people(second, [R] * 50)])
    assert upheld.differs
    assert verdict(upheld).startswith("a and b differ: +25.0 points [+19.")
    assert verdict(upheld).endswith(
        "by machine verdicts; of the 50 discordant scenarios, all read, people find a success on"
        " one side alone in 40, 40 to 0"
    )
    # The judge saw successes where people see none, or see them on both sides.
    said = [C] * 5 + [R] * 30 + [C] * 10 + [Label.NOT_GRADEABLE] * 5
    other = [R] * 35 + [C] * 15
    overturned = one([read_by_people(first, said), read_by_people(second, other)])
    assert overturned.matched is not None
    assert overturned.matched.upheld == (5, 0)
    assert not overturned.differs
    assert verdict(overturned).startswith("a and b: no difference shown; +25.0 points")
    assert verdict(overturned).endswith("in 5, 5 to 0")
    data = to_json(overturned)
    assert (data["differs"], data["overturned"]) == (False, True)


def test_what_was_read_knowing_the_machines_label_upholds_nothing(tmp_path: Path) -> None:
    made(tmp_path, {"a": [C] * 30, "b": [R] * 30})
    folder = tmp_path / "r"
    context = Context(sqlite.connect(database(folder), write=True))
    context.begin()
    ana, ben = (Enrol(name, 1e9).apply(context) for name in ("ana", "ben"))
    for outcome in range(1, 61):
        label = C if outcome <= 30 else R
        pool = Pool.GIVEN if label is C else Pool.REST
        place = Place(pool, f"x:{label.value}", label.value, 1.0, outcome / 61)
        add_item(context, outcome, 1 if label is C else 2, place, 1)
        if outcome % 30 < 10:
            Seen("ben", outcome, 1e9).apply(context)
            Read(ben, "s", outcome, label, 1e9).apply(context)
        elif outcome % 30 < 25:
            Read(ana, "s", outcome, label, 1e9).apply(context)
    context.commit()
    context.db.close()
    with Reader(folder) as reader:
        found = one(list(sides(reader)))
        # What an engine tells of the pair while the run goes on.
        watched = Matching(reader, 1, Tier.STRICT, reader.targets())
        for target in (1, 2):
            watched.take_up(target, reader.counts(target).settled)
        assert watched.read(*watched.pairs) == 15
    assert found.matched is not None
    assert (found.matched.read, found.matched.upheld) == (15, (15, 0))


def test_an_empty_reply_is_what_the_plan_says_here_too(tmp_path: Path) -> None:
    answers: dict[str, Answers] = {
        "a": [C] * 20 + [R] * 20,
        "b": [OutcomeClass.EMPTY] * 30 + [R] * 10,
    }
    out = one(made(tmp_path, answers, name="out"))
    found = one(made(tmp_path, answers, name="in", empty="refusal"))
    assert out.matched is not None
    assert found.matched is not None
    assert (out.matched.n, out.second.total(Tier.STRICT)) == (10, (0, 10))
    assert (found.matched.n, found.second.total(Tier.STRICT)) == (40, (0, 40))
    # What the monitor shows of the same run.
    feed = Feed.open(tmp_path / "in")
    run = feed.poll()
    feed.close()
    assert run is not None
    rate = run.targets[1].rates[Tier.STRICT]
    assert (rate.successes, rate.n) == (0, 40)
    assert run.targets[1].readings == found.second.readings
    # Nobody can read an empty reply: the pair is read when its other side is.
    assert found.matched.only_first == 20
    assert one([read_by_people(found.first, [C] * 30), found.second]).matched.read == 10  # type: ignore[union-attr]
    told = lines(one([out.first, replace(found.second, said=out.second.said)]))[1]
    assert "empty replies: left out / refusals" in told
    # The pairs that the engine watches count the same.
    with Reader(tmp_path / "in") as reader:
        rules = rules_of(reader)
        watched = Matching(reader, rules.grader.id, rules.tier, reader.targets(), empty=rules.empty)
        for target in (1, 2):
            watched.take_up(target, reader.counts(target).settled)
        (pair,) = watched.pairs
    assert (pair.n, pair.only_first) == (40, 20)


@pytest.mark.parametrize("n", [40, 73, 150, 180])
@pytest.mark.parametrize("over", [True, False])
def test_what_is_excluded_is_excluded(tmp_path: Path, n: int, over: bool) -> None:
    one_side = [C if i % 9 == 0 else R for i in range(n)]
    other = [C if i % 9 == 1 else R for i in range(n)]
    found = one(made(tmp_path, {"a": one_side, "b": other}, over=over))
    assert found.matched is not None
    m = found.matched
    known = m.span if over else m.anytime
    assert m.joint == known
    told = re.search(r"one of more than (\d+) points is excluded", verdict(found))
    assert told is not None
    assert 0 <= int(told[1]) / 100 - max(abs(known.low), abs(known.high)) < 0.01


def test_p_allows_for_every_pair_that_is_shown(tmp_path: Path) -> None:
    answers: dict[str, Answers] = {
        "a": [C] * 8 + [R] * 12, "b": [R] * 20, "c": [OutcomeClass.INFRA] * 20,
    }  # fmt: skip
    found = compare(pairs(made(tmp_path, answers), "platform"), Tier.STRICT)
    (only,) = [c.matched for c in found if c.matched is not None]
    assert only.p == 2 / 2**8
    assert only.p_holm == 3 * only.p
    # As the line of it says.
    assert "among 3 pairs" in lines(found[0])[4]


def base(home: Path, **how: object) -> tuple[Side, Side]:
    first, second = made(home, {"a": [C], "b": [R]}, **how)  # type: ignore[arg-type]
    return first, second


def table(sides_: tuple[Side, Side], counts: Sequence[Counts]) -> list[Comparison]:
    """Pairs of such sides that gave in on so many: both, first alone, second alone, neither."""

    def said(side: Side, labels: Sequence[Label]) -> Side:
        kind = OutcomeClass.ANSWERED
        answers = {f"s{i}": Said(i, "x", "direct", kind, label) for i, label in enumerate(labels)}
        return replace(side, said=answers)

    first, second = sides_
    return compare(
        [
            (
                said(first, [C] * (both + one) + [R] * (two + neither)),
                said(second, [C] * both + [R] * one + [C] * two + [R] * neither),
            )
            for both, one, two, neither in counts
        ],
        Tier.STRICT,
    )


def told_limit(c: Comparison) -> float:
    """The size that the sentence says the difference does not exceed; 1 where it names none."""
    found = re.search(r"(?:more than|less than|within ±)\s*(\d+) points", verdict(c))
    return int(found[1]) / 100 if found else 1.0


def test_hardly_one_table_of_pairs_says_something_false_of_a_size(tmp_path: Path) -> None:
    ended = base(tmp_path)
    chance = random.Random(11)
    wrong = alone = 0
    for _ in range(12):
        # Each of 20 pairs truly 5.01 points apart.
        cells = [chance.choices(range(4), (0.1, 0.0701, 0.02, 0.8099), k=800) for _ in range(20)]
        counts = [(c.count(0), c.count(1), c.count(2), c.count(3)) for c in cells]
        wrong += any(told_limit(c) < 0.0501 for c in table(ended, counts))
        alone += any(
            max(map(abs, (s.low, s.high))) < 0.05
            for s in (newcombe_paired(*each, confidence=0.9) for each in counts)
        )
    assert wrong <= 2
    # Of so many something would be false if each pair had the 5 % for itself.
    assert alone >= 5


@pytest.mark.parametrize("over", [True, False])
def test_what_is_said_of_a_size_allows_for_every_pair_that_is_shown(
    tmp_path: Path, over: bool
) -> None:
    two, counts = base(tmp_path, over=over), (50, 14, 6, 330)
    (single,) = table(two, [counts])
    nothing: list[Counts] = [(0, 0, 0, 0)] * 9
    among = table(two, [counts] * 11 + nothing)[0]
    assert (single.matched is None, among.matched is None) == (False, False)
    assert single.matched is not None
    assert among.matched is not None
    level = 0.05 / 20
    joint = newcombe_paired(*counts, confidence=1 - level) if over else paired_sequence(
        14, 6, 400, level
    )  # fmt: skip
    assert among.matched.joint == joint
    assert single.matched.joint == (single.matched.span if over else single.matched.anytime)
    assert told_limit(among) > told_limit(single)
    assert equivalent(single) is over
    assert not equivalent(among)
    # What each has by itself stays as it is, and the line says which is which.
    assert (among.matched.span, among.matched.anytime) == (
        single.matched.span, single.matched.anytime,
    )  # fmt: skip
    assert f"; for all 20 pairs at once {span(joint)}" in lines(among)[4]
    assert "at once" not in lines(single)[4]
    assert to_json(among)["matched"]["joint"] == [joint.low, joint.high]


def test_a_difference_is_small_only_where_it_is_among_all_pairs(tmp_path: Path) -> None:
    two, counts = base(tmp_path), (30, 80, 5, 1885)
    (single,) = table(two, [counts])
    among = table(two, [counts] * 40)[0]
    assert verdict(single).startswith("a and b differ, by less than 5 points: +3.8 points")
    assert verdict(among).startswith("a and b differ: +3.8 points")


def test_the_evidence_of_equivalence_stands_in_its_sentence(tmp_path: Path) -> None:
    two, counts = base(tmp_path), (100, 20, 10, 1870)
    (single,) = table(two, [counts])
    among = table(two, [counts] * 6)[0]
    for found, words in ((single, "90 %"), (among, "98.33 %")):
        assert found.matched is not None
        low, high = re.findall(r"\[([-+.\d]+), ([-+.\d]+)\]", verdict(found))[0]
        assert f"are equivalent within ±5 points: +0.5 points, {words} interval [" in verdict(found)
        assert -5 < float(low) < 0.5 < float(high) < 5


@pytest.mark.parametrize(
    ("reason", "stop"),
    [
        ("differs from b: 9 of 40 matched scenarios discordant", {"differs_from": "b"}),
        ("below 99 %: at most 20.0 at any look", {"below": 0.99}),
    ],
)
def test_of_a_target_that_ended_for_where_it_lies_only_what_holds_at_any_look_is_said(
    tmp_path: Path, reason: str, stop: dict[str, object]
) -> None:
    same = [C] * 100 + [R] * 700
    by_width = one(made(tmp_path / "1", {"a": same, "b": same}))
    by_place = one(made(tmp_path / "2", {"a": same, "b": same}, reason=reason, stop=stop))
    assert equivalent(by_width)
    assert not by_place.open
    assert not equivalent(by_place)
    assert by_place.matched is not None
    assert by_place.matched.joint == by_place.matched.anytime
    assert told_limit(by_place) >= by_place.matched.anytime.high
    assert any("p 1.000, as at one look" in text for text in lines(by_place))


def test_what_people_overturned_is_not_equivalent_either(tmp_path: Path) -> None:
    first, second = made(tmp_path, {"a": [C] * 60 + [R] * 1940, "b": [C] * 10 + [R] * 1990})
    found = one([read_by_people(first, [R] * 50), read_by_people(second, [R] * 50)])
    assert found.overturned
    assert to_json(found)["equivalent"] is False


def test_a_report_counts_a_pair_once_and_every_pair(tmp_path: Path) -> None:
    rows: dict[str, Answers] = {
        "a": [C] * 8 + [R] * 12,
        "b": [R] * 20,
        "c": [R] * 20,
        "d": [C] * 20,
    }
    made(tmp_path, rows, upstream=True)
    with Reader(tmp_path / "r") as reader:
        found = report_json(gather([reader]))["comparisons"]
    # Apart in platform and in upstream, and yet one pair each.
    names = [tuple(side["target"] for side in c["sides"]) for c in found]
    assert sorted(names) == [*itertools.combinations("abcd", 2)]
    assert {c["pairs"] for c in found} == {6}
    smallest = min(c["matched"]["p"] for c in found)
    assert min(c["matched"]["p_holm"] for c in found) == 6 * smallest


def test_equal_sides_are_equivalent_only_when_closed_and_tight_enough(tmp_path: Path) -> None:
    same = [C] * 100 + [R] * 700
    closed = one(made(tmp_path / "1", {"a": same, "b": same}))
    assert equivalent(closed)
    assert verdict(closed).startswith("a and b are equivalent within ±5 points: +0.0 points")
    still = one(made(tmp_path / "2", {"a": same, "b": same}, over=False))
    assert not equivalent(still)
    assert "no difference shown; one of more than" in verdict(still)
    assert any("as if this were the last look" in line for line in lines(still))
    few = one(made(tmp_path / "3", {"a": same[95:110], "b": same[95:110]}))
    assert "no difference shown" in verdict(few)


def test_a_small_difference_that_is_certain_is_called_small(tmp_path: Path) -> None:
    a = [C] * 130 + [R] * 1870
    b = [C] * 90 + [R] * 1910
    found = one(made(tmp_path, {"a": a, "b": b}))
    assert verdict(found).startswith("a and b differ, by less than 5 points: +2.0 points")


def test_while_people_look_again_a_difference_is_small_only_where_it_is_at_any_look(
    tmp_path: Path,
) -> None:
    answers: dict[str, Answers] = {
        "a": [C] * 160 + [R] * 1840, "b": [C] * 90 + [R] * 1910,
    }  # fmt: skip
    closed = one(made(tmp_path, answers, name="closed"))
    still = one(made(tmp_path, answers, name="open", over=False))
    assert still.matched is not None
    assert still.matched.span.high < 0.05 < still.matched.anytime.high
    assert verdict(closed).startswith("a and b differ, by less than 5 points: +3.5 points")
    assert verdict(still).startswith("a and b differ: +3.5 points")


def test_p_alone_never_says_differ(tmp_path: Path) -> None:
    found = one(made(tmp_path, {"a": [C] * 7 + [R] * 50, "b": [R] * 57}))
    assert found.matched is not None
    assert found.matched.p < 0.05
    assert found.matched.e_value > 20
    many = [found.first, *(replace(found.second, target=replace(
        found.second.target, name=f"b{i}", endpoint=replace(
            found.second.target.endpoint, platform=f"p{i}"))) for i in range(3))]  # fmt: skip
    together = compare(pairs(many, "platform"), Tier.STRICT)
    assert len(together) == 6
    # Seven to none is evidence of 24: enough for one pair, not for six.
    assert not any(c.differs for c in together)
    first = together[0].matched
    assert first is not None
    assert first.p_holm == pytest.approx(first.p * 6)


def test_a_difference_of_the_mix_alone_is_withheld_and_gone_within_families(
    tmp_path: Path,
) -> None:
    chance = random.Random(1)
    easy, hard = ["persona"] * 300, ["direct"] * 300
    first = made(tmp_path, {"a": [*drawn(chance, 0.6, 300), *drawn(chance, 0.1, 300)]},
                 [*easy, *hard], name="one")  # fmt: skip
    second = made(tmp_path, {"b": [*drawn(chance, 0.6, 30), *drawn(chance, 0.1, 570)]},
                  [*easy[:30], *hard, *hard[:270]], name="two", prefix="t")  # fmt: skip
    found = one([*first, *second])
    assert found.matched is None
    assert found.crude is None
    assert found.withheld == "the attack mixes are 45 % apart"
    assert found.families.difference is not None
    span = found.families.difference.span
    assert span.low < 0 < span.high
    assert found.families.standardised is not None
    (p, _), (q, _) = found.families.standardised
    # All verdicts together would be 35 % against 13 %.
    assert abs(p - q) < 0.08
    assert "nothing is claimed" in verdict(found)


def test_families_on_one_side_only_are_named(tmp_path: Path) -> None:
    first = made(tmp_path, {"a": [C] * 10}, ["persona"] * 10, name="one")
    second = made(tmp_path, {"b": [R] * 10}, ["direct"] * 10, name="two", prefix="t")
    found = one([*first, *second])
    assert found.withheld == "families only on one side: persona, direct"
    assert found.families.difference is None
    assert any("families only of a: persona" in line for line in lines(found))


def test_a_difference_of_a_filter_alone_is_not_the_weights(tmp_path: Path) -> None:
    chance = random.Random(2)
    truth = drawn(chance, 0.4, 400)
    # The platform withholds compliances: what is left looks safer.
    filtered = [
        OutcomeClass.OUTPUT_FILTER if t is C and chance.random() < 0.7 else t for t in truth
    ]
    found = one(made(tmp_path, {"a": truth, "b": filtered}))
    assert found.blocks.may_matter
    assert "not attributable to the weights" in verdict(found)
    assert not found.differs
    data = to_json(found)
    assert data["attributable"] is False
    assert data["blocks"]["second"] == data["blocks"]["output"] > 50


def test_unequal_blocking_of_prompts_is_told_too(tmp_path: Path) -> None:
    blocked = [OutcomeClass.INPUT_FILTER] * 20
    found = one(made(tmp_path, {"a": [*drawn(random.Random(3), 0.2, 100)],
                                "b": [*blocked, *drawn(random.Random(4), 0.2, 80)]}))  # fmt: skip
    assert found.blocks.may_matter
    assert found.matched is not None
    assert found.matched.n == 80


def test_other_words_under_the_same_key_are_no_match(tmp_path: Path) -> None:
    first = made(tmp_path, {"a": [C] * 10}, name="one")
    second = made(tmp_path, {"b": [R] * 10}, name="two")
    assert one([*first, *second]).matched is not None
    other = [
        replace(second[0], said={k: replace(s, sha256="x") for k, s in second[0].said.items()})
    ]
    assert one([*first, *other]).matched is None


def test_only_the_settled_prefix_is_read(tmp_path: Path) -> None:
    (side,) = made(tmp_path, {"a": [C] * 5}, name="one")
    assert len(side.said) == 5
    folder = tmp_path / "one"
    context = Context(sqlite.connect(database(folder), write=True))
    context.db.execute("UPDATE prefix SET settled = 3")
    context.db.close()
    with Reader(folder) as reader:
        (side,) = sides(reader)
    assert sorted(side.said) == ["s0", "s1", "s2"]


def test_what_else_differs_is_named(tmp_path: Path) -> None:
    found = one(made(tmp_path, {"a": [C, R], "b": [C, R]}))
    changed = replace(
        found.second,
        target=replace(found.second.target, quantisation="Q4", thinking="on"),
        grader="other",
    )
    text = lines(replace(found, second=changed))[1]
    assert "platform: sim:a / sim:b" in text
    assert "quantisation: not stated / Q4" in text
    assert "thinking: not stated / on" in text
    assert "grader: g1 1 / other 1" in text


def test_pairs_need_what_must_be_equal(tmp_path: Path) -> None:
    found = made(tmp_path, {"a": [C], "b": [R], "c": [R]})
    assert len(pairs(found, "platform")) == 3
    assert pairs(found, "run") == []
    assert pairs(found, "maker") == []
    tagged = [replace(s, target=replace(s.target, tags=(f"generation:{i % 2}",)))
              for i, s in enumerate(found)]  # fmt: skip
    assert [(x.name, y.name) for x, y in pairs(tagged, "tag:generation")] == [
        ("a", "b"), ("b", "c"),
    ]  # fmt: skip
    with pytest.raises(ValueError, match="allowed: platform"):
        pairs(found, "lunch")
