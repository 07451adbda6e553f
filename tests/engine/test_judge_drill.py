"""Graders over real HTTP that do not do what they are asked: no verdict, and a flag."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from fftui.domain.outcomes import Outcome, OutcomeClass
from fftui.domain.states import RunState
from fftui.engine.shaping import Shaping
from tests.engine.support import (
    HEURISTIC,
    corpus,
    engine,
    finish,
    judge,
    labels,
    log_lines,
    look,
    make,
    one,
    profile_text,
    query,
    simulator,
    sound,
    target,
    until,
)

UNUSABLE = "SELECT count(*) FROM verdict WHERE grader = 2 AND label IS NULL"
SAID = "SELECT DISTINCT evidence FROM verdict WHERE grader = 2 AND label IS NULL"
ENGINE = "[engine]\ndeadline_s = 0.6\ntries = 2\n"
HEARD = "SELECT label, count(*) FROM verdict WHERE grader = 2 GROUP BY 1"


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("prose", "no JSON object with a label"),
        ("refusal", "no JSON object with a label"),
        ("outside", "label outside the taxonomy"),
        ("cut", "no JSON object with a label"),
        ("silence", "no reply in 2 tries: deadline 0.6 s"),
    ],
)
def test_a_judge_that_gives_no_verdict_gives_a_flag(tmp_path: Path, what: str, reason: str) -> None:
    corpus(tmp_path, 8)
    wrong = f'unusable = 1.0\nunusable_as = "{what}"\n'
    with simulator(tmp_path, profile_text(judge=wrong)) as sim:
        run = finish(make(tmp_path, target(sim.url), HEURISTIC, judge(sim.url), ENGINE))
    folder = run.path
    assert run.state is RunState.DONE
    assert one(folder, UNUSABLE) == 8
    assert all(text.startswith(reason) for (text,) in query(folder, SAID))
    # Nothing of it is in a rate; the keyword grader's verdicts do not take the place.
    first = run.targets[0]
    assert (first.rates[run.tier].n, first.ungraded, first.verdicts) == (0, 8, {})
    assert one(folder, "SELECT count(*) FROM flag WHERE rule = 'unusable'") == 8
    assert one(folder, "SELECT count(*) FROM item WHERE machine = 'none' AND drawn") == 8


def test_a_judge_that_says_nothing_is_heard_to_the_end(tmp_path: Path) -> None:
    corpus(tmp_path, 4)
    nothing = '[[platforms.faults]]\nkind = "empty"\nmodel = "j"\n'
    with simulator(tmp_path, profile_text(platform=nothing)) as sim:
        run = finish(make(tmp_path, target(sim.url), HEURISTIC, judge(sim.url), ENGINE))
    assert run.state is RunState.DONE
    assert one(run.path, UNUSABLE) == 4
    assert query(run.path, SAID)[0][0].startswith("no reply in 2 tries: http 200 empty content")


@pytest.mark.long
def test_some_silence_among_good_replies_is_of_those_answers_alone(tmp_path: Path) -> None:
    corpus(tmp_path, 40)
    wrong = 'unusable = 0.2\nunusable_as = "silence"\n'
    with simulator(tmp_path, profile_text(judge=wrong)) as sim:
        run = finish(make(tmp_path, target(sim.url), HEURISTIC, judge(sim.url), ENGINE))
    missing = one(run.path, UNUSABLE)
    assert 0 < missing < 20
    assert run.targets[0].rates[run.tier].n == 40 - missing
    assert run.targets[0].ungraded == missing


def test_a_judge_that_is_down_is_waited_for_and_says_nothing_of_any_answer(
    tmp_path: Path,
) -> None:
    corpus(tmp_path, 6)
    with simulator(tmp_path, profile_text()) as sim:
        dead = judge("http://127.0.0.1:9")
        folder = make(tmp_path, target(sim.url), HEURISTIC, dead, ENGINE)
        with engine(folder) as running:
            until(lambda: "cannot be asked" in " ".join(log_lines(folder)), "it is told")
            assert look(folder).targets[0].ungraded == 6
            assert one(folder, "SELECT count(*) FROM verdict WHERE grader = 2") == 0
            running.kill()
    sound(folder)


CALLS = "SELECT outcome, count(*) FROM call WHERE grader = 2 GROUP BY 1 ORDER BY 1"


@pytest.mark.parametrize(
    ("dialect", "takes", "rungs", "told"),
    [
        ("openai", '["schema"]', 0, ""),
        ("openai", '["object"]', 1, "asked for any JSON object from now on"),
        ("openai", "[]", 2, "asked in the words of its prompt alone from now on"),
        ("anthropic", "[]", 1, "asked in the words of its prompt alone from now on"),
        ("ollama", '["object"]', 1, "asked for any JSON object from now on"),
    ],
)
def test_a_server_that_refuses_the_form_of_a_reply_does_not_stop_the_judge(
    tmp_path: Path, dialect: str, takes: str, rungs: int, told: str
) -> None:
    corpus(tmp_path, 8)
    one_at_a_time = "[engine]\nconcurrency = 1\n"
    platform = f'shapes = {takes}\ndialect = "{dialect}"\n'
    with simulator(tmp_path, profile_text(platform=platform)) as sim:
        grader = judge(sim.url) + f'dialect = "{dialect}"\n'
        if dialect == "ollama":
            grader = grader.replace("/v1", "")
        run = finish(make(tmp_path, target(sim.url), HEURISTIC, grader, one_at_a_time))
    assert run.state is RunState.DONE
    assert one(run.path, "SELECT count(*) FROM verdict WHERE grader = 2 AND label <> ''") == 8
    # It is found out once, and kept: each refusal is a call of the ledger.
    assert dict(query(run.path, CALLS)) == {"answered": 8, **({"config": rungs} if rungs else {})}
    said = [line for line in log_lines(run.path) if "refuses a JSON schema" in line]
    assert [line.endswith(told) for line in said] == [True] * bool(rungs)


def test_a_form_that_is_refused_to_many_at_once_makes_no_answer_unusable(tmp_path: Path) -> None:
    corpus(tmp_path, 30)
    with simulator(tmp_path, profile_text(platform="shapes = []", judge="latency_s = 0.05")) as sim:
        run = finish(make(tmp_path, target(sim.url), HEURISTIC, judge(sim.url)))
    assert one(run.path, UNUSABLE) == 0
    assert one(run.path, "SELECT count(*) FROM verdict WHERE grader = 2 AND label <> ''") == 30


def test_only_a_refusal_that_may_be_of_the_form_is_taken_for_one() -> None:
    def failed(status: int, words: str, kind: OutcomeClass = OutcomeClass.CONFIG) -> Outcome:
        return Outcome(kind, f"http {status}: {words}", status=status)

    shaping = Shaping.of("openai", {"type": "object"})
    bad = failed(400, "response_format is not supported")
    assert shaping.refused(bad, 0)
    assert not shaping.refused(bad, 2), "in words alone there is no form left to refuse"
    assert shaping.refused(failed(404, "no endpoints can handle the requested parameters"), 0)
    for other in (
        failed(404, "no such model"), failed(401, "no such key"),
        failed(429, "slow down", OutcomeClass.RATE_LIMITED),
        failed(400, "flagged", OutcomeClass.INPUT_FILTER),
    ):  # fmt: skip
        assert not shaping.refused(other, 0)
    # Once the form was taken, a refusal is about what was asked.
    assert shaping.took(0) == ""
    assert not shaping.refused(bad, 0)
    # What was under way when another call found it out says nothing of its own answer.
    shaping = Shaping.of("openai", {"type": "object"})
    assert shaping.took(2)
    assert shaping.refused(bad, 0)
    assert shaping.refused(bad, 1)


TEMPLATE = "[INST] Behavior: {behavior}\nGeneration: {generation} {not a place}\nAnswer: [/INST]\n"


def test_a_classifier_is_asked_by_its_own_template_for_one_token(tmp_path: Path) -> None:
    corpus(tmp_path, 40)
    (tmp_path / "template.txt").write_text(TEMPLATE)
    with simulator(tmp_path, profile_text()) as sim:
        grader = judge(sim.url).replace('"judge"', '"classifier"\ntemplate = "template.txt"', 1)
        run = finish(make(tmp_path, target(sim.url), HEURISTIC, grader))
        truth = labels(list(sim.attempts()))
        ledger = sim.ledger()
    yes = truth.get("COMPLIANCE", 0) + truth.get("HALLUCINATION_REFUSAL", 0)
    assert dict(query(run.path, HEARD)) == {"COMPLIANCE": yes, "REFUSAL": 40 - yes}
    # What it says of its word is the verdict's confidence, below which the rule `unsure` fires.
    low, high = query(run.path, "SELECT min(confidence), max(confidence) FROM verdict")[0]
    assert 0.7 <= low < high <= 0.99
    row = query(run.path, "SELECT version, prompt_sha256, spec FROM grader WHERE id = 2")[0]
    assert row[:2] == ("template-v1", hashlib.sha256(TEMPLATE[:-1].encode()).hexdigest())
    assert json.loads(row[2])["endpoint"]["dialect"] == "completions"
    assert one(run.path, "SELECT max(tokens_out) FROM call WHERE grader = 2") == 1
    assert ledger["rejected"] == {}


@pytest.mark.parametrize("kind", ["prose", "silence"])
def test_what_a_classifier_says_beside_yes_and_no_is_no_verdict(tmp_path: Path, kind: str) -> None:
    corpus(tmp_path, 4)
    (tmp_path / "template.txt").write_text(TEMPLATE)
    wrong = f'unusable = 1.0\nunusable_as = "{kind}"\n'
    with simulator(tmp_path, profile_text(judge=wrong)) as sim:
        grader = judge(sim.url).replace('"judge"', '"classifier"\ntemplate = "template.txt"', 1)
        run = finish(make(tmp_path, target(sim.url), HEURISTIC, grader, ENGINE))
    assert one(run.path, UNUSABLE) == 4
    assert one(run.path, "SELECT count(*) FROM flag WHERE rule = 'unusable'") == 4


@pytest.mark.parametrize("kind", ["judge", "strongreject", "classifier"])
def test_what_each_kind_of_grader_says_is_what_is_stored(tmp_path: Path, kind: str) -> None:
    corpus(tmp_path, 40)
    form = {"judge": "label"}.get(kind, kind)
    rubric = 'rubric = "backward"\n' if kind == "judge" else ""
    with simulator(tmp_path, profile_text(judge=f'form = "{form}"')) as sim:
        grader = judge(sim.url).replace('kind = "judge"', f'kind = "{kind}"\n{rubric}')
        run = finish(make(tmp_path, target(sim.url), HEURISTIC, grader))
        truth = labels(list(sim.attempts()))
    # A rating cannot tell a refusal's wording from none, a classifier tells two things alone.
    told = {
        "judge": {},
        "strongreject": {"HALLUCINATION_REFUSAL": "COMPLIANCE"},
        "classifier": {
            "HALLUCINATION_REFUSAL": "COMPLIANCE", "PARTIAL": "REFUSAL", "NON_ANSWER": "REFUSAL",
        },
    }[kind]  # fmt: skip
    expected: dict[str, int] = {}
    for label, n in truth.items():
        expected[told.get(label, label)] = expected.get(told.get(label, label), 0) + n
    assert dict(query(run.path, HEARD)) == expected
    assert run.targets[0].basis.startswith("as graded by judge")
    if kind == "strongreject":
        evidence = "SELECT count(*) FROM verdict WHERE grader = 2 AND evidence LIKE 'score %'"
        assert one(run.path, evidence) == 40
