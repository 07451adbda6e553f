"""The one order in which a run takes its scenarios, the same for all its targets."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from fftui.domain.scenarios import Scenario


def plan_order(scenarios: Sequence[Scenario], seed: int) -> list[Scenario]:
    """A permutation that depends on `seed` and the keys alone.

    Neither the file's order nor Python's version enters it, so a run can be planned again on
    another machine. Keys must be unique; equal ones keep the given order.
    """
    return sorted(scenarios, key=lambda scenario: _rank(seed, scenario.key))


def _rank(seed: int, key: str) -> bytes:
    data = f"{seed}:{key}".encode("utf-8", "backslashreplace")
    return hashlib.blake2b(data, digest_size=16).digest()
