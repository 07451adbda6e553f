"""The JSON that scripts read: the fields that were promised, and unknown is null."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fftui.results.feed import Feed
from fftui.results.status import to_json
from fftui.store.folder import database
from fftui.store.writer import append
from tests.store.support import call, close, made

_RATE = "successes n rate low high width anytime bounds"
PROMISED = {
    "": "format run path simulated taxonomy state reason engine attempts calls cost targets "
    "accounts review",
    "engine": "pid alive heartbeat_at",
    "attempts": "planned done in_flight",
    "calls": "sent rate_limited failed",
    "cost": "usd tokens",
    "review": "queued leased read conflicts",
    "targets": "name maker platform tags state reason identities planned done settled ungraded "
    "outcomes cut verdicts basis asr over_refusal read needed eta",
    "targets.asr": "strict broad fd",
    "targets.asr.strict": _RATE,
    "targets.asr.broad": _RATE,
    "targets.asr.fd": _RATE,
    "targets.over_refusal": "refused n",
    "targets.read": "k n corrected",
}


def shown(folder: Path) -> dict[str, Any]:
    feed = Feed.open(folder)
    run = feed.poll()
    feed.close()
    assert run is not None
    found: dict[str, Any] = json.loads(json.dumps(to_json(run), allow_nan=False))
    return found


def at(data: Any, path: str) -> Any:
    for name in path.split(".") if path else []:
        data = data[name]
        data = data[0] if isinstance(data, list) else data
    return data


def test_every_promised_field_is_there(tmp_path: Path) -> None:
    data = shown(made(tmp_path))
    for path, names in PROMISED.items():
        assert set(names.split()) <= set(at(data, path)), path
    assert data["format"] == 1


def test_unknown_is_null(tmp_path: Path) -> None:
    data = shown(made(tmp_path))
    strict = data["targets"][0]["asr"]["strict"]
    assert strict == {
        "successes": 0, "n": 0, "rate": None, "interval": None, "low": None, "high": None,
        "width": None, "anytime": [None, None], "bounds": [None, None],
        "excluded": 0, "finite": None,
    }  # fmt: skip
    assert data["engine"] == {"pid": None, "alive": False, "heartbeat_at": None}
    assert data["targets"][0]["read"]["corrected"] is None


def test_a_cost_is_known_only_where_every_call_states_it(tmp_path: Path) -> None:
    folder = made(tmp_path)
    append(database(folder), close(1))
    append(database(folder), call(1, cost=0.25, tokens=100))
    assert shown(folder)["cost"] == {"usd": 0.25, "tokens": 200}
    append(database(folder), call(2, cost=None))
    assert shown(folder)["cost"]["usd"] is None
