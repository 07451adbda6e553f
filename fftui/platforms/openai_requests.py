"""What an OpenAI-compatible platform is asked, where the platforms differ."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from fftui.platforms.body import as_json
from fftui.platforms.wire import Auth, HttpRequest, Shape, address, host_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fftui.domain.scenarios import Message
    from fftui.domain.targets import Endpoint, Sampling

_LOGPROBS = 5
"""Most likely tokens that are told; the old completions API allows no more."""
_ON_OFF = {"on": True, "off": False}
_HOSTS = {
    ".azure.com": "azure",
    "generativelanguage.googleapis.com": "gemini",
    "api.groq.com": "groq",
    "api.together.xyz": "together",
}
"""Platforms that are told by their host, since a plan calls them all `openai-compatible`."""


def openai_request(
    endpoint: Endpoint,
    messages: Sequence[Message],
    sampling: Sampling,
    seed: int | None,
    thinking: str,
    shape: Shape | None = None,
) -> HttpRequest:
    """One chat completion. Raises ValueError without a base URL."""
    kind = flavour(endpoint)
    limit = "max_completion_tokens" if kind in ("openai", "azure") else "max_tokens"
    body: dict[str, Any] = {
        "model": endpoint.model,
        "messages": [{"role": m.role, "content": m.text} for m in messages],
        "stream": endpoint.stream,
        "temperature": sampling.temperature,
        # Left out, each host applies a default of its own (llama.cpp 0.95, others 1).
        "top_p": 1.0 if sampling.top_p is None else sampling.top_p,
        limit: sampling.max_tokens,
    }
    if endpoint.stream:
        body["stream_options"] = {"include_usage": True}
    if seed is not None and kind != "gemini":
        # Gemini's compatible surface refuses the whole request for a field it does not know.
        body["seed"] = seed
    body |= _thinking(kind, thinking)
    if shape is not None:
        body["response_format"] = _response_format(shape)
    headers = {
        "content-type": "application/json",
        "accept": "text/event-stream" if endpoint.stream else "application/json",
    }
    if kind == "openrouter":
        headers["x-openrouter-metadata"] = "enabled"
        body["usage"] = {"include": True}
        body["provider"] = _routing(endpoint)
    return HttpRequest(
        method="POST",
        url=address(endpoint.base_url, "/chat/completions"),
        headers=headers,
        body=as_json(body),
        auth=auth_of(endpoint),
        stream=endpoint.stream,
    )


def completion_request(
    endpoint: Endpoint, prompt: str, sampling: Sampling, seed: int | None
) -> HttpRequest:
    """One completion of a raw prompt, with the probabilities of its first tokens.

    Raises ValueError without a base URL.
    """
    body: dict[str, Any] = {
        "model": endpoint.model,
        "prompt": prompt,
        "stream": False,
        "temperature": sampling.temperature,
        "top_p": 1.0 if sampling.top_p is None else sampling.top_p,
        "max_tokens": sampling.max_tokens,
        "logprobs": _LOGPROBS,
    }
    if seed is not None:
        body["seed"] = seed
    headers = {"content-type": "application/json", "accept": "application/json"}
    if flavour(endpoint) == "openrouter":
        body["usage"] = {"include": True}
        # Not every parameter: few hosts behind it tell probabilities.
        body["provider"] = {**_routing(endpoint), "require_parameters": False}
    return HttpRequest(
        method="POST",
        url=address(endpoint.base_url, "/completions"),
        headers=headers,
        body=as_json(body),
        auth=auth_of(endpoint),
    )


def auth_of(endpoint: Endpoint) -> Auth:
    """How a key goes to the endpoint."""
    if endpoint.dialect == "anthropic":
        return "bearer" if endpoint.platform == "openrouter" else "x-api-key"
    # Azure's older addresses take a bearer for a token of its directory, never for a key.
    return "api-key" if flavour(endpoint) == "azure" else "bearer"


def flavour(endpoint: Endpoint) -> str:
    """Which known platform answers there; empty for servers of open weights and for gateways."""
    return _flavour(endpoint.platform, endpoint.base_url)


@lru_cache(maxsize=256)
def _flavour(platform: str, base_url: str) -> str:
    if platform in ("openrouter", "openai"):
        return platform
    host = host_of(base_url)
    return next((name for end, name in _HOSTS.items() if host.endswith(end)), "")


def _routing(endpoint: Endpoint) -> dict[str, Any]:
    """OpenRouter's part: one host answers or none does, and it obeys every parameter sent."""
    found: dict[str, Any] = {"allow_fallbacks": False, "require_parameters": True}
    if endpoint.upstream:
        found["only"] = list(endpoint.upstream)
    if endpoint.quantisations:
        found["quantizations"] = list(endpoint.quantisations)
    return found


def _response_format(shape: Shape) -> dict[str, Any]:
    if shape.loose:
        return {"type": "json_object"}
    asked = {"name": "verdict", "strict": True, "schema": shape.schema}
    return {"type": "json_schema", "json_schema": asked}


def _thinking(kind: str, mode: str) -> dict[str, Any]:
    """The request's part for a thinking mode: empty, `on`, `off` or an effort such as `low`."""
    if not mode:
        return {}
    switch = _ON_OFF.get(mode)
    if kind == "openrouter":
        return {"reasoning": {"effort": mode} if switch is None else {"enabled": switch}}
    if switch is None:
        return {"reasoning_effort": mode}
    if kind == "groq":
        return {"reasoning_effort": "default" if switch else "none"}
    if kind in ("openai", "azure", "gemini"):
        return {} if switch else {"reasoning_effort": "none"}
    return {"chat_template_kwargs": {"enable_thinking": switch}}
