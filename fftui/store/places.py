"""Why an attempt should be read, and where it stands among those that are."""

from __future__ import annotations

from fftui.domain.verdicts import Flag, Place
from fftui.store.context import Context
from fftui.store.pending import DRAWN, FLAGGED, OPEN, SIZE
from fftui.store.recent import Known
from fftui.store.standing import both_ways, count_differ, count_read, said

_FLAG = "flag (outcome, rule, stratum, inclusion, at)"


def add_item(
    ctx: Context, outcome: int, target: int, place: Place, readings: int, known: Known | None = None
) -> None:
    """Where an attempt stands among those to be read; it is fixed once."""
    drawn = int(place.drawn)
    row = (outcome, target, place.pool.value, place.stratum, place.machine, place.inclusion,
           place.draw, drawn, readings, readings, 0, drawn, "", "", 1, "")  # fmt: skip
    # A grader that is added later finds the place taken: it was fixed before anyone read.
    if known is not None and known.has_item:
        return
    if known is not None and ctx.strict:
        ctx.pending.row("item", row)
    elif not ctx.insert("item", row):
        return
    if known is not None:
        known.has_item = True
    sums = ctx.pending.of("rollup_pool", (target, place.pool.value))
    sums[SIZE] += 1
    sums[DRAWN] += drawn
    sums[OPEN] += drawn


def drop_item(ctx: Context, outcome: int) -> None:
    """An attempt that is asked anew is read no more; what was read of it stays in the file."""
    row = ctx.db.execute(
        "SELECT target, pool, machine, final, source, blind, open, votes, pair"
        " FROM item WHERE outcome = ? AND drawn",
        (outcome,),
    ).fetchone()
    if row is None:
        return
    target, pool, machine, final, source, blind, is_open, votes, pair = row
    ctx.db.execute("UPDATE item SET drawn = 0, open = 0 WHERE outcome = ?", (outcome,))
    ctx.db.execute(
        "UPDATE rollup_pool SET drawn = drawn - 1, open = open - ? WHERE target = ? AND pool = ?",
        (is_open, target, pool),
    )
    if final and blind:
        count_read(ctx.db, (target, pool, machine, final, source), -1)
    if both_ways(votes, final, blind, pair):
        count_differ(ctx.db, (target, pool, machine, said(pair, votes)), -1)


def add_flag(ctx: Context, outcome: int, flag: Flag, at: float, known: Known | None = None) -> None:
    """Why a person should read the outcome; a rule names it once."""
    row = (outcome, flag.rule, flag.stratum, flag.inclusion, at)
    if known is not None and ctx.strict:
        if flag.rule in known.rules:
            return
        first = not known.rules
        ctx.pending.row(_FLAG, row)
    else:
        first = not ctx.db.execute("SELECT 1 FROM flag WHERE outcome = ?", (outcome,)).fetchone()
        if not ctx.insert(_FLAG, row):
            return
    if known is not None:
        known.rules |= {flag.rule}
    ctx.pending.of("rollup_flag", (flag.rule, flag.stratum))[FLAGGED] += 1
    ctx.pending.of("rollup_flagged", (1,))[FLAGGED] += first
