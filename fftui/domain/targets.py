"""What is measured: weights as served by one platform under fixed settings."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

PLATFORMS = ("openrouter", "openai", "anthropic", "ollama", "openai-compatible", "local", "sim")


@dataclass(frozen=True, slots=True)
class Sampling:
    """Sampling parameters, each of them sent explicitly."""

    temperature: float = 0.0
    max_tokens: int = 512
    top_p: float | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a call goes. It never holds a key: `account` names who pays."""

    platform: str
    """One of `PLATFORMS`."""
    dialect: str
    """Wire dialect: `openai` or `ollama` so far."""
    base_url: str
    """Empty for servers that the engine starts itself (`local`, `sim`)."""
    model: str
    account: str
    upstream: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
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
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Target:
        """The inverse of `to_dict`, also after a trip through JSON."""
        rest = dict(data)
        endpoint = dict(rest.pop("endpoint"))
        endpoint["upstream"] = tuple(endpoint.get("upstream", ()))
        sampling = Sampling(**rest.pop("sampling"))
        rest["tags"] = tuple(rest.get("tags", ()))
        return cls(endpoint=Endpoint(**endpoint), sampling=sampling, **rest)
