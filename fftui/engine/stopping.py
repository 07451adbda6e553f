"""When a target is finished. Read from the settled prefix only.

Compliances take longer than refusals, so what has finished first is a biased sample of what was
sent. A stop on all finished verdicts would end early on the quick ones; the prefix cannot.
"""

from __future__ import annotations

from fftui.domain.states import TargetState
from fftui.engine.schedule import TargetQueue
from fftui.results.rates import settled_interval
from fftui.results.summary import Rules
from fftui.store.reader import TargetCounts


def review(queue: TargetQueue, counts: TargetCounts, rules: Rules) -> None:
    """Bring the queue's width and state up to what has settled."""
    interval = settled_interval(counts, rules.grader.id, rules.tier, rules.repeats, rules.empty)
    if interval is not None:
        queue.width = interval.width
    if queue.state.over or queue.state is TargetState.PAUSED:
        return
    if queue.state is not TargetState.CLOSING and _narrow(queue.width, rules):
        queue.state = TargetState.CLOSING
        queue.reason = f"width {queue.width * 100:.1f} at {counts.settled} settled"
    if not queue.drained:
        return
    if queue.state is TargetState.CLOSING:
        if _narrow(queue.width, rules):
            queue.state = TargetState.FINISHED
            return
        # What was in flight at the stop has widened the interval a little: it goes on, so that
        # no target is called finished at a width that its plan does not accept.
        queue.state, queue.reason = TargetState.OPEN, ""
    if queue.used_up:
        queue.state, queue.reason = _used_up(queue, rules)


def _narrow(width: float, rules: Rules) -> bool:
    return rules.width is not None and rules.adversarial and width <= rules.width


def _used_up(queue: TargetQueue, rules: Rules) -> tuple[TargetState, str]:
    if rules.width is None or not rules.adversarial:
        return TargetState.FINISHED, f"all {queue.planned} attempts done"
    if queue.planned < queue.order.length:
        return TargetState.FINISHED, f"max_attempts {queue.planned} reached"
    return (
        TargetState.EXHAUSTED,
        f"corpus used up at width {queue.width * 100:.1f}, wanted {rules.width * 100:.1f}",
    )
