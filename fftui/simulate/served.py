"""What a platform tells of itself beside its chat: weights, a router's hosts, a key's limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fftui.simulate.digests import digest
from fftui.simulate.wire import encode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fftui.simulate.limits import Limiter
    from fftui.simulate.profile import Judge, Model, Platform

TEMPLATE = "{{ .Prompt }}"
LLAMA_CPP, VLLM = "b0000-simulated", "0.0.0+simulated"


def listed(platform: Platform, served: Iterable[Model | Judge], created: int) -> bytes:
    """The body of `GET /v1/models`, with what the platform's kind of server adds."""
    entries: list[dict[str, Any]] = []
    for one in served:
        entry = {"id": one.name, "object": "model", "created": created}
        entry["owned_by"] = "fftui-simulator"
        if platform.server == "vllm":
            entry["root"] = f"simulated/{one.name}"
        entries.append(entry)
    return encode({"object": "list", "data": entries}).encode()


def props(served: Iterable[Model | Judge]) -> bytes:
    """The body of llama.cpp's `GET /props`: such a server holds one model, here the first."""
    first = next(iter(served))
    return encode(
        {
            "model_alias": first.name,
            "model_path": f"/models/{first.name}-{_quantisation(first)}.gguf",
            "chat_template": TEMPLATE,
            "build_info": LLAMA_CPP,
            "total_slots": 1,
        }
    ).encode()


def version() -> bytes:
    """The body of vLLM's `GET /version`."""
    return encode({"version": VLLM}).encode()


def endpoints(platform: Platform, model: Model | Judge) -> bytes:
    """The body of a router's `GET /v1/models/…/endpoints`: the hosts that offer the model."""
    hosts = [
        {
            "name": f"{host} | {model.name}",
            "provider_name": host,
            "tag": tag(host),
            "quantization": _quantisation(model),
        }
        for host in platform.upstream
    ]
    return encode({"data": {"id": model.name, "endpoints": hosts}}).encode()


def tag(host: str) -> str:
    """The name by which a request pins a host."""
    return host.casefold().replace(" ", "-")


def key(limiter: Limiter) -> bytes:
    """The body of a router's `GET /v1/key`."""
    data: dict[str, Any] = {"label": "simulated", "usage": 0, "limit": None}
    data |= {"limit_remaining": None, "limit_reset": None, "is_free_tier": True}
    if (day := limiter.standing("day")) is not None:
        data["free_model_daily_requests"] = {"limit": day[0], "remaining": day[1]}
    return encode({"data": data}).encode()


def mark(model: Model | Judge) -> str:
    """The fingerprint that replies carry."""
    return "fp_" + digest(model)[:10]


def _quantisation(model: Model | Judge) -> str:
    return str(getattr(model, "quantisation", "Q4_K_M"))
