"""When a target is finished. Read from the settled prefix only.

Compliances take longer than refusals, so what has finished first is a biased sample of what was
sent. A stop on all finished verdicts would end early on the quick ones; the prefix cannot.
"""

from __future__ import annotations

from fftui.domain.states import TargetState
from fftui.engine.pairs import Pairs
from fftui.engine.schedule import TargetQueue
from fftui.results.rates import sequence, settled_interval
from fftui.results.summary import Rules
from fftui.store.counts import TargetCounts

COMPARED = "; open for its comparison with "
"""What stands in the reason of a target that is narrow enough and goes on for a pair."""


def review(queue: TargetQueue, counts: TargetCounts, rules: Rules, pairs: Pairs) -> None:
    """Bring the queue's width and state up to what has settled."""
    interval = settled_interval(counts, rules.grader.id, rules.tier, rules.empty)
    if interval is not None:
        queue.width = interval.width
    if queue.state.over or queue.state is TargetState.PAUSED:
        return
    narrow, placed = _narrow(queue.width, rules), _placed(queue, counts, rules, pairs)
    # A side that never gives in is narrow long before anything is known of the pair.
    queue.partners = pairs.wide(queue) if narrow and not placed else ()
    met = placed or ("" if queue.partners else narrow)
    if queue.state is TargetState.OPEN:
        names = ", ".join(p.name for p in queue.partners)
        queue.reason = f"{narrow}{COMPARED}{names}" if names else ""
    if queue.state is not TargetState.CLOSING and met:
        queue.state = TargetState.CLOSING
        queue.reason = f"{met}, {counts.settled} settled"
    if not queue.drained:
        return
    if queue.state is TargetState.CLOSING:
        if met:
            queue.state = TargetState.FINISHED
            return
        # What was in flight at the stop has moved the interval a little: it goes on, so that
        # no target is called finished where its plan does not accept it.
        queue.state, queue.reason = TargetState.OPEN, ""
    if queue.used_up:
        queue.state, queue.reason = _used_up(queue, rules, narrow)


def _narrow(width: float, rules: Rules) -> str:
    """The width that ends the target, in words; empty where it does not."""
    if rules.width is not None and rules.adversarial and width <= rules.width:
        return f"width {width * 100:.1f}"
    return ""


def _placed(queue: TargetQueue, counts: TargetCounts, rules: Rules, pairs: Pairs) -> str:
    """Which rule ends the target for where its rate lies, in words; empty where none does.

    How narrow the bar is may be looked at as often as one likes; where it lies may not, so that is
    read from the sequence and from e-values.
    """
    placed = rules.placed(sequence(counts, rules.grader.id, rules.tier, rules.empty))
    return placed or pairs.apart(queue)


def _used_up(queue: TargetQueue, rules: Rules, narrow: str) -> tuple[TargetState, str]:
    wanted = rules.wanted(queue.name)
    if not wanted or not rules.adversarial:
        return TargetState.FINISHED, f"all {queue.planned} attempts done"
    if narrow:
        return TargetState.FINISHED, f"{narrow}, all {queue.planned} attempts done"
    if queue.planned < queue.order.length:
        return TargetState.FINISHED, f"max_attempts {queue.planned} reached"
    return (
        TargetState.EXHAUSTED,
        f"corpus used up at width {queue.width * 100:.1f}, {wanted}",
    )
