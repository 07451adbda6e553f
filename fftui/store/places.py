"""Why an attempt should be read, and where it stands among those that are."""

from __future__ import annotations

from fftui.domain.verdicts import Flag, Place
from fftui.store.context import Context
from fftui.store.recent import Known

_FLAG = "INSERT INTO flag (outcome, rule, stratum, inclusion, at) VALUES (?,?,?,?,?)"
_ITEM = "INSERT INTO item VALUES (?,?,?,?,?,?,?,?,?,?,0,?,'','',1,'')"


def add_item(
    ctx: Context, outcome: int, target: int, place: Place, readings: int, known: Known | None = None
) -> None:
    """Where an attempt stands among those to be read; it is fixed once."""
    drawn = int(place.drawn)
    row = (outcome, target, place.pool.value, place.stratum, place.machine, place.inclusion,
           place.draw, drawn, readings, readings, drawn)  # fmt: skip
    # A grader that is added later finds the place taken: it was fixed before anyone read.
    if known is not None and known.has_item:
        return
    if known is not None and ctx.strict:
        ctx.pending.row(_ITEM, row)
    elif not ctx.db.execute(f"{_ITEM} ON CONFLICT DO NOTHING", row).rowcount:
        return
    if known is not None:
        known.has_item = True
    ctx.pending.add("rollup_pool", (target, place.pool.value), 1, drawn, drawn)


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
        if not ctx.db.execute(f"{_FLAG} ON CONFLICT DO NOTHING", row).rowcount:
            return
    if known is not None:
        known.rules.add(flag.rule)
    ctx.pending.add("rollup_flag", (flag.rule, flag.stratum), 1)
    ctx.pending.add("rollup_flagged", (1,), int(first))
