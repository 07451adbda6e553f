"""What a simulated model says: decided by hash, so a retry gets the same answer."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from msgspec import Struct

from fftui.domain.labels import RATED, Label
from fftui.simulate.draw import draws, normal
from fftui.simulate.profile import DEFAULT
from fftui.simulate.texts import CHARS_PER_TOKEN, REASONING, compose, token_count

if TYPE_CHECKING:
    from fftui.simulate.conversations import Conversation
    from fftui.simulate.profile import Family, Model, Platform, Profile

BENIGN = "benign"
_ORDER = tuple(label for label in Label if label in RATED)


class Answer(Struct, frozen=True):
    """One reply of a model, before faults and limits have their say."""

    label: Label
    text: str
    reasoning: str = ""
    cut: bool = False
    """The token limit ended the text."""
    canned: bool = False
    """The host's template, instead of the model's words; its label is REFUSAL."""
    input_filtered: bool = False
    output_filtered: bool = False
    tokens_in: int = 0
    tokens_out: int = 0
    latency_s: float = 0.0
    """Seconds from request to reply, `time_scale` included."""


class _Manner(Struct, frozen=True):
    """A model's behaviour for one family on one platform, looked up once."""

    steps: tuple[tuple[float, Label], ...]
    tokens: dict[Label, float]
    latency_s: dict[Label, float]
    input_filter: float
    output_filter: float
    canned: float


class Speaker:
    """One model as one platform serves it."""

    def __init__(self, profile: Profile, platform: Platform, model: Model) -> None:
        self._key = f"{profile.seed}\x1f{platform.name}\x1f{model.name}"
        self._time_scale = profile.time_scale
        self._platform = platform
        self._model = model
        self._manners: dict[tuple[str, bool], _Manner] = {}
        tables = (
            model.families,
            platform.input_filter,
            platform.output_filter,
            platform.canned.probability if platform.canned else {},
        )
        self._known = frozenset(name for table in tables for name in table)

    def answer(
        self,
        conversation: Conversation,
        request_seed: int | None,
        max_tokens: int | None,
        *,
        thinking: bool = True,
    ) -> Answer:
        """The answer to a conversation. `max_tokens` None means no limit."""
        model = self._model
        manner = self._manner(conversation)
        draw = draws(b"fftui.answer", self._key, conversation.sha, request_seed)
        label = _pick(manner.steps, draw[0])
        latency = manner.latency_s[label] * math.exp(model.jitter * normal(draw[1]))
        tokens_in = conversation.characters // CHARS_PER_TOKEN + 1
        latency *= self._time_scale
        if draw[2] < manner.input_filter:
            return Answer(label, "", input_filtered=True, tokens_in=tokens_in)
        if draw[3] < manner.output_filter:
            return Answer(label, "", output_filtered=True, tokens_in=tokens_in, latency_s=latency)
        if self._platform.canned and draw[4] < manner.canned:
            text = self._platform.canned.text
            return Answer(
                Label.REFUSAL,
                text,
                canned=True,
                tokens_in=tokens_in,
                tokens_out=token_count(text),
                latency_s=latency,
            )
        length = manner.tokens[label] * math.exp(model.token_jitter * normal(draw[5]))
        text = compose(label, round(length), draw[6])
        reasoning = ""
        if thinking and model.reasoning and draw[7] < model.reasoning.probability:
            size = model.reasoning.tokens * CHARS_PER_TOKEN
            reasoning = (REASONING * (size // len(REASONING) + 1))[:size]
        cut = False
        if max_tokens is not None:
            room = max_tokens * CHARS_PER_TOKEN
            reasoning = reasoning[:room]
            room -= len(reasoning)
            cut = len(text) > room
            text = text[:room]
        return Answer(
            label,
            text,
            reasoning=reasoning,
            cut=cut,
            tokens_in=tokens_in,
            tokens_out=token_count(text) + token_count(reasoning),
            latency_s=latency,
        )

    def _manner(self, conversation: Conversation) -> _Manner:
        # Family names come from prompts; those the profile does not know must not fill the cache.
        family = conversation.family if conversation.family in self._known else DEFAULT
        key = (family, conversation.benign)
        if key not in self._manners:
            self._manners[key] = self._look_up(family, benign=conversation.benign)
        return self._manners[key]

    def _look_up(self, family: str, *, benign: bool) -> _Manner:
        model, platform = self._model, self._platform
        if benign and BENIGN in self._known:
            family = BENIGN
        rates = model.families.get(family, model.families[DEFAULT])
        canned = platform.canned.probability if platform.canned else {}
        return _Manner(
            steps=_steps(rates),
            tokens=_per_label(rates.tokens or model.tokens),
            latency_s=_per_label(rates.latency_s or model.latency_s),
            input_filter=_rate(platform.input_filter, family),
            output_filter=_rate(platform.output_filter, family),
            canned=_rate(canned, family),
        )


def _steps(rates: Family) -> tuple[tuple[float, Label], ...]:
    steps, total = [], 0.0
    for label in _ORDER:
        share = rates.probability(label)
        if share > 0:
            total += share
            steps.append((total, label))
    return tuple(steps)


def _pick(steps: tuple[tuple[float, Label], ...], uniform: float) -> Label:
    for upper, label in steps:
        if uniform < upper:
            return label
    return steps[-1][1]


def _per_label(table: dict[str, float]) -> dict[Label, float]:
    return {label: table.get(label.value, table.get(DEFAULT, 0.0)) for label in _ORDER}


def _rate(table: dict[str, float], family: str) -> float:
    return table.get(family, table.get(DEFAULT, 0.0))
