"""What is measured: weights as served by one platform under fixed settings."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct, to_builtins

DIALECTS = ("openai", "anthropic", "ollama", "completions")
PLATFORMS = ("openrouter", "openai", "anthropic", "ollama", "openai-compatible", "local", "sim")

_Amount = Annotated[float, Meta(ge=0, le=1e15)]
FREE = ":free"
"""How OpenRouter's models without charge end."""


class Sampling(Struct, frozen=True):
    """Sampling parameters, each of them sent explicitly."""

    temperature: _Amount = 0.0
    max_tokens: Annotated[int, Meta(ge=0)] = 512
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None


class Price(Struct, frozen=True):
    """What a model costs, in USD per million tokens."""

    input: _Amount
    output: _Amount

    def of(self, tokens_in: float, tokens_out: float) -> float:
        """USD for so many tokens."""
        return (self.input * tokens_in + self.output * tokens_out) / 1e6


class Endpoint(Struct, frozen=True):
    """Where a call goes. It never holds a key: `account` names who pays."""

    platform: str
    """One of `PLATFORMS`."""
    dialect: str
    """Wire dialect: one of `DIALECTS`."""
    base_url: str
    """Empty for servers that the engine starts itself (`local`, `sim`)."""
    model: str
    account: str
    upstream: tuple[str, ...] = ()
    """Hosts that a router may use, and no other; empty leaves the choice to it."""
    quantisations: tuple[str, ...] = ()
    """Quantisations that a router may use, by its labels; empty: any."""
    stream: bool = False
    """Ask for a streamed reply, where a platform gives no other."""
    price: Price | None = None
    """`None`: unknown, never zero."""

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Endpoint:
        """The inverse of `to_builtins`, also after a trip through JSON."""
        rest = dict(data)
        for name in ("upstream", "quantisations"):
            rest[name] = tuple(rest.get(name, ()))
        price = rest.get("price")
        rest["price"] = Price(**price) if price else None
        return cls(**rest)


class Target(Struct, frozen=True):
    """weights x platform x upstream x quantisation x tier x sampling x thinking x system prompt."""

    name: str
    endpoint: Endpoint
    maker: str = ""
    weights: str = ""
    quantisation: str = ""
    tags: tuple[str, ...] = ()
    sampling: Sampling = Sampling()
    thinking: str = ""
    system_prompt: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The target as plain data, for the store and for exports."""
        found: dict[str, Any] = to_builtins(self)
        return found

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Target:
        """The inverse of `to_dict`, also after a trip through JSON."""
        rest = dict(data)
        endpoint = Endpoint.from_dict(rest.pop("endpoint"))
        sampling = Sampling(**rest.pop("sampling"))
        rest["tags"] = tuple(rest.get("tags", ()))
        return cls(endpoint=endpoint, sampling=sampling, **rest)
