"""Targets that were over, when the run gives them work again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from fftui.domain.states import TargetState
from fftui.engine import stopping
from fftui.engine.pairs import Pairs
from fftui.engine.schedule import TargetQueue
from fftui.results.summary import EARLY_SHARE, Rules
from fftui.store.amounts import ANSWERED
from fftui.store.counts import TargetCounts
from fftui.store.reader import Reader

FIRST = "what was opened again comes first"


def take_up(queues: Iterable[TargetQueue], reader: Reader, rules: Rules, pairs: Pairs) -> None:
    """Bring each target's state up to its plan and its rows as they are now.

    What was put back and what a new grader has not seen yet shortens the settled prefix, and its
    interval is wide again. Until that is made good no further attempt is begun: the rule was met,
    or may be, with the answers that are there.
    """
    owed = Counter(target for _, target in {(row[0], row[1]) for row in reader.ungraded()})
    for queue in queues:
        counts = reader.counts(queue.target)
        waits = owed[queue.target]
        if _was_over(queue):
            if queue.begun_open or waits:
                queue.state, queue.reason = TargetState.CLOSING, FIRST
            else:
                queue.state, queue.reason = TargetState.OPEN, ""
                stopping.review(queue, counts, rules, pairs)
        elif queue.state is TargetState.OPEN and waits > EARLY_SHARE * _answered(counts):
            queue.state, queue.reason = TargetState.CLOSING, FIRST


def _was_over(queue: TargetQueue) -> bool:
    # An open target has another reason only where a change of the run has opened it again.
    opened = (
        queue.state is TargetState.OPEN and queue.reason and stopping.COMPARED not in queue.reason
    )
    return bool(opened) or queue.state in (
        TargetState.CLOSING, TargetState.FINISHED, TargetState.EXHAUSTED,
    )  # fmt: skip


def _answered(counts: TargetCounts) -> int:
    return sum(row.n[ANSWERED] for row in counts.outcomes)
