"""One attempt: the calls of a conversation, each through its account's gate."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from fftui.credentials import Secret
from fftui.domain.outcomes import Outcome, OutcomeClass
from fftui.domain.scenarios import Message
from fftui.domain.targets import Endpoint, Sampling, Target
from fftui.engine.budget import Gate
from fftui.platforms.client import Call, Client
from fftui.platforms.dialect import dialect


@dataclass(frozen=True, slots=True)
class Line:
    """How an endpoint is reached in this process: address filled in, key and gate at hand."""

    endpoint: Endpoint
    keys: tuple[Secret, ...]
    """Keys of one owner, used in turn; empty where none is needed."""
    gate: Gate
    child: str = ""
    """The engine's own server behind the address, if any: it may move."""

    def key(self) -> str | None:
        """The key of the next call."""
        if not self.keys:
            return None
        return self.keys[self.gate.sent % len(self.keys)].reveal()


def request_seed(plan_seed: int, repeat: int) -> int:
    """The seed sent with a request, 0 to 2^31 - 1: the same for a retry, another for a repeat."""
    digest = hashlib.blake2b(f"{plan_seed}:{repeat}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") & 0x7FFFFFFF


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
        thinking: str = "",
    ) -> Call:
        """One call. The caller holds a place at the gate."""
        wire = dialect(line.endpoint.dialect)
        request = wire.request(line.endpoint, messages, sampling, seed, thinking)
        call = await self._client.call(wire, request, line.key(), self._deadline_s)
        line.gate.heard(call.outcome, time.time())
        return call

    async def converse(
        self,
        line: Line,
        target: Target,
        turns: Sequence[str],
        seed: int,
        called: Callable[[int, Call], Awaitable[None]],
    ) -> tuple[Outcome, tuple[str, ...]]:
        """Send turn after turn with the model's own answers between.

        `called` is told of every call with the number of its turn, before the next one is sent.
        Returns the last call's outcome and the answers so far: the outcome of the attempt.
        """
        messages = [Message("system", target.system_prompt)] if target.system_prompt else []
        answers: list[str] = []
        outcome: Outcome | None = None
        for number, turn in enumerate(turns):
            if number:
                await line.gate.take_more()
            messages.append(Message("user", turn))
            call = await self.call(line, messages, target.sampling, seed, target.thinking)
            outcome = call.outcome
            await called(number, call)
            if outcome.kind is not OutcomeClass.ANSWERED:
                break
            answers.append(outcome.text)
            messages.append(Message("assistant", outcome.text))
        if outcome is None:
            raise ValueError("a scenario needs at least one turn")
        return outcome, tuple(answers)
