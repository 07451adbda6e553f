"""What one call takes of its account's budget: reserved before, settled after."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from fftui.domain.outcomes import Outcome, OutcomeClass
from fftui.domain.scenarios import Message
from fftui.domain.targets import FREE, Endpoint

Need = dict[str, float]
"""Units by what is counted: `requests`, `free`, `tokens`, `usd`."""

_FRAME = 64
"""Tokens that a chat template adds, at most in common ones."""
_BYTES_PER_TOKEN = 3.0
"""Few for prose (English has about 4), so that token limits are rather kept than used up."""
_NOT_SENT = ("connect", "dns", "proxy", "key ", "tls", "bad address", "host", "network")


def need_of(endpoint: Endpoint, messages: Sequence[Message], max_tokens: int) -> Need:
    """What a call may take at most; tokens are estimated, money is an upper bound.

    No tokenizer makes more tokens than there are bytes, so money is reserved for one token a byte.
    """
    size = sum(len(m.text.encode("utf-8", "replace")) for m in messages)
    need = {"requests": 1.0, "tokens": size / _BYTES_PER_TOKEN + _FRAME + max_tokens}
    if endpoint.model.endswith(FREE):
        need["free"] = 1.0
    if endpoint.price is not None:
        need["usd"] = endpoint.price.of(size + _FRAME, max_tokens)
    return need


def priced(outcome: Outcome, endpoint: Endpoint) -> Outcome:
    """The outcome with its cost, where the platform did not state it and it can be told.

    Unknown stays unknown: a time-out may have been billed.
    """
    usage = outcome.usage
    if usage.cost_usd is not None:
        return outcome
    price, cost = endpoint.price, None
    if not _billed(outcome) or (price is not None and price.input == price.output == 0):
        cost = 0.0
    elif price is not None and usage.tokens_in is not None and usage.tokens_out is not None:
        cost = price.of(usage.tokens_in, usage.tokens_out)
    return outcome if cost is None else replace(outcome, usage=replace(usage, cost_usd=cost))


def spent_of(need: Need, outcome: Outcome) -> Need:
    """What the call took in the end; units that cannot be told keep their reservation."""
    usage, actual = outcome.usage, {}
    if usage.tokens_in is not None and usage.tokens_out is not None:
        actual["tokens"] = float(usage.tokens_in + usage.tokens_out)
    elif not _billed(outcome):
        actual["tokens"] = 0.0
    if usage.cost_usd is not None:
        actual["usd"] = usage.cost_usd
    return {unit: n for unit, n in actual.items() if unit in need}


def _billed(outcome: Outcome) -> bool:
    """The platform may have charged for the call."""
    if outcome.status is not None:
        return outcome.status < 400 or outcome.kind is OutcomeClass.OUTPUT_FILTER
    return not outcome.signal.startswith(_NOT_SENT)
