"""Scenarios at hand: several targets are asked the same one at about the same time."""

from __future__ import annotations

from functools import lru_cache

from fftui.store import rows
from fftui.store.reader import Reader


class ScenarioCache:
    """What is read of scenarios while a run is carried out; none of it changes in a run."""

    def __init__(self, reader: Reader) -> None:
        self.turns = lru_cache(maxsize=1024)(lambda number: rows.turns(reader, number))
        """The turns of a scenario, by its id."""
        self.facts = lru_cache(maxsize=4096)(
            lambda number: rows.scenarios(reader, [number])[number]
        )
        """Key, family and whether it is benign, by its id."""
