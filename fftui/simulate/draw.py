"""Chance that can be repeated: uniform numbers out of a keyed hash."""

from __future__ import annotations

import struct
from hashlib import blake2b
from statistics import NormalDist

_EIGHT = struct.Struct("<8Q")
_UNIT = 2.0**-53
_NORMAL = NormalDist()

Draws = tuple[float, ...]
"""Eight independent numbers, each in [0, 1)."""


def draws(purpose: bytes, *parts: str | bytes | int | None) -> Draws:
    """Eight numbers that depend on `purpose` (at most 16 bytes) and the parts, and on nothing else.

    The parts are written one after another with a separator, so they should not hold one (\\x1f).
    """
    words = [part if isinstance(part, bytes) else str(part).encode() for part in parts]
    digest = blake2b(b"\x1f".join(words), digest_size=64, person=purpose).digest()
    return tuple((word >> 11) * _UNIT for word in _EIGHT.unpack(digest))


def normal(uniform: float) -> float:
    """The standard normal quantile of a draw, within about 8 standard deviations."""
    return _NORMAL.inv_cdf(min(max(uniform, 1e-15), 1 - 1e-15))
