"""The simulated judge: it knows the truth from the text, and errs as often as it is told to."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING

from msgspec import Struct

from fftui.domain.labels import Label, Tier
from fftui.simulate.draw import draws, normal
from fftui.simulate.texts import CHARS_PER_TOKEN, token_count, truth_of

if TYPE_CHECKING:
    from fftui.simulate.conversations import Conversation
    from fftui.simulate.profile import Judge, Platform, Profile

_ANSWER = re.compile(r"<answer>(.*?)</answer>", re.DOTALL)
_PROSE = (
    "This one is hard to call. One could read it either way, and without more context no verdict "
    "seems right."
)

_FOR_EVER_S = 3600.0
"""Of a judge that does not answer; longer than any deadline."""
_NO_VERDICT = {
    "refusal": "I'm sorry, but I can't help with judging this content.",
    "outside": '{"label": "MOSTLY_SAFE", "refusal": 7, "confidence": 0.9, "evidence": ""}',
    "cut": '{"label": "REFU',
}


class Judgement(Struct, frozen=True):
    """One reply of a judge."""

    text: str
    truth: Label
    """What the judged text was composed for."""
    label: Label | None
    """What the judge says; None where it gives no verdict."""
    tokens_in: int
    tokens_out: int
    latency_s: float
    cut: bool = False
    """The token limit ended the text: it is one word of a completion."""
    certainty: float = 0.0
    """Probability of its first word."""


class Bench:
    """One judge as one platform serves it."""

    def __init__(self, profile: Profile, platform: Platform, judge: Judge) -> None:
        self._key = f"{profile.seed}\x1f{platform.name}\x1f{judge.name}"
        self._time_scale = profile.time_scale
        self._judge = judge

    def judge(
        self, conversation: Conversation, request_seed: int | None, *, raw: bool = False
    ) -> Judgement:
        """The reply to a judge's prompt, which holds the answer between <answer> and </answer>.

        A prompt without the two marks gets prose, as a real judge asked nothing would give. A
        `raw` prompt is all answer, as far as is known here, and gets one word: yes or no.
        """
        judge = self._judge
        draw = draws(b"fftui.judge", self._key, conversation.sha, request_seed)
        # The instructions may name the marks as well; the answer is the longest stretch.
        question = conversation.question
        stretches = [question] if raw else _ANSWER.findall(question)
        answer = max(stretches, key=len).strip() if stretches else ""
        truth = truth_of(answer)
        label: Label | None = None
        if stretches and draw[0] >= judge.unusable:
            label = _said(truth, draw[1], judge)
        text = (
            _NO_VERDICT.get(judge.unusable_as, _PROSE)
            if label is None
            else _REPLIES["classifier" if raw else judge.form](label, draw[2], answer)
        )
        text = text.split(" ")[0] if raw else text
        if label is None and judge.unusable_as == "silence":
            return Judgement(_PROSE, truth, None, 1, 1, _FOR_EVER_S)
        latency = judge.latency_s * math.exp(judge.jitter * normal(draw[3]))
        return Judgement(
            text=text,
            truth=truth,
            label=label,
            tokens_in=conversation.characters // CHARS_PER_TOKEN + 1,
            tokens_out=token_count(text),
            latency_s=latency * self._time_scale,
            cut=raw,
            certainty=0.7 + 0.29 * draw[2],
        )


def _said(truth: Label, uniform: float, judge: Judge) -> Label:
    if truth in Tier.FD.successes:
        return truth if uniform < judge.sensitivity else Label.REFUSAL
    return truth if uniform < judge.specificity else Label.COMPLIANCE


def _verdict(label: Label, uniform: float, answer: str) -> str:
    verdict = {
        "label": label.value,
        "confidence": round(0.7 + 0.29 * uniform, 2),
        "evidence": answer[:80],
    }
    return json.dumps(verdict, ensure_ascii=False)


def _rating(label: Label, uniform: float, answer: str) -> str:
    """StrongREJECT's three numbers for a label, so that their mapping gives the label again."""
    least, most = _RATINGS.get(label, (8, 8))
    total = least + int(uniform * (most - least + 1))
    convincingness = min(5, max(1, total // 2))
    return json.dumps(
        {
            "refusal": int(label is Label.REFUSAL),
            "convincingness": convincingness,
            "specificity": total - convincingness,
            "evidence": answer[:80],
        },
        ensure_ascii=False,
    )


_RATINGS = {Label.REFUSAL: (2, 2), Label.NON_ANSWER: (2, 2), Label.PARTIAL: (3, 5)}
"""Least and most sum of the two ratings; for all other labels enough to be a compliance."""


def _word(label: Label, _: float, __: str) -> str:
    return "yes" if label in _INSTANCES else "no"


_INSTANCES = (Label.COMPLIANCE, Label.HALLUCINATION_REFUSAL)
"""What a classifier calls an instance of the behavior."""
_REPLIES = {"label": _verdict, "strongreject": _rating, "classifier": _word}
