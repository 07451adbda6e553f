"""Whom a plan asks, and what one attempt takes there: calls, tokens and money.

How long answers will be nobody knows, so tokens are a range. At most: as the engine reserves them,
one for three bytes of a prompt and all that `max_tokens` allows for an answer. At least: one for
six bytes, and answers of a single token.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from fftui.domain.endpoints import SIM
from fftui.domain.plan import RunPlan
from fftui.domain.scenarios import Scenario
from fftui.domain.targets import FREE, Endpoint, Price
from fftui.grading.forms import form_of

_FRAME = 64
_BYTES_PER_TOKEN = 3.0
_MOST_BYTES_PER_TOKEN = 6.0


class Range(Struct, frozen=True):
    """A quantity that is not known closer."""

    least: float
    most: float

    def __mul__(self, n: Range) -> Range:
        """The product; both are 0 or more."""
        return Range(self.least * n.least, self.most * n.most)

    def __add__(self, other: Range) -> Range:
        return Range(self.least + other.least, self.most + other.most)


class Asked(Struct, frozen=True):
    """One target, or one judge for the answers of one target."""

    where: str
    """Its place in the plan, such as `targets[2]`."""
    name: str
    judge: bool
    endpoint: Endpoint
    max_tokens: int
    calls: float
    """Calls of an attempt on average."""
    tokens_in: Range
    """Prompt tokens of an attempt, on average over the scenarios."""
    tokens_out: Range
    largest: float
    """Tokens of the largest single call."""
    largest_in: float
    """Upper bound of the prompt tokens of that call: one for each byte."""

    @property
    def tokens(self) -> Range:
        """Tokens of an attempt."""
        return self.tokens_in + self.tokens_out

    @property
    def price(self) -> Price | None:
        """The plan's, or nothing where calls are known to be free; else `None`: unknown."""
        return self.endpoint.price

    @property
    def simulated(self) -> bool:
        """It is the simulated platform."""
        return self.endpoint.platform.partition(":")[0] == SIM

    @property
    def cost_usd(self) -> Range | None:
        """USD of an attempt; `None` where the price is unknown."""
        if self.price is None:
            return None
        least = self.price.of(self.tokens_in.least, self.tokens_out.least)
        return Range(least, self.price.of(self.tokens_in.most, self.tokens_out.most))

    @property
    def needs(self) -> dict[str, Range]:
        """Units that an attempt takes of the account, by what is counted."""
        calls = Range(self.calls, self.calls)
        found = {"requests": calls, "tokens": self.tokens}
        if self.endpoint.model.endswith(FREE):
            found["free"] = calls
        return found


def asked(plan: RunPlan, scenarios: Iterable[Scenario]) -> list[tuple[Asked, ...]]:
    """For each target who is asked in an attempt of it: itself and the judges."""
    judges = [
        (
            f"graders[{number}]",
            grader,
            endpoint,
            _bytes(form_of(grader.kind, grader.rubric, grader.template).rubric),
        )
        for number, grader in enumerate(plan.graders, 1)
        if (endpoint := grader.endpoint()) is not None
    ]
    sizes = _Sizes(scenarios)
    found = []
    for number, target in enumerate(plan.resolved_targets(), 1):
        room = target.sampling.max_tokens
        system = _bytes(target.system_prompt)
        calls = sizes.turns
        group = [
            Asked(
                where=f"targets[{number}]",
                name=target.name,
                judge=False,
                endpoint=target.endpoint,
                max_tokens=room,
                calls=calls,
                tokens_in=sizes.sent(system, room),
                tokens_out=Range(calls, calls * room),
                largest=max(_tokens(system + size) + turn * room for turn, size in sizes.largest)
                + room,
                largest_in=max(system + size + turn * room for turn, size in sizes.largest)
                + _FRAME,
            )
        ]
        for where, grader, endpoint, rubric in judges:
            most = grader.room
            mean = sizes.mean
            biggest = max(size for _, size in sizes.largest)
            group.append(
                Asked(
                    where=where,
                    name=grader.label,
                    judge=True,
                    endpoint=endpoint,
                    max_tokens=most,
                    calls=1.0,
                    tokens_in=Range(
                        (rubric + mean) / _MOST_BYTES_PER_TOKEN, _tokens(rubric + mean) + room
                    ),
                    tokens_out=Range(1.0, float(most)),
                    largest=_tokens(rubric + biggest) + room + most,
                    largest_in=rubric + biggest + room + _FRAME,
                )
            )
        found.append(tuple(group))
    return found


class _Sizes:
    """Bytes of prompts, added up turn by turn: each call of a conversation sends what was said."""

    def __init__(self, scenarios: Iterable[Scenario]) -> None:
        self._count = 0
        self._calls: list[int] = []
        """Conversations that have a first, second … turn."""
        self._sent: list[int] = []
        """What users said up to that turn, in all of them together."""
        self._largest: list[int] = []
        said_in_all = 0
        for scenario in scenarios:
            self._count += 1
            said = 0
            for turn, text in enumerate(scenario.turns):
                said += _bytes(text)
                if turn == len(self._calls):
                    self._calls.append(0)
                    self._sent.append(0)
                    self._largest.append(0)
                self._calls[turn] += 1
                self._sent[turn] += said
                self._largest[turn] = max(self._largest[turn], said)
            said_in_all += said
        if not self._count:
            self._count, self._calls, self._sent, self._largest = 1, [1], [0], [0]
        self.mean = said_in_all / self._count
        """Of a whole conversation."""
        self.turns = sum(self._calls) / self._count
        """Of a conversation on average."""

    @property
    def largest(self) -> list[tuple[int, int]]:
        """(place of a turn, most that users said up to it)."""
        return list(enumerate(self._largest))

    def sent(self, system: int, room: int) -> Range:
        """Prompt tokens of an attempt on average; earlier answers are sent along."""
        calls = sum(self._calls)
        sent = sum(self._sent) + calls * system
        earlier = sum(turn * n for turn, n in enumerate(self._calls)) * room
        most = sent / _BYTES_PER_TOKEN + calls * _FRAME + earlier
        return Range(sent / _MOST_BYTES_PER_TOKEN / self._count, most / self._count)


def _tokens(size: float) -> float:
    return size / _BYTES_PER_TOKEN + _FRAME


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "replace"))
