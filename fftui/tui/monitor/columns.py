"""The columns of the table of targets: what each one says, how wide, and how it sorts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from fftui.domain.states import TargetState
from fftui.tui.draw.line import Piece, Tone, left, right
from fftui.tui.draw.numbers import count, points, span
from fftui.tui.monitor.scene import FEW, SOME, tone_of
from fftui.tui.words import TARGET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from fftui.domain.labels import Tier
    from fftui.results.numbers import Rate
    from fftui.results.view import RunSummary, TargetSummary

    _Text = Callable[[TargetSummary, Tier], tuple[str, Tone]]

AXIS = "axis"
STATE_WIDTH = 7
"""The longest word of a state, `used up`."""
MIN_AXIS, GOOD_AXIS, WIDE_AXIS, MAX_AXIS = 10, 22, 34, 72
"""At least; before names are cut; before optional columns are left out; at most."""
MIN_NAME, MAX_NAME = 10, 26


class Column(Struct, frozen=True):
    """One column. `axis` has no text: the interval is drawn there."""

    id: str
    title: str
    width: int
    text: Callable[[TargetSummary, Tier], tuple[str, Tone]]
    key: Callable[[TargetSummary, Tier], float | str | None] | None = None
    """What it sorts by; `None` sorts last in either direction."""
    flush_left: bool = False

    def cell(self, target: TargetSummary, tier: Tier) -> Piece:
        """The cell, cleaned and padded."""
        text, tone = self.text(target, tier)
        return (left if self.flush_left else right)(text, self.width, tone)


def rate_of(target: TargetSummary, tier: Tier) -> Rate | None:
    """The rate shown for a target, or `None` where there is none to show."""
    rate = target.rates.get(tier)
    return None if rate is None or target.benign_only else rate


def _word(target: TargetSummary, _tier: Tier) -> tuple[str, Tone]:
    if target.state is TargetState.OPEN:
        return ("early" if target.early else ""), Tone.WARN
    said = TARGET[target.state]
    return said.word, tone_of(said)


def _rate(target: TargetSummary, tier: Tier) -> tuple[str, Tone]:
    rate = rate_of(target, tier)
    if rate is None or rate.rate is None:
        return "no data", Tone.MUTED
    mark = "~" if rate.n < SOME else ""
    return f"{mark}{rate.rate * 100:.1f}%", Tone.FAINT if rate.n < FEW else Tone.STRONG


def _width(target: TargetSummary, tier: Tier) -> tuple[str, Tone]:
    # The word column holds the state then, and the row must say it all the same.
    if target.early and target.state is not TargetState.OPEN:
        return "early", Tone.WARN
    rate = rate_of(target, tier)
    return (points(rate.width) if rate else ""), Tone.PLAIN


def _tally(value: Callable[[TargetSummary], int], tone: Tone) -> _Text:
    def text(target: TargetSummary, _tier: Tier) -> tuple[str, Tone]:
        n = value(target)
        return (count(n), tone) if n else ("0", Tone.FAINT)

    return text


def _needed(target: TargetSummary, _tier: Tier) -> tuple[str, Tone]:
    return (count(target.needed.expected), Tone.PLAIN) if target.needed else ("", Tone.PLAIN)


def _eta(target: TargetSummary, _tier: Tier) -> tuple[str, Tone]:
    return ("" if target.eta_s is None else span(target.eta_s)), Tone.MUTED


def _identities(target: TargetSummary, _tier: Tier) -> tuple[str, Tone]:
    many = target.identities > 1
    return (count(target.identities) if many else ""), Tone.WARN


def _cut(target: TargetSummary, _tier: Tier) -> tuple[str, Tone]:
    if not target.usable:
        return "", Tone.PLAIN
    share = target.cut / target.usable
    return f"{share * 100:.0f}%", Tone.WARN if share >= 0.05 else Tone.FAINT


def columns(run: RunSummary, width: int) -> list[Column]:
    """The columns that fit, in reading order, the name and the axis sharing what is left over."""
    targets = run.targets
    longest = max((len(t.name) for t in targets), default=MIN_NAME)
    digits = len(str(max((t.planned for t in targets), default=0)))
    told = all(t.platform.casefold().removeprefix("sim:") in t.name.casefold() for t in targets)
    pair = max(6, 2 * digits + 1)
    always = [
        Column("state", "", STATE_WIDTH, _word, lambda t, _: t.state.value, flush_left=True),
        Column("usable", "usable", pair, lambda t, _: (f"{t.usable}/{t.planned}", Tone.PLAIN),
               lambda t, _: t.usable),
        Column("rate", "rate", 7, _rate, _rate_key),
        Column("width", "width", 5, _width, _width_key),
    ]  # fmt: skip
    if any(t.identities > 1 for t in targets):
        # A rate over several identities is never shown without its mark, however narrow.
        always.append(Column("identities", "ids", 3, _identities))
    # In the order in which a person misses them when they are not there.
    optional = [
        Column("platform", "platform", _longest((t.platform for t in targets), 8, 12),
               lambda t, _: (t.platform, Tone.MUTED), lambda t, _: t.platform, flush_left=True),
        Column("needed", "needed", 6, _needed, _needed_key),
        Column("blocked", "block", 5, _tally(lambda t: t.blocked, Tone.WARN),
               lambda t, _: t.blocked),
        Column("failed", "fail", 4, _tally(lambda t: t.failed, Tone.BAD), lambda t, _: t.failed),
        Column("eta", "ETA", 5, _eta, lambda t, _: t.eta_s),
        Column("ungraded", "ungr", 4, _tally(lambda t: t.ungraded, Tone.PLAIN),
               lambda t, _: t.ungraded),
        Column("cut", "cut", 4, _cut, lambda t, _: t.cut),
        Column("maker", "maker", _longest((t.maker for t in targets), 5, 10),
               lambda t, _: (t.maker, Tone.MUTED), lambda t, _: t.maker, flush_left=True),
        Column("upstream", "upstream", _longest((t.upstream for t in targets), 8, 12),
               lambda t, _: (t.upstream, Tone.MUTED), flush_left=True),
        Column("done", "done", max(4, digits), lambda t, _: (str(t.done), Tone.MUTED),
               lambda t, _: t.done),
        Column("settled", "settled", 7, lambda t, _: (str(t.settled), Tone.MUTED)),
    ]  # fmt: skip
    unneeded = set()
    if told:
        unneeded.add("platform")
    if not any(t.upstream for t in targets):
        unneeded.add("upstream")
    if not any(t.maker for t in targets):
        unneeded.add("maker")
    if not any(t.needed for t in targets):
        unneeded.add("needed")
    if all(t.state.over for t in targets):
        unneeded.add("eta")
    # Cursor and glyph take two cells each; every column has one before it; the edge stays free.
    room = width - 1 - 4 - 1 - sum(c.width + 1 for c in always) - 1
    name = max(MIN_NAME, min(longest, MAX_NAME, room - GOOD_AXIS))
    room -= name
    chosen = {c.id: c for c in always}
    for column in optional:
        if column.id not in unneeded and room - column.width - 1 >= WIDE_AXIS:
            chosen[column.id] = column
            room -= column.width + 1
    axis = max(MIN_AXIS, min(MAX_AXIS, room))
    name += max(0, min(longest - name, room - axis))
    chosen["name"] = Column("name", "target", name, lambda t, _: (t.name, Tone.PLAIN),
                            lambda t, _: t.name.casefold(), flush_left=True)  # fmt: skip
    chosen[AXIS] = Column(AXIS, "", axis, lambda _t, _tier: ("", Tone.PLAIN))
    return [chosen[name] for name in _ORDER if name in chosen]


_ORDER = (
    "state", "name", "platform", "maker", "upstream", "done", "settled", "usable", "identities",
    "rate", AXIS, "width", "needed", "blocked", "failed", "cut", "ungraded", "eta",
)  # fmt: skip
SORTABLE = ("rate", "width", "usable", "needed", "blocked", "failed", "eta", "name", "state")


def _rate_key(target: TargetSummary, tier: Tier) -> float | None:
    rate = rate_of(target, tier)
    return rate.rate if rate else None


def _needed_key(target: TargetSummary, _tier: Tier) -> float | None:
    return target.needed.expected if target.needed else None


def _width_key(target: TargetSummary, tier: Tier) -> float | None:
    rate = rate_of(target, tier)
    return rate.width if rate else None


def ordered(
    targets: Sequence[TargetSummary], column: Column | None, tier: Tier, *, down: bool
) -> list[TargetSummary]:
    """The targets by a column, or in plan order without one; those without a value last."""
    if column is None or column.key is None:
        return list(reversed(targets)) if down else list(targets)
    keyed = [(column.key(target, tier), target) for target in targets]
    having = [(key, target) for key, target in keyed if key is not None]
    having.sort(key=lambda pair: pair[0], reverse=down)
    return [target for _, target in having] + [target for key, target in keyed if key is None]


def _longest(texts: Iterable[str], low: int, high: int) -> int:
    return max(low, min(high, max(map(len, texts), default=low)))
