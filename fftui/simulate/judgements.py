"""The simulated judge: it knows the truth from the text, and errs as often as it is told to."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

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


@dataclass(frozen=True, slots=True)
class Judgement:
    """One reply of a judge."""

    text: str
    truth: Label
    """What the judged text was composed for."""
    label: Label | None
    """What the judge says; None where it gives no verdict."""
    tokens_in: int
    tokens_out: int
    latency_s: float


class Bench:
    """One judge as one platform serves it."""

    def __init__(self, profile: Profile, platform: Platform, judge: Judge) -> None:
        self._key = f"{profile.seed}\x1f{platform.name}\x1f{judge.name}"
        self._time_scale = profile.time_scale
        self._judge = judge

    def judge(self, conversation: Conversation, request_seed: int | None) -> Judgement:
        """The reply to a judge's prompt, which holds the answer between <answer> and </answer>.

        A prompt without the two marks gets prose, as a real judge asked nothing would give.
        """
        judge = self._judge
        draw = draws(b"fftui.judge", self._key, conversation.sha, request_seed)
        # The instructions may name the marks as well; the answer is the longest stretch.
        stretches = _ANSWER.findall(conversation.question)
        answer = max(stretches, key=len).strip() if stretches else ""
        truth = truth_of(answer)
        label: Label | None = None
        if stretches and draw[0] >= judge.unusable:
            label = _said(truth, draw[1], judge)
        text = _PROSE if label is None else _verdict(label, draw[2], answer)
        latency = judge.latency_s * math.exp(judge.jitter * normal(draw[3]))
        return Judgement(
            text=text,
            truth=truth,
            label=label,
            tokens_in=conversation.characters // CHARS_PER_TOKEN + 1,
            tokens_out=token_count(text),
            latency_s=latency * self._time_scale,
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
