"""The digest of a simulated model's weights."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fftui.simulate.profile import Judge, Model


def digest(model: Model | Judge) -> str:
    """The profile's digest, or one derived from name and details; in hex."""
    stated = getattr(model, "digest", "")
    return stated or sha256(f"{model.name}/{details(model)}".encode()).hexdigest()


def details(model: Model | Judge) -> dict[str, Any]:
    """The weights in Ollama's words."""
    return {
        "parent_model": "",
        "format": "gguf",
        "family": "simulated",
        "families": ["simulated"],
        "parameter_size": getattr(model, "parameter_size", "8B"),
        "quantization_level": getattr(model, "quantisation", "Q4_K_M"),
    }
