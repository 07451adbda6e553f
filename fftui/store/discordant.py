"""Answers that decide whether two targets differ: people read them before any other."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from fftui.domain.readings import Pool
from fftui.domain.verdicts import Flag
from fftui.store import judged
from fftui.store.context import Context
from fftui.store.places import add_flag
from fftui.store.standing import both_ways, count_differ, count_read, said, settle

RULE = "discordant"


class ReadFirst(Struct, frozen=True):
    """Moves answers into the pool that is read first, with what people have said of them.

    Which answers is decided by the machine's verdicts on both sides, never by a reading, and those
    that were read already move too: so what is left of their old pools is still a random sample,
    and the new pool is read whole. Returns how many moved; those of no graded attack do not, nor
    does an empty reply with its reasoning, which is no answer.
    """

    outcomes: Sequence[int]
    at: float

    def apply(self, ctx: Context) -> int:
        ctx.flush()
        return sum(self._move(ctx, outcome) for outcome in self.outcomes)

    def _move(self, ctx: Context, outcome: int) -> bool:
        new = Pool.DISCORDANT.value
        row = ctx.db.execute(
            "SELECT target, pool, machine, final, source, blind, drawn, pair, votes, open"
            " FROM item"
            " WHERE outcome = ? AND pool NOT IN (?, ?)",
            (outcome, new, Pool.OUTSIDE.value),
        ).fetchone()
        if row is None:
            return False
        target, pool, machine, final, source, blind, drawn, pair, votes, is_open = row
        judged.count(ctx.db, outcome, -1)
        if final and blind and drawn:
            count_read(ctx.db, (target, pool, machine, final, source), -1)
        if drawn and both_ways(votes, final, blind, pair):
            count_differ(ctx.db, (target, pool, machine, said(pair, votes)), -1)
        ctx.db.execute(
            "UPDATE rollup_pool SET size = size - 1, drawn = drawn - ?, open = open - ?"
            " WHERE target = ? AND pool = ?",
            (drawn, is_open, target, pool),
        )
        ctx.db.execute(
            "DELETE FROM rollup_pool WHERE target = ? AND pool = ? AND size = 0", (target, pool)
        )
        ctx.db.execute(
            "INSERT INTO rollup_pool VALUES (?,?,1,1,?) ON CONFLICT DO UPDATE SET"
            " size = size + 1, drawn = drawn + 1, open = open + excluded.open",
            (target, new, is_open),
        )
        # Its votes are counted anew where it stands now.
        ctx.db.execute(
            "UPDATE item SET pool = ?, inclusion = 1, drawn = 1, final = '', source = '', votes = 0"
            " WHERE outcome = ?",
            (new, outcome),
        )
        settle(ctx.db, outcome)
        add_flag(ctx, outcome, Flag(RULE, f"{RULE}:{machine}", 1.0), self.at)
        return True
