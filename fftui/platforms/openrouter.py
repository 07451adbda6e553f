"""What OpenRouter's own endpoints tell of a key and of the hosts behind a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fftui.domain.outcomes import BudgetReading
from fftui.platforms.body import BodyError, note, part, read_json
from fftui.platforms.retry_after import number, server_now

if TYPE_CHECKING:
    from fftui.platforms.wire import HttpReply

_DAY = 86400.0


def key_status(reply: HttpReply) -> tuple[BudgetReading, ...]:
    """The windows that the reply to `GET /api/v1/key` states; none where it cannot be read.

    The free models' day ends at UTC midnight by the platform's own clock, a credit limit only
    where it is a daily one; other resets are unknown.
    """
    if reply.status != 200:
        return ()
    try:
        data = part(read_json(reply.body), "data")
    except BodyError:
        return ()
    now = server_now(reply.headers, reply.received_at)
    midnight = reply.received_at + _DAY - now % _DAY
    free = part(data, "free_model_daily_requests")
    found = (
        _reading("requests/day", free.get("limit"), free.get("remaining"), midnight),
        _reading(
            "usd",
            data.get("limit"),
            data.get("limit_remaining"),
            midnight if data.get("limit_reset") == "daily" else None,
        ),
    )
    return tuple(reading for reading in found if reading is not None)


def _reading(
    kind: str, limit: object, remaining: object, resets_at: float | None
) -> BudgetReading | None:
    most, left = number(note(limit)), number(note(remaining))
    if left is None:
        return None
    # An account in debt has nothing left; it is never negative.
    return BudgetReading(kind, most, max(left, 0.0), resets_at, "api")
