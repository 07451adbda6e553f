"""One attempt: the calls of a conversation, each through its account's gate."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache

from msgspec import Struct, field
from msgspec.structs import replace

from fftui.credentials import Secret
from fftui.domain.outcomes import Identity, Outcome, OutcomeClass
from fftui.domain.scenarios import Message
from fftui.domain.targets import Endpoint, Sampling, Target
from fftui.engine.budget import Gate
from fftui.engine.needs import Need, need_of, priced
from fftui.platforms.client import Call, Client
from fftui.platforms.dialect import dialect
from fftui.platforms.wire import Shape

_BY_THE_MODEL = frozenset({OutcomeClass.ANSWERED, OutcomeClass.EMPTY, OutcomeClass.OUTPUT_FILTER})
"""Outcomes in which the model had a part: its server's identity stands behind them."""


class Line(Struct, frozen=True):
    """How an endpoint is reached in this process: address filled in, keys and gate at hand."""

    endpoint: Endpoint
    keys: tuple[Secret, ...]
    """Keys of one owner, used in turn; empty where none is needed."""
    gate: Gate
    child: str = ""
    """The engine's own server behind the address, if any: it may move."""
    served: Identity = field(default_factory=Identity)
    """What the server told of itself when the engine started."""

    def key(self) -> str | None:
        """The key of the next call."""
        if not self.keys:
            return None
        return self.keys[self.gate.sent % len(self.keys)].reveal()


@lru_cache(maxsize=1024)
def request_seed(plan_seed: int, repeat: int) -> int:
    """The seed sent with a request, 0 to 2^31 - 1: the same for a retry, another for a repeat."""
    digest = hashlib.blake2b(f"{plan_seed}:{repeat}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") & 0x7FFFFFFF


def opening(target: Target) -> list[Message]:
    """How each conversation with the target begins."""
    return [Message("system", target.system_prompt)] if target.system_prompt else []


class Asker:
    """Sends messages and hands back what came, after telling the gate."""

    def __init__(self, client: Client, deadline_s: float) -> None:
        self._client = client
        self._deadline_s = deadline_s

    async def call(
        self,
        line: Line,
        messages: Sequence[Message],
        sampling: Sampling,
        seed: int | None,
        need: Need,
        thinking: str = "",
        shape: Shape | None = None,
    ) -> Call:
        """One call. The caller holds a place at the gate, taken with `need`."""
        wire = dialect(line.endpoint.dialect)
        request = wire.request(line.endpoint, messages, sampling, seed, thinking, shape)
        call = await self._client.call(wire, request, line.key(), self._deadline_s)
        outcome = priced(call.outcome, line.endpoint)
        if outcome.kind in _BY_THE_MODEL:
            outcome = replace(outcome, identity=outcome.identity.over(line.served))
        line.gate.heard(outcome, need, call.started_at, time.time())
        return replace(call, outcome=outcome)

    async def converse(
        self,
        line: Line,
        target: Target,
        turns: Sequence[str],
        seed: int,
        need: Need,
        called: Callable[[int, Call], Awaitable[None]],
        hold: Callable[[], bool],
    ) -> tuple[Outcome, tuple[str, ...]]:
        """Send turn after turn with the model's own answers between.

        `need` is what the first call has taken at the gate. `called` is told of every call with
        the number of its turn, before the next one is sent.
        Returns the last call's outcome and the answers so far: the outcome of the attempt.
        Raises HeldError where the next turn would have to wait although `hold` is true.
        """
        messages = opening(target)
        answers: list[str] = []
        outcome: Outcome | None = None
        for number, turn in enumerate(turns):
            messages.append(Message("user", turn))
            if number:
                need = need_of(line.endpoint, messages, target.sampling.max_tokens)
                await line.gate.take_more(need, hold)
            call = await self.call(line, messages, target.sampling, seed, need, target.thinking)
            outcome = call.outcome
            await called(number, call)
            if outcome.kind is not OutcomeClass.ANSWERED:
                break
            answers.append(outcome.text)
            messages.append(Message("assistant", outcome.text))
        if outcome is None:
            raise ValueError("a scenario needs at least one turn")
        return outcome, tuple(answers)
