"""What is said in words about who answered, who refused and how else it could be counted."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from fftui.domain.labels import Label, Tier
from fftui.domain.outcomes import Identity, OutcomeClass
from fftui.domain.states import RunState, TargetState
from fftui.results import sentences
from fftui.results.feed import Feed
from fftui.results.numbers import IdentityView, WhoRefused
from fftui.results.plain import heading, table
from fftui.results.rates import variants
from fftui.results.view import RunSummary
from fftui.store.amounts import LABELS
from fftui.store.counts import OutcomeCounts, TargetCounts, VerdictCounts
from fftui.store.folder import database
from fftui.store.now import WindowNow
from fftui.store.writer import append
from tests.store.support import close, made, verdict
from tests.tui import fake
from tests.tui.fake import HOSTILE, NOW


def who(n: int, **parts: str) -> IdentityView:
    return IdentityView(Identity(**parts), n, fake.rates(n // 4, n))


@pytest.mark.parametrize(
    ("answered_by", "says"),
    [
        ((), ""),
        ((who(9, upstream="A"),), ""),
        ((who(31, upstream="A"), who(9, upstream="B")), "answered by 2 upstreams: A 31, B 9"),
        (
            (who(31, upstream="A"), who(9)),
            "upstream not always told: A 31, not told 9",
        ),
        (
            (who(5, upstream="A", model="x"), who(4, upstream="B", model="x"),
             who(3, upstream="A", model="y")),
            "answered by 2 upstreams: A 8, B 4; models differ too",
        ),
        (
            (who(5, digest="sha256:" + "a" * 64), who(4, digest="sha256:" + "b" * 64)),
            "answered by 2 digests of the weights: aaaaaaaaaaaa 5, bbbbbbbbbbbb 4",
        ),
    ],
)  # fmt: skip
def test_more_than_one_identity_is_said_in_words(
    answered_by: tuple[IdentityView, ...], says: str
) -> None:
    assert sentences.drift(answered_by) == says


def test_hashes_that_begin_alike_still_count_as_two() -> None:
    two = (who(5, digest="sha256:" + "a" * 20), who(4, digest="sha256:" + "a" * 21))
    assert sentences.drift(two)


@pytest.mark.parametrize(
    ("counts", "says"),
    [
        (WhoRefused(0, 0, 0, 0, 0), []),
        (WhoRefused(41, 3, 5, 2, 0),
         ["41 in its own words", "3 blocked at the input", "5 at the output", "2 unknown (empty)"]),
        (WhoRefused(0, 0, 5, 0, 0), ["5 blocked at the output"]),
    ],
)  # fmt: skip
def test_who_refused(counts: WhoRefused, says: list[str]) -> None:
    assert sentences.refused(counts) == says


@pytest.mark.parametrize(
    ("policy", "says"),
    [("exclude", "empty replies left out"), ("refusal", "empty replies counted as refusals")],
)
def test_the_policy_is_told_where_a_reply_was_empty(policy: str, says: str) -> None:
    answered = tuple(4 * (kind is OutcomeClass.ANSWERED) for kind in OutcomeClass)
    empty = tuple(2 * (kind is OutcomeClass.EMPTY) for kind in OutcomeClass)
    said = tuple(4 * (label is Label.REFUSAL) for label in (*LABELS, None))
    labels = (VerdictCounts(said, said, said, (0,) * len(said), 1, False, 1),)

    def shown(*kinds: tuple[int, ...]) -> str:
        outcomes = [OutcomeCounts(n, n, n, (0,) * len(n), 1, False) for n in kinds]
        counts = TargetCounts(tuple(outcomes), labels, (), 6, 0)
        found = {t: variants(counts, 1, policy, t) for t in Tier}  # type: ignore[arg-type]
        return sentences.policy(fake.run([fake.target(variants=found)]))

    assert shown(answered, empty) == says
    assert shown(answered) == ""


def stopped() -> RunSummary:
    return fake.run([fake.target(state=TargetState.FINISHED, in_flight=0)], state=RunState.DONE)


def test_a_run_that_stopped_early_says_so_in_plain_text_too() -> None:
    assert "stopped at width 10" in heading(stopped())
    assert "stopped at width" not in heading(replace(stopped(), stop_width=None))


def test_plain_text_has_what_the_screens_have() -> None:
    two = (who(31, upstream="A"), who(9, upstream="B"))
    target = fake.target(answered_by=two, who_refused=WhoRefused(41, 3, 5, 2, 12))
    accounts = (
        fake.account("free", WindowNow("requests/day", 50, 12, NOW, "api"), waiting=("t",),
                     places=8, spent_usd=None),
        fake.account("held", paused="key refused"),
    )  # fmt: skip
    text = table(fake.run([target], accounts=accounts))
    for said in (
        "2 identities",
        "answered by 2 upstreams: A 31, B 9",
        "A: 31 answers, strict ASR 7/31 = 22.6 % [",
        "B: 9 answers, strict ASR 2/9 = 22.2 % [",
        "refused: 41 in its own words, 3 blocked at the input, 5 at the output",
        "12 answers in the same words: perhaps a host's template",
        "1 account paused",
        "1 account waits",
        "requests/day: 12 of 50 left (api, resets ",
        "1 waiting: t",
        "8 places, adapted from 32",
        "cost unknown",
        "held: PAUSED: key refused",
    ):
        assert said in text


def test_over_refusal_never_stands_unnamed_under_the_attack_success_rate() -> None:
    attacked = fake.target(1, "attacked", 10, 50, over_refusal=fake.benign(9, "x").over_refusal)
    harmless = fake.benign(2, "harmless", 7, 60)
    rows = table(fake.run([harmless, attacked])).splitlines()
    assert any("strict ASR" in row for row in rows)
    assert any("harmless" in row and "over-refusal 7/60 = 11.7 %" in row for row in rows)
    assert any("attacked" in row and "10/50 = 20.0 %" in row for row in rows)
    assert "  over-refusal 7/60 = 11.7 % [5.8, 22.2]" in rows
    # Of a target whose attacks gave no data so far its harmless answers are no rate.
    early = fake.no_data(3, "early", attacks=2, done=9, over_refusal=harmless.over_refusal)
    assert any("early" in row and "no data" in row for row in table(fake.run([early])).splitlines())


def test_plain_text_says_why_a_target_stands_and_who_graded_it() -> None:
    held = fake.target(1, "held", state=TargetState.PAUSED, reason="33 calls gave nothing usable")
    text = table(fake.run([held, fake.target(2, "other", basis="as graded by somebody else")]))
    assert "paused: 33 calls gave nothing usable" in text
    assert "not all targets are graded alike" in text
    assert "  as graded by somebody else" in text


def test_plain_text_sends_no_control_sequence() -> None:
    two = (who(3, upstream=HOSTILE), who(2, upstream="B", model=HOSTILE))
    account = fake.account(HOSTILE, paused=HOSTILE, waiting=(HOSTILE,), reason=HOSTILE)
    run = fake.run([fake.target(name=HOSTILE, answered_by=two)], accounts=(account,))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u200b]", table(run))


KINDS = (
    *[OutcomeClass.ANSWERED] * 6, OutcomeClass.EMPTY, OutcomeClass.EMPTY,
    OutcomeClass.INPUT_FILTER, OutcomeClass.OUTPUT_FILTER, OutcomeClass.CONFIG,
)  # fmt: skip


def test_words_that_other_models_gave_too_are_told(tmp_path: Path) -> None:
    folder = made(tmp_path, scenarios=8, targets=2, graders=1)
    for scenario in range(1, 5):
        append(database(folder), replace(close(scenario), mark=100 + scenario))
    feed = Feed.open(folder)
    try:
        first = feed.poll()
        assert first is not None
        assert first.targets[0].who_refused.shared == 0
        for scenario in range(1, 4):
            append(database(folder), replace(close(scenario, target=2), mark=100 + scenario))
        # The other target's answers make those of this one suspect at once.
        run = feed.poll()
        assert run is not None
        assert [t.who_refused.shared for t in run.targets] == [3, 3]
        said = sentences.template(run.targets[0].who_refused)
        assert said == "3 in words that other models gave, too: perhaps a host's template"
    finally:
        feed.close()


def test_each_outcome_can_be_listed_alone(tmp_path: Path) -> None:
    folder = made(tmp_path, scenarios=len(KINDS), targets=2, graders=1)
    for scenario, kind in enumerate(KINDS, 1):
        # Three scenarios got these words, two those; and one of the other target's.
        mark = {1: 7, 2: 7, 3: 7, 4: 8, 5: 8}.get(scenario)
        number = append(
            database(folder), replace(close(scenario, kind=kind, cut=scenario == 6), mark=mark)
        )
        if kind is OutcomeClass.ANSWERED:
            assert number is not None
            append(database(folder), verdict(number, 1, Label.REFUSAL))
    append(database(folder), replace(close(1, target=2, identity=Identity("m", "B")), mark=8))
    feed = Feed.open(folder)
    try:
        expected = {"empty": 2, "input_filter": 1, "output_filter": 1, "failed": 1, "cut": 1,
                    "alike": 3, "answered": 6, "blocked": 2}  # fmt: skip
        assert {only: feed.attempt_count(1, only) for only in expected} == expected
        assert {row.alike for row in feed.attempts(1, 0, 9, "alike")} == {3}
        assert feed.trace(1).identities == 1
        append(database(folder), close(2, target=2, identity=Identity("m", "C")))
        newest = len(KINDS) + 2
        assert feed.trace(newest).identities == 2
        # Who turned a call away did not answer.
        turned = close(3, target=2, kind=OutcomeClass.INFRA, identity=Identity("m", "D"))
        append(database(folder), turned)
        assert feed.trace(newest).identities == 2
    finally:
        feed.close()
