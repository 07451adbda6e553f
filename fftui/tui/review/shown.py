"""The item before a reader, and what was done with it so far. State alone, no screen."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from fftui.domain.readings import Origin
from fftui.grading.sentences import sentences

if TYPE_CHECKING:
    from fftui.tui.review.desk import Item

_FAST_S = 0.7
"""A label that comes sooner is remarked upon."""


class How(Struct, frozen=True):
    """What of an item is shown."""

    unmasked: bool = False
    """All of it."""
    peeked: frozenset[int] = frozenset()
    """Paragraphs of the answer that are shown for some seconds."""
    prompt: bool = False
    """The whole prompt, not the goal alone."""
    reasoning: bool = False
    marks: Mapping[int, str] | None = None
    """Sentence by sentence, with what stands in the margin of each; `None`: as the text flows."""
    at: int = -1
    """The sentence that is pointed at."""
    found: str = ""
    """What is looked for."""


@dataclass
class Shown:
    """The item on the screen, and what was done with it so far."""

    item: Item
    how: How
    back: int = -1
    """How many of my readings lie behind this one, where I came back to it; else -1."""
    at: float = math.inf
    """When it was painted, monotonic; until then it stands nowhere, and no key can mean it."""
    origin: Origin | None = None
    flagged: bool = False
    noted: bool = False
    unmasked: bool = False
    """It was, at any time."""
    sure: bool = False
    """A refusal was asked for before the end was read: the same key again is meant."""
    evidence: set[int] = field(default_factory=set)
    """Numbers of the sentences that were pointed at."""

    def body(self, now: float, seen: float) -> dict[str, Any]:
        """How it was read, as it stands with a label; `seen` is the share of the answer."""
        dwell = now - self.at
        return {
            "dwell_ms": round(dwell * 1000), "seen": round(seen, 3),
            "unmasked": self.unmasked, "fast": dwell < _FAST_S,
            "origin": self.origin.value if self.origin else None,
            "evidence": sorted(self.evidence),
        }  # fmt: skip

    def states(self, percent: int) -> list[str]:
        """What was done with it, in words."""
        said = [f"seen {percent} %"]
        said += [f"origin {self.origin.value}"] if self.origin else []
        said += ["flagged"] * self.flagged + ["note"] * self.noted
        if self.evidence:
            # Last: of a long list the end is cut off, and nothing else with it.
            said.append("evidence " + " ".join(f"s{n + 1}" for n in sorted(self.evidence)))
        return said

    def next_origin(self) -> None:
        """Nobody, then one after the other of those who may have refused."""
        order = [None, *Origin]
        self.origin = order[(order.index(self.origin) + 1) % len(order)]

    # Masks

    def unmask(self, *, on: bool) -> None:
        """All of it, or as masked as it came."""
        self.how = replace(self.how, unmasked=on)

    def peek(self, paragraph: int) -> None:
        """One more paragraph."""
        self.how = replace(self.how, peeked=self.how.peeked | {paragraph})

    def cover(self, paragraph: int) -> None:
        """The paragraph no longer."""
        self.how = replace(self.how, peeked=self.how.peeked - {paragraph})

    # What is folded

    def fold_prompt(self) -> bool:
        """The whole prompt, or the goal alone; whether it is open now."""
        self.how = replace(self.how, prompt=not self.how.prompt)
        return self.how.prompt

    def fold_reasoning(self) -> bool:
        """Open the reasoning, or fold it; whether it is open now."""
        self.how = replace(self.how, reasoning=not self.how.reasoning)
        return self.how.reasoning

    # What is looked for, and pointed at

    def find(self, text: str) -> None:
        """Look for a text; for none with an empty one."""
        self.how = replace(self.how, found=text)

    @property
    def pointing(self) -> bool:
        """Sentences are being pointed at."""
        return self.how.at >= 0

    @property
    def laid(self) -> How:
        """How it is laid out: sentence by sentence with their marks, where one is pointed at."""
        if not self.pointing:
            return self.how
        return replace(self.how, marks=dict.fromkeys(self.evidence, "*"))

    def point(self, number: int) -> None:
        """At a sentence, or the nearest that there is; the answer must have one."""
        most = len(sentences(self.item.answer)) - 1
        self.how = replace(self.how, at=max(0, min(number, most)))

    def choose(self) -> None:
        """Mark the sentence that is pointed at, or take the mark away."""
        self.evidence ^= {self.how.at}

    def leave(self) -> None:
        """Point at none."""
        self.how = replace(self.how, at=-1)
