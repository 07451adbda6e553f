"""The raw completions of OpenAI-compatible servers such as vLLM and llama.cpp."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from fftui.platforms.body import items, part, text_of
from fftui.platforms.openai import OpenAI
from fftui.platforms.openai_requests import completion_request
from fftui.platforms.readings import document

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fftui.domain.outcomes import Outcome
    from fftui.domain.scenarios import Message
    from fftui.domain.targets import Endpoint, Sampling
    from fftui.platforms.wire import HttpReply, HttpRequest, Shape


class Completions(OpenAI):
    """See `dialect.Dialect`. A reply differs from a chat's in where the text stands."""

    def request(
        self,
        endpoint: Endpoint,
        messages: Sequence[Message],
        sampling: Sampling,
        seed: int | None,
        thinking: str,
        shape: Shape | None = None,
    ) -> HttpRequest:
        """One completion of the last message, word for word. Raises ValueError without a base URL.

        A prompt without a frame has no place for a thinking mode or for the form of a reply.
        """
        del thinking, shape
        return completion_request(endpoint, messages[-1].text, sampling, seed)

    def outcome(self, reply: HttpReply) -> Outcome:
        """The one outcome of a reply, and how probable its first word was, where that is told."""
        found = super().outcome(reply)
        told = document(reply)
        return replace(found, certainty=_certainty(told)) if isinstance(told, dict) else found


def _certainty(found: dict[str, Any]) -> float | None:
    """Probability of the word that the first token spells, summed over all tokens that spell it.

    vLLM lists them as the old completions API does, llama.cpp as chat completions do.
    """
    choices = items(found.get("choices"))
    told = part(choices[0], "logprobs") if choices else {}
    first = [part(one) for one in items(told.get("content"))[:1]]
    listed: Iterable[tuple[object, object]]
    if first:
        said, own = first[0].get("token"), first[0].get("logprob")
        others = [part(one) for one in items(first[0].get("top_logprobs"))]
        listed = [(one.get("token"), one.get("logprob")) for one in others]
    else:
        said = next(iter(items(told.get("tokens"))), None)
        own = next(iter(items(told.get("token_logprobs"))), None)
        listed = part(next(iter(items(told.get("top_logprobs"))), None)).items()
    word = _word(said)
    same = [log for token, log in listed if _word(token) == word] or [own]
    chances = [math.exp(log) for log in same if isinstance(log, int | float) and log <= 0]
    return min(1.0, sum(chances)) if word and chances else None


def _word(token: object) -> str:
    return text_of(token).strip().casefold()
