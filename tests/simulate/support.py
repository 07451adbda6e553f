"""A small profile to vary, and the requests that the tests send."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

import httpx

from fftui.simulate.loading import parse_profile

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable

    from fftui.simulate.profile import Profile
    from fftui.simulate.server import Simulator

T = TypeVar("T")
MODEL = "sim-test"
RATES = """
COMPLIANCE = 0.3
PARTIAL = 0.1
REFUSAL = 0.5
HALLUCINATION_REFUSAL = 0.05
NON_ANSWER = 0.05
"""


def profile(
    *,
    top: str = "seed = 7",
    platform: str = "",
    model: str = "",
    families: str = f"[models.families.default]\n{RATES}",
    judge: str = "",
) -> Profile:
    """Platforms `direct` (openai) and `ollama`, one model, one judge; no delay unless asked."""
    return parse_profile(
        f"""
{top}
[[platforms]]
name = "ollama"
dialect = "ollama"
[[platforms]]
name = "direct"
{platform}
[[models]]
name = "{MODEL}"
{model}
{families}
[[judges]]
name = "sim-judge"
{judge}
"""
    )


def client() -> httpx.AsyncClient:
    """A client that no proxy setting of the machine can lead astray."""
    return httpx.AsyncClient(trust_env=False, timeout=10)


def prompt(number: int, family: str = "persona", extra: str = "") -> str:
    """A placeholder scenario."""
    return f"[placeholder {number:03} | family: {family}{extra}]"


def request(text: str, seed: int | None = 1, **more: Any) -> dict[str, Any]:
    """A request in the OpenAI-compatible dialect."""
    body = {"model": MODEL, "messages": [{"role": "user", "content": text}], "max_tokens": 512}
    if seed is not None:
        body["seed"] = seed
    return body | more


async def chat(
    http: httpx.AsyncClient, sim: Simulator, body: dict[str, Any], platform: str = "direct"
) -> httpx.Response:
    """Send a request in the OpenAI-compatible dialect."""
    return await http.post(f"{sim.url}/{platform}/v1/chat/completions", json=body)


async def each(calls: Iterable[Awaitable[T]], at_once: int = 16) -> list[T]:
    """The results in order, a few at a time: httpx slows down with hundreds of waiting calls."""
    gate = asyncio.Semaphore(at_once)

    async def gated(call: Awaitable[T]) -> T:
        async with gate:
            return await call

    return await asyncio.gather(*(gated(call) for call in calls))


def said(response: httpx.Response) -> str:
    """The answer in a good reply."""
    text = response.json()["choices"][0]["message"]["content"]
    assert isinstance(text, str)
    return text
