"""What a probe brought, as a value and in words."""

from __future__ import annotations

from msgspec import Struct, field, to_builtins

from fftui.domain.outcomes import Identity, OutcomeClass, Usage
from fftui.results.sentences import facts

MENDS = {
    OutcomeClass.EMPTY: "the reply holds no text: try the model by hand, or set thinking",
    OutcomeClass.INPUT_FILTER: "the platform filters even this prompt: look at its moderation",
    OutcomeClass.OUTPUT_FILTER: "the platform filters even this answer: look at its moderation",
    OutcomeClass.RATE_LIMITED: "wait; the plan's limits may be higher than the platform's",
    OutcomeClass.QUOTA: "the account's credit or quota is spent: add to it, or wait for its reset",
    OutcomeClass.INFRA: "is the address right, is the server up, does a proxy stand between?",
    OutcomeClass.CONFIG: "look at key, model name and base_url in the plan",
}
"""What a person can do about a probe that failed."""


class Probed(Struct, frozen=True):
    """What came back from one target or judge. Texts may hold what a platform wrote."""

    name: str
    judge: bool
    ok: bool
    """It answered; an answer cut by the token limit and an empty one of a thinking model too."""
    outcome: OutcomeClass | None
    """`None`: nothing was sent."""
    signal: str
    """The evidence for the outcome, or why nothing was sent."""
    mend: str
    """What a person can do; empty where nothing is needed."""
    identity: Identity = field(default_factory=Identity)
    latency_ms: float | None = None
    usage: Usage = field(default_factory=Usage)
    budget: tuple[str, ...] = ()
    """Windows as the reply states them, in words."""
    notes: tuple[str, ...] = ()
    """What else the server told, one line each."""

    @property
    def lines(self) -> tuple[str, ...]:
        """The same in words: who and what came, then one line for each thing known."""
        kind = "judge " if self.judge else ""
        said = "not sent" if self.outcome is None else self.outcome.value.replace("_", " ")
        took = f", {self.latency_ms:.0f} ms" if self.latency_ms is not None else ""
        used = "".join(f", {part}" for part in self._used) if self.outcome is not None else ""
        head = f"{kind}{self.name}: {'ok' if self.ok else 'FAILED'}, {said}{took}{used}"
        known = ", ".join(facts(self.identity))
        return (
            head if self.ok else f"{head}: {self.signal}",
            *((f"mend: {self.mend}",) if self.mend else ()),
            *((f"answered by {known}",) if known else ()),
            *((f"says {'; '.join(self.budget)}",) if self.budget else ()),
            *self.notes,
        )

    @property
    def _used(self) -> list[str]:
        """Tokens and money, where they are known; that money is unknown is worth a word."""
        cost = self.usage.cost_usd
        counts = [(self.usage.tokens_in, "in"), (self.usage.tokens_out, "out")]
        tokens = " + ".join(f"{n} {way}" for n, way in counts if n is not None)
        paid = "cost unknown" if cost is None else f"${cost:.4g}"
        return [f"{tokens} tokens", paid] if tokens else [paid]

    def to_json(self) -> dict[str, object]:
        """As plain data."""
        return {
            "name": self.name,
            "kind": "judge" if self.judge else "target",
            "ok": self.ok,
            "outcome": self.outcome.value if self.outcome else None,
            "signal": self.signal,
            "mend": self.mend or None,
            "identity": to_builtins(self.identity),
            "latency_ms": self.latency_ms,
            "tokens_in": self.usage.tokens_in,
            "tokens_out": self.usage.tokens_out,
            "cost_usd": self.usage.cost_usd,
            "budget": list(self.budget),
            "notes": list(self.notes),
            "lines": list(self.lines),
        }
