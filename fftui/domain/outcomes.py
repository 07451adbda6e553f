"""What the transport gave: one `Outcome` per HTTP call."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct, field

MANY = 100
"""`retries` where nothing but the plan's own cap ends the trying."""


class OutcomeClass(StrEnum):
    """The class of an outcome. Only `ANSWERED` is ever graded."""

    ANSWERED = "answered"
    EMPTY = "empty"
    INPUT_FILTER = "input_filter"
    OUTPUT_FILTER = "output_filter"
    RATE_LIMITED = "rate_limited"
    QUOTA = "quota"
    INFRA = "infra"
    CONFIG = "config"

    @property
    def blocked(self) -> bool:
        """A platform's filter stopped the prompt or the answer."""
        return self in (OutcomeClass.INPUT_FILTER, OutcomeClass.OUTPUT_FILTER)

    @property
    def failed(self) -> bool:
        """Nothing about the model was learnt."""
        return self in (OutcomeClass.INFRA, OutcomeClass.CONFIG)

    @property
    def puts_back(self) -> bool:
        """The attempt stays open: the account, not the model, said no."""
        return self is OutcomeClass.RATE_LIMITED or self is OutcomeClass.QUOTA


class Identity(Struct, frozen=True, gc=False):
    """Who answered, as far as the reply tells. Unknown parts are empty strings."""

    model: str = ""
    """Model name in the reply, which is not always the one asked for."""
    upstream: str = ""
    """Host that the platform routed to."""
    digest: str = ""
    """Hash of the weights, where the platform states one."""
    quantisation: str = ""
    fingerprint: str = ""
    """Backend configuration mark, such as OpenAI's `system_fingerprint`."""
    parameters: str = ""
    """Size of the weights as the server states it, such as `4.0B`."""
    template: str = ""
    """Hash of the chat template, where the server shows it."""
    server: str = ""
    """Name and version of the serving software, such as `ollama 0.9.1`."""

    def over(self, served: Identity) -> Identity:
        """This reply's identity, with what the server told of itself where the reply is silent."""
        if served == _NOBODY:
            return self
        merged = {
            name: getattr(self, name) or getattr(served, name)
            for name in Identity.__struct_fields__
        }
        return Identity(**merged)


_NOBODY = Identity()


class Usage(Struct, frozen=True, gc=False):
    """Tokens and cost of one call; `None` is unknown, never zero."""

    tokens_in: int | None = None
    tokens_out: int | None = None
    cost_usd: float | None = None


class BudgetReading(Struct, frozen=True):
    """One limit of an account as a reply's headers state it."""

    kind: str
    """`requests/minute`, `requests/day`, `tokens/minute`, `tokens/day` or `usd`."""
    limit: float | None
    remaining: float | None
    resets_at: float | None
    """Epoch seconds, or `None` where the platform does not say."""
    source: str = "header"
    """`header`, or `api` where the platform's key endpoint says it."""


class Outcome(Struct, frozen=True, gc=False):
    """One call's result, ready to be stored."""

    kind: OutcomeClass
    signal: str
    """The evidence that decided the class, e.g. `http 429` or `finish_reason=length`."""
    text: str = ""
    reasoning: str = ""
    """Thinking text, kept apart from the answer."""
    cut: bool = False
    """The token limit ended the answer."""
    finish: str = ""
    """Finish reason in the words of whoever generated the answer (the native one, where told)."""
    identity: Identity = field(default_factory=Identity)
    usage: Usage = field(default_factory=Usage)
    status: int | None = None
    """HTTP status, `None` when no reply came."""
    retries: int = 0
    """How often the same call may be sent again after this failure, at most."""
    at_once: bool = False
    """The first of these retries needs no wait: a kept connection had gone stale, no more."""
    retry_after: float | None = None
    """Seconds the platform asks to wait, 0 to 600."""
    budget: tuple[BudgetReading, ...] = ()
    clock_skew_s: float | None = None
    """How far the platform's clock is ahead of ours, `None` where its reply does not say."""
    request_id: str = ""
    certainty: float | None = None
    """Probability of the first word of the text, where the reply tells it."""
    echoed: bool = False
    """The reply repeated a key; what stands here has it replaced."""

    @property
    def retryable(self) -> bool:
        """The same call may succeed when sent again."""
        return self.retries > 0
