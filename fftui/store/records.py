"""Everything that is appended to a run, each record with the rollup rows it keeps true.

`apply` runs inside a transaction that the caller owns: the engine's writer, or any other process
that appends. Duplicates are impossible by the unique keys; a rollup moves only when a row did.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol, TypeVar

from msgspec import Struct

from fftui.domain.outcomes import Identity, Outcome, OutcomeClass
from fftui.domain.readings import Pool
from fftui.domain.rules import ALIKE, TEMPLATE
from fftui.domain.verdicts import Flag, Place, Unusable, Verdict
from fftui.store import judged
from fftui.store.amounts import CUT, FIRST, OUTCOME_AT, OUTCOMES, SETTLED, VERDICT_AT, N
from fftui.store.context import Context
from fftui.store.pending import (
    CALLS,
    CLOSED,
    COST,
    COST_UNKNOWN,
    FAILED,
    RATE_LIMITED,
    TOKENS,
    VERDICTS,
)
from fftui.store.places import add_flag, add_item, drop_item
from fftui.store.recent import Known
from fftui.store.repeats import PARTS, Cell, Said, move, said
from fftui.store.sqlite import IntegrityError
from fftui.store.texts import pack, storable

T_co = TypeVar("T_co", covariant=True)
_CALL = (
    "call (target, scenario, repeat, turn, grader, identity, at, duration_ms, ttfb_ms, status,"
    " outcome, signal, finish, tokens_in, tokens_out, cost_usd, request_id)"
)
_VERDICT = "verdict (outcome, grader, label, confidence, evidence, at)"
_EMPTY = f"{' + '.join(OUTCOMES.values())} = 0"
_NOBODY = Identity()
_LONGEST_TEMPLATE = 1000
_SHORTEST_TEMPLATE = 12
_NO_LETTERS = re.compile(r"[\W_]+")


class Record(Protocol[T_co]):
    """Something to append."""

    def apply(self, ctx: Context) -> T_co:
        """Write the rows; returns what the caller needs to go on."""
        ...


class AttemptKey(Struct, frozen=True, gc=False):
    """(target, scenario, repeat) as row ids."""

    target: int
    scenario: int
    repeat: int


class AddCall(Struct, frozen=True, gc=False):
    """One HTTP call, good or bad."""

    key: AttemptKey
    turn: int
    grader: int | None
    at: float
    duration_ms: float
    ttfb_ms: float | None
    outcome: Outcome

    def apply(self, ctx: Context) -> None:
        key, o, usage = self.key, self.outcome, self.outcome.usage
        ctx.check_target(key.target)
        ctx.scenario(key.scenario)
        if self.grader is not None:
            ctx.check_grader(self.grader)
        identity, kind = None, str(o.kind)
        if o.identity != _NOBODY:
            identity = ctx.identity(key.target, o.identity, self.at, self.grader or 0)
        ctx.pending.row(
            _CALL,
            (key.target, key.scenario, key.repeat, self.turn, self.grader, identity,
             self.at, self.duration_ms, self.ttfb_ms, o.status, kind, o.signal, o.finish,
             usage.tokens_in, usage.tokens_out, usage.cost_usd, o.request_id),
        )  # fmt: skip
        sums = ctx.pending.of("rollup_call", (key.target, self.grader or 0, kind))
        sums[CALLS] += 1
        sums[TOKENS] += (usage.tokens_in or 0) + (usage.tokens_out or 0)
        sums[COST] += usage.cost_usd or 0.0
        sums[COST_UNKNOWN] += usage.cost_usd is None
        if o.kind is not OutcomeClass.ANSWERED and (o.kind.puts_back or o.kind.failed):
            ctx.pending.moment(self.at + self.duration_ms / 1000,
                       RATE_LIMITED if o.kind.puts_back else FAILED)  # fmt: skip


class CloseAttempt(Struct, frozen=True, gc=False):
    """The terminal outcome of an attempt, with its answers when there are any.

    Returns the outcome's row id, or `None` when the attempt was closed before.
    """

    key: AttemptKey
    kind: OutcomeClass
    signal: str
    cut: bool
    identity: Identity
    answers: tuple[str, ...]
    reasoning: str
    at: float
    body: tuple[int, bytes]
    """`pack`ed beforehand, outside the writer's thread."""
    mark: int | None = None
    """See `mark_of`."""
    place: Place | None = None
    """Where it stands among what is read, though it is no answer."""
    readings: int = 1

    @classmethod
    def of(
        cls,
        key: AttemptKey,
        outcome: Outcome,
        answers: Sequence[str],
        *,
        at: float,
        compress: bool,
        place: Place | None = None,
        readings: int = 1,
    ) -> CloseAttempt:
        """From the outcome of the attempt's last call."""
        content = {"answers": list(answers), "reasoning": outcome.reasoning}
        # What a conversation said before it failed is no answer: it may be asked anew.
        answered = outcome.kind is OutcomeClass.ANSWERED
        return cls(key, outcome.kind, outcome.signal, outcome.cut, outcome.identity,
                   tuple(answers), outcome.reasoning, at,
                   pack(content, compress=compress),
                   mark_of(answers[-1]) if answered and answers else None,
                   place, readings)  # fmt: skip

    def apply(self, ctx: Context) -> int | None:
        target, scenario, repeat = self.key.target, self.key.scenario, self.key.repeat
        ctx.check_target(target)
        identity = ctx.identity(target, self.identity, self.at)
        family, benign = ctx.scenario(scenario)
        outcome_id, kind, cut = ctx.new_outcome(), str(self.kind), int(self.cut)
        row = (outcome_id, target, scenario, repeat, ctx.round(target, scenario, repeat), identity,
               kind, cut, self.signal, self.mark, self.at)  # fmt: skip
        if ctx.strict:
            ctx.pending.row("outcome", row)
        elif not ctx.insert("outcome", row):
            return None
        if self.answers or self.reasoning:
            enc, body = self.body
            ctx.pending.row("answer", (outcome_id, enc, body))
        sums = ctx.pending.of("rollup_outcome", (target, identity, family, benign))
        at = OUTCOME_AT[kind]
        sums[at + N] += 1
        if cut:
            sums[at + CUT] += 1
        known = None
        if ctx.recent is not None:
            known = Known(outcome_id, target, ctx.order.ordinal(scenario, repeat), scenario, repeat,
                          identity, family, benign, kind, cut, self.mark)  # fmt: skip
            ctx.recent.add(known)
        if self.place is not None:
            for flag in self.place.flags:
                add_flag(ctx, outcome_id, flag, self.at, known)
            add_item(ctx, outcome_id, target, self.place, self.readings, known)
        if self.mark is not None and repeat == 0:
            ctx.clusters.add(target, self.mark)
        ctx.pending.moment(self.at, CLOSED)
        ctx.touched.add(target)
        return outcome_id


class AddVerdict(Struct, frozen=True, gc=False):
    """A grader's verdict on an answer (or its unusable reply), with the flags it raises."""

    outcome_id: int
    grader: int
    result: Verdict | Unusable
    at: float
    flags: tuple[Flag, ...] = ()
    place: Place | None = None
    """Where the answer stands among those to be read, told with its last verdict."""
    canned: Place | None = None
    """The same, where the target had given its words before."""
    readings: int = 1
    """How many people are to read it, where it is read."""
    heads: tuple[str, ...] = ()
    """Rules by which one answer of such a cluster is read, whatever the draw."""

    def apply(self, ctx: Context) -> bool:
        """True when the row is new."""
        if isinstance(self.result, Verdict):
            label: str | None = str(self.result.label)
            confidence, evidence = self.result.confidence, self.result.evidence
        else:
            label, confidence, evidence = None, None, self.result.reason
        recent = None if ctx.recent is None else ctx.recent.get(self.outcome_id)
        of = recent or ctx.known(self.outcome_id)
        if of.kind != "answered":
            raise IntegrityError(f"outcome {self.outcome_id} is no answer: nothing is to be graded")
        ctx.check_grader(self.grader)
        target = of.target
        row = (self.outcome_id, self.grader, label, confidence, storable(evidence), self.at)
        before: tuple[Said, ...] = ()
        if recent is not None and ctx.strict and ctx.order.repeats == 1:
            # Nobody reads it in this transaction.
            ctx.pending.row(_VERDICT, row)
        else:
            if ctx.strict:
                # What was said of a scenario is read from the rows.
                ctx.pending.write_rows(ctx.db)
            before = self._said(ctx, of)
            if not ctx.insert(_VERDICT, row):
                return False
        if recent is not None:
            recent.heard[self.grader] = label or ""
        key = (target, of.identity, of.family, of.benign, self.grader)
        sums = ctx.pending.of("rollup_verdict", key)
        at = VERDICT_AT[label or ""]
        sums[at + N] += 1
        if of.cut:
            sums[at + CUT] += 1
        if of.ordinal < ctx.settled(target):
            sums[at + SETTLED] += 1
            sums[at + FIRST] += of.repeat == 0
        if before:
            cell = Cell(target, of.family, self.grader, of.benign)
            for column, was, now in zip(PARTS, before, self._said(ctx, of), strict=True):
                move(ctx.db, cell, column, was, now)
        # Where people have read the answer already, a later grader stands beside them at once.
        if recent is None or recent.has_item:
            ctx.pending.write_rows(ctx.db)
            judged.count(ctx.db, self.outcome_id, 1, self.grader)
        ctx.pending.moment(self.at, VERDICTS)
        ctx.touched.add(target)
        place, flags = self.place, self.flags
        if self.canned and of.mark is not None and ctx.clusters.is_canned(target, of.mark):
            place = self._of_cluster(ctx, self.canned, target, of.mark)
            flags = place.flags
        for flag in flags:
            add_flag(ctx, self.outcome_id, flag, self.at, recent)
        if place is not None:
            add_item(ctx, self.outcome_id, target, place, self.readings, recent)
        return True

    def _of_cluster(self, ctx: Context, place: Place, target: int, mark: int) -> Place:
        """The first of a cluster that is graded is read for all of it; of the others a sample."""
        rule = TEMPLATE if TEMPLATE in self.heads and ctx.clusters.is_shared(mark) else ALIKE
        if rule not in self.heads or not ctx.clusters.heads(self.outcome_id, target, mark):
            return place
        return Place(Pool.DOUBT, f"{rule}:{place.machine}", place.machine, 1.0, place.draw)

    def _said(self, ctx: Context, of: Known) -> tuple[Said, ...]:
        """What was said of all repeats of the scenario and of the settled; of one, nothing."""
        if ctx.order.repeats == 1:
            return ()
        target, scenario = of.target, of.scenario
        below = (ctx.order.repeats, ctx.settled_repeats(target, scenario))
        return tuple(said(ctx.db, target, scenario, self.grader, k) for k in below)


class PutBack(Struct, frozen=True):
    """A person opens an attempt again; its outcome stays in the file and leaves every count.

    Only what was not answered can be put back. Returns whether it was.
    """

    outcome: int
    by: str
    at: float

    def apply(self, ctx: Context) -> bool:
        ctx.flush()
        row = ctx.db.execute(
            "SELECT target, scenario, repeat, identity, class, cut FROM in_force"
            " WHERE id = ? AND class <> 'answered'",
            (self.outcome,),
        ).fetchone()
        if row is None:
            return False
        target, scenario, repeat, identity, kind, cut = row
        ctx.retreat(target, ctx.order.ordinal(scenario, repeat))
        ctx.db.execute(
            "INSERT INTO put_back (outcome, by, at) VALUES (?,?,?)",
            (self.outcome, self.by, self.at),
        )
        ctx.any_put_back = True
        drop_item(ctx, self.outcome)
        family, benign = ctx.scenario(scenario)
        # A row that comes to nothing goes, so all that is to be added has to be in it.
        ctx.flush()
        place, of = (target, identity, benign), OUTCOMES[kind]
        for table, more, key in (
            ("rollup_outcome", " AND family = ?", (*place, family)),
            ("total_outcome", "", place),
        ):
            where = f"target = ? AND identity = ? AND benign = ?{more}"
            ctx.db.execute(
                f"UPDATE {table} SET {of} = {of} - 1, {of}_cut = {of}_cut - ? WHERE {where}",
                (cut, *key),
            )
            ctx.db.execute(f"DELETE FROM {table} WHERE {where} AND {_EMPTY}", key)
        return True


def mark_of(text: str) -> int | None:
    """A hash of a short text's letters and digits, by which canned answers are recognised.

    `None` for texts too short to be a sentence, and for those longer than any template.
    """
    if len(text) > _LONGEST_TEMPLATE:
        return None
    letters = _NO_LETTERS.sub("", text.casefold())
    if len(letters) < _SHORTEST_TEMPLATE:
        return None
    from hashlib import blake2b  # brings OpenSSL: 4 ms that a look at a run does not need

    digest = blake2b(letters.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
