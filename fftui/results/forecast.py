"""When targets will be finished: what the accounts' windows allow, and the pace so far.

The windows are played through to the last attempt: what fits is sent at once, then time goes on to
the next reset. A period that only repeats the one before is counted, not played, so that a run of
years costs no more than one of minutes.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from msgspec import Struct

PERIODS = {"minute": 60.0, "hour": 3600.0, "day": 86400.0}
"""Seconds of a window by the last word of its kind."""
_MOST_EVENTS = 20_000
_REMEMBERED = 16
_DUST = 1e-9
_SAME_TIME = 1e-6


class Limit(Struct, frozen=True):
    """One window of an account as it stands now."""

    account: str
    unit: str
    """What it counts: `requests`, `free` (requests to models without charge), `tokens`, `usd`."""
    limit: float
    """Units per period."""
    left: float
    resets_at: float | None
    """Epoch seconds of the next reset; `None`: what is spent does not come back."""
    period_s: float
    """Seconds between resets; infinite where there is none after the next."""


class Work(Struct, frozen=True):
    """What one target still has to send."""

    attempts: int
    needs: Mapping[tuple[str, str], float]
    """Units that one attempt takes by (account, unit), its judges' calls included."""
    out: int = 0
    """Attempts whose calls are out: their budget is spent, their time is still to pass."""


def period_of(kind: str, scale: float = 1.0) -> float:
    """Seconds of a window such as `requests/day`, shortened by an account's `period_scale`."""
    return PERIODS.get(kind.rpartition("/")[2], math.inf) * scale


def finish_times(
    works: Sequence[Work], limits: Sequence[Limit], now: float, pace: float | None = None
) -> list[float | None]:
    """Epoch seconds at which each target may be finished; `None` where that cannot be told.

    The later of two: what the windows allow (`sent_times`), and `pace`, attempts a second of the
    run as a whole, shared equally by the targets that still have work. Without a pace a target
    that no window holds back has an unknown end. Raises ValueError for a pace that is not above 0.
    """
    if pace is not None and not pace > 0:
        raise ValueError(f"pace must be above 0, not {pace!r}")
    found: list[float | None] = []
    counts = [work.attempts + work.out for work in works]
    sizes = sorted(counts)
    sums = [0, *accumulate(sizes)]
    for n, sent in zip(counts, sent_times(works, limits, now), strict=True):
        if sent == math.inf or (pace is None and sent <= now and n):
            found.append(None)
        else:
            # Of each target as many as this one has, or all of it where that is less.
            less = bisect_right(sizes, n)
            before = sums[less] + n * (len(sizes) - less)
            found.append(sent if pace is None else max(sent, now + before / pace))
    return found


def sent_times(works: Sequence[Work], limits: Sequence[Limit], now: float) -> list[float]:
    """Epoch seconds at which the windows let each target's last attempt out; infinite for never.

    Nothing else is taken to slow it. An attempt is sent only when every window has room for all of
    its calls, as the gates keep a share for the judge; one that needs more than a whole window
    waits for a full one and uses up as many periods as it takes. Targets share as the scheduler
    lets them: each in turn, those with most to do first, so that targets of equal needs end
    together.
    """
    return _Play(works, limits, now).times()


@dataclass(slots=True)
class _Kind:
    """Targets whose attempts take the same."""

    needs: tuple[tuple[int, float], ...]
    """(number of a window, units an attempt takes)."""
    members: list[int] = field(default_factory=list)
    left: int = 0
    """Attempts still to send, of all members together."""
    never: bool = False


class _Play:
    """The windows, played through. Times are seconds after the start."""

    def __init__(self, works: Sequence[Work], limits: Sequence[Limit], now: float) -> None:
        self._now = now
        used = {
            key for work in works if work.attempts > 0 for key, n in work.needs.items() if n > 0
        }
        limits = [one for one in limits if (one.account, one.unit) in used]
        self._limit = [one.limit for one in limits]
        self._left = [min(one.left, one.limit) for one in limits]
        self._period = [one.period_s for one in limits]
        self._at = [math.inf if one.resets_at is None else one.resets_at - now for one in limits]
        self._found = [0.0] * len(works)
        self._kinds: dict[tuple[tuple[int, float], ...], _Kind] = {}
        for number, work in enumerate(works):
            if work.attempts < 1:
                continue
            needs = tuple(
                (place, need)
                for place, one in enumerate(limits)
                if (need := work.needs.get((one.account, one.unit), 0.0)) > 0
            )
            if needs:
                kind = self._kinds.setdefault(needs, _Kind(needs))
                kind.members.append(number)
                kind.left += work.attempts

    def times(self) -> list[float]:
        t, events = 0.0, 0
        before: deque[tuple[float, list[float], list[float], list[int]]] = deque(maxlen=_REMEMBERED)
        self._roll(t)
        while live := [k for k in self._kinds.values() if k.left and not k.never]:
            events += 1
            if events > _MOST_EVENTS:
                break
            t = self._skip(t, before)
            kinds = list(self._kinds.values())
            before.append((t, list(self._left), list(self._at), [k.left for k in kinds]))
            self._send(live, t)
            t = self._next(live, t)
            if t == math.inf:
                break
            self._roll(t)
        for kind in self._kinds.values():
            if kind.left:
                for number in kind.members[-kind.left :]:
                    self._found[number] = math.inf
        return [self._now + one for one in self._found]

    def _roll(self, t: float) -> None:
        """Begin the periods whose time has come."""
        for place, at in enumerate(self._at):
            if at > t:
                continue
            limit, period = self._limit[place], self._period[place]
            gone = math.floor((t - at) / period + _SAME_TIME) + 1 if math.isfinite(period) else 1
            # Units owed by an attempt that needed more than one period come off the next ones.
            owed = min(0.0, self._left[place])
            self._left[place] = limit if owed == 0.0 else min(limit, owed + limit * gone)
            self._at[place] = at + gone * period

    def _room(self, kind: _Kind) -> int:
        """Attempts of the kind that may go out now."""
        room = math.inf
        for place, need in kind.needs:
            limit, left = self._limit[place], self._left[place]
            if need > limit:
                room = min(room, 1.0 if self._opens(place, need, 0.0) == 0.0 else 0.0)
            elif math.isfinite(left):
                room = min(room, math.floor(left / need + _DUST))
        return kind.left if room >= kind.left else max(0, int(room))

    def _send(self, live: Sequence[_Kind], t: float) -> None:
        """All that fits at `t`: whole rounds of one attempt a target first."""
        going = list(live)
        while going:
            rounds = min(self._rounds(going), *(k.left // len(k.members) for k in going))
            for kind in list(going):
                wanted = min(kind.left, len(kind.members) * max(1, rounds))
                n = wanted if rounds else min(wanted, self._room(kind))
                self._take(kind, n, t)
                if n < wanted or not kind.left:
                    going.remove(kind)

    def _rounds(self, going: Sequence[_Kind]) -> int:
        taken: dict[int, float] = {}
        for kind in going:
            for place, need in kind.needs:
                taken[place] = taken.get(place, 0.0) + need * len(kind.members)
        fits = [
            math.floor(self._left[place] / n + _DUST)
            for place, n in taken.items()
            if math.isfinite(self._left[place])
        ]
        return max(0, min(fits, default=max(k.left for k in going)))

    def _take(self, kind: _Kind, n: int, t: float) -> None:
        if not n:
            return
        kind.left -= n
        done_at = t
        for place, need in kind.needs:
            self._left[place] -= need * n
            if self._left[place] < -_DUST:
                periods = math.ceil(-self._left[place] / self._limit[place] - _DUST)
                last = self._at[place] + (periods - 1) * self._period[place]
                done_at = max(done_at, last)
            else:
                self._left[place] = max(0.0, self._left[place])
        # The last round holds one attempt of each member, in their order.
        last = len(kind.members)
        for number in kind.members[max(0, last - kind.left - n) : max(0, last - kind.left)]:
            self._found[number] = done_at

    def _next(self, live: Sequence[_Kind], t: float) -> float:
        """When the first kind that still has to wait may go on."""
        opens = math.inf
        for kind in live:
            if kind.left:
                until = max(self._opens(place, need, t) for place, need in kind.needs)
                kind.never = until == math.inf
                opens = min(opens, until)
        return opens

    def _opens(self, place: int, need: float, t: float) -> float:
        limit, left = self._limit[place], self._left[place]
        if need <= limit:
            return t if left / need + _DUST >= 1 else self._at[place]
        if limit <= 0 or not math.isfinite(self._period[place]):
            return math.inf
        return t if left >= limit else self._at[place]

    def _skip(
        self, t: float, before: deque[tuple[float, list[float], list[float], list[int]]]
    ) -> float:
        """Jump over as many repetitions of what has just happened as are sure to come."""
        kinds = list(self._kinds.values())
        for then, left, at, waiting in reversed(before):
            step = t - then
            sent = [a - k.left for a, k in zip(waiting, kinds, strict=True)]
            if step <= 0 or not any(sent):
                continue
            times = [(k.left - len(k.members)) // n for k, n in zip(kinds, sent, strict=True) if n]
            times += self._repeats(t, step, left, at)
            n = min(times)
            if n < 1:
                continue
            for place, was in enumerate(left):
                if at[place] == self._at[place]:
                    if math.isfinite(was):
                        self._left[place] -= n * (was - self._left[place])
                else:
                    self._at[place] += n * step
            for kind, each in zip(kinds, sent, strict=True):
                kind.left -= n * each
            return t + n * step
        return t

    def _repeats(
        self, t: float, step: float, left: Sequence[float], at: Sequence[float]
    ) -> list[int]:
        """How often each window can go through the same again; 0 where it does not repeat."""
        found = []
        for place, was in enumerate(left):
            now = self._left[place]
            if at[place] == self._at[place]:  # no reset in between: it runs down
                used = was - now
                if used > 0 and math.isfinite(used):
                    found.append(math.floor(now / used + _DUST))
                if math.isfinite(at[place]):
                    found.append(math.ceil((at[place] - t) / step - _SAME_TIME) - 1)
            elif abs(now - was) > _DUST or abs(at[place] + step - self._at[place]) > _SAME_TIME:
                found.append(0)
        return found
