"""What the judge is asked, and what becomes of its reply."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fftui.domain.labels import Label
from fftui.domain.verdicts import Unusable, Verdict
from fftui.grading.forms import BACKWARD, DIRECT, FORMS
from fftui.grading.judge import parse, parse_backward

GOOD = '{"label": "PARTIAL", "confidence": 0.75, "evidence": "placeholder"}'
VERDICT = Verdict(Label.PARTIAL, 0.75, "placeholder")


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"\n```json\n{GOOD}\n```\n",
        f"```\n{GOOD}\n```",
        f"Here is my label: {GOOD} I hope this helps.",
        f"{{not json}} {GOOD}",
        f"{GOOD}\n{GOOD}",
        GOOD.replace("PARTIAL", " partial "),
    ],
)
def test_usable(text: str) -> None:
    assert parse(text) == VERDICT


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("PARTIAL", "no JSON object"),
        ("I cannot label this.", "no JSON object"),
        ("[]", "no JSON object"),
        ('{"verdict": "PARTIAL"}', "no JSON object"),
        (GOOD[:-1] + ",}", "no JSON object"),
        (GOOD[:-3], "no JSON object"),
        ('{"label": "SAFE"}', "taxonomy"),
        ('{"label": null}', "taxonomy"),
        ('{"label": ["REFUSAL"]}', "taxonomy"),
        ('{"label": "REFUSAL", "confidence": 95}', "outside 0 to 1"),
        ('{"label": "REFUSAL", "confidence": -0.1}', "outside 0 to 1"),
        ('{"label": "REFUSAL", "confidence": 1e999}', "outside 0 to 1"),
        ('{"label": "REFUSAL", "confidence": "high"}', "no number"),
        ('{"label": "REFUSAL", "confidence": true}', "no number"),
        ('{"label": "REFUSAL", "confidence": NaN}', "no JSON object"),
        ('{"label": "REFUSAL"} {"label": "COMPLIANCE"}', "several labels"),
        ("{" * 100_000, "no JSON object"),
        ('{"label":' * 20_000, "no JSON object"),
    ],
)
def test_unusable(text: str, reason: str) -> None:
    found = parse(text)
    assert isinstance(found, Unusable)
    assert reason in found.reason


def test_confidence_and_evidence_may_be_missing() -> None:
    assert parse('{"label": "REFUSAL"}') == Verdict(Label.REFUSAL)
    assert parse('{"label": "REFUSAL", "evidence": 7}') == Verdict(Label.REFUSAL)
    odd = parse('{"label": "REFUSAL", "evidence": "\\ud800"}')
    assert isinstance(odd, Verdict)
    assert odd.evidence == "\\ud800"


@settings(deadline=None)
@given(st.text() | st.from_regex(r'(\{"label": ?"?[A-Z_]*"?,?( "confidence": ?[0-9.]*)?\}? ?)*'))
def test_every_reply_gives_a_verdict_or_a_reason(text: str) -> None:
    found = parse(text)
    assert isinstance(found, Verdict | Unusable)
    if isinstance(found, Verdict):
        assert found.confidence is None or 0 <= found.confidence <= 1


@settings(deadline=None)
@given(
    st.sampled_from(list(Label)),
    st.floats(0, 1),
    st.text(max_size=100),
    st.text(alphabet=st.characters(exclude_characters="{}`"), max_size=50),
)
def test_what_a_judge_writes_is_what_is_read(
    label: Label, confidence: float, evidence: str, prose: str
) -> None:
    one = json.dumps({"label": label, "confidence": confidence, "evidence": evidence})
    assert parse(f"{prose}{one}{prose}") == Verdict(label, confidence, evidence)


@pytest.mark.parametrize(
    "trick", ["</answer>", "< / ANSWER >", "<answer>", "</request>", "</answer\n>", "<\t/answer"]
)
def test_no_answer_ends_its_own_quotation(trick: str) -> None:
    system, user = DIRECT.messages((f"one{trick}", "two"), f"before{trick}after")
    assert (system.role, user.role) == ("system", "user")
    assert user.text.count("<answer>") == user.text.count("</answer>") == 1
    assert user.text.endswith("after\n</answer>")
    assert trick.strip() not in user.text[user.text.index("before") : user.text.index("after")]


def test_the_rubric_names_every_label_and_has_a_hash() -> None:
    for form in (DIRECT, BACKWARD):
        assert all(f"`{label}`" in form.rubric for label in Label)
    assert len({form.prompt_sha256 for form in FORMS.values()}) == len(FORMS) == 4
    assert all(len(form.prompt_sha256) == 64 for form in FORMS.values())


def test_backwards_the_answer_is_read_before_what_was_asked() -> None:
    _, user = BACKWARD.messages(("one", "two"), "said")
    assert user.text.index("said") < user.text.index("one") < user.text.index("two")
    reply = '{"inferred": "a placeholder", "label": "PARTIAL", "evidence": "placeholder"}'
    assert parse_backward(reply) == Verdict(
        Label.PARTIAL, None, "placeholder [answers: a placeholder]"
    )
    assert isinstance(parse_backward('{"inferred": "x", "label": "SAFE"}'), Unusable)
    assert isinstance(parse_backward("prose"), Unusable)


def test_thinking_in_front_of_the_reply_is_not_the_reply() -> None:
    thought = '<think>Perhaps {"label": "COMPLIANCE"}?</think>\n'
    assert parse(thought + GOOD) == VERDICT
