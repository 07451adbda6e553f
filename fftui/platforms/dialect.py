"""What every wire dialect can do, and where to find one by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from fftui.platforms.anthropic import Anthropic
from fftui.platforms.completions import Completions
from fftui.platforms.ollama import Ollama
from fftui.platforms.openai import OpenAI
from fftui.platforms.wire import Shape

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fftui.domain.outcomes import Outcome
    from fftui.domain.scenarios import Message
    from fftui.domain.targets import Endpoint, Sampling
    from fftui.platforms.wire import HttpReply, HttpRequest


class Dialect(Protocol):
    """Writes requests and reads replies; holds no state and sends nothing."""

    def request(
        self,
        endpoint: Endpoint,
        messages: Sequence[Message],
        sampling: Sampling,
        seed: int | None,
        thinking: str,
        shape: Shape | None = None,
    ) -> HttpRequest:
        """The request for one answer.

        `thinking` is empty (nothing is sent), `on`, `off`, or an effort that the platform knows.
        What of a `shape` the dialect cannot say is left out.
        Raises ValueError when the endpoint has no base URL.
        """
        ...

    def outcome(self, reply: HttpReply) -> Outcome:
        """The one outcome of a reply. Never raises, whatever the reply holds."""
        ...


_DIALECTS: dict[str, Dialect] = {
    "openai": OpenAI(),
    "anthropic": Anthropic(),
    "ollama": Ollama(),
    "completions": Completions(),
}


def shapes(name: str, schema: Mapping[str, Any]) -> tuple[Shape | None, ...]:
    """The ways in which a dialect can ask for an object, the strictest first, `None` in words."""
    strict, loose = Shape(schema), Shape(schema, loose=True)
    return (strict, None) if name == "anthropic" else (strict, loose, None)


def dialect(name: str) -> Dialect:
    """The dialect of that name. Raises KeyError, with the known names, for any other."""
    try:
        return _DIALECTS[name]
    except KeyError:
        raise KeyError(f"dialect {name!r} is unknown; known: {', '.join(_DIALECTS)}") from None
