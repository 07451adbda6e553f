"""In which form judges are asked to reply: as strictly as the server of each takes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fftui.domain.outcomes import Outcome, OutcomeClass
from fftui.platforms.dialect import shapes
from fftui.platforms.wire import Shape

_REFUSES = frozenset({400, 415, 422, 501})
"""Statuses of a request that the server does not take."""
_NO_HOST = "parameters"
"""In OpenRouter's 404 that says: no host takes all of these. Any other means a model."""


@dataclass
class Shaping:
    """What one judge was found to take, for as long as the engine lives."""

    ways: tuple[Shape | None, ...] = (None,)
    """Strictest first; the last is in the prompt's words alone."""
    at: int = 0
    """The strictest that was not refused so far."""
    sure: bool = False
    """It was taken."""

    @classmethod
    def of(cls, dialect: str, schema: Mapping[str, Any] | None) -> Shaping:
        """For replies of that schema; `None`: they have no form to ask for."""
        return cls() if schema is None else cls(shapes(dialect, schema))

    def refused(self, outcome: Outcome, way: int) -> bool:
        """The call may have failed for the form that it asked for: the next one is to be tried."""
        unknown = outcome.status == 404 and _NO_HOST in outcome.signal
        if outcome.kind is not OutcomeClass.CONFIG:
            return False
        if outcome.status not in _REFUSES and not unknown:
            return False
        # A stricter one than what was taken was asked for before that was known.
        known = self.sure and way == self.at
        return way + 1 < len(self.ways) and not known

    def took(self, way: int) -> str:
        """A reply came; what is new about it, in words for the log, empty where nothing is."""
        self.sure = True
        if way <= self.at:
            return ""
        self.at = way
        shape = self.ways[way]
        instead = "in the words of its prompt alone" if shape is None else "for any JSON object"
        return f"its server refuses a JSON schema; it is asked {instead} from now on"
