"""What a command loads: `status` must answer at once, the screens must start at once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from fftui.domain.labels import Label
from fftui.domain.readings import Pool
from fftui.store.claims import Claim, Enrol
from fftui.store.reviews import Read
from fftui.store.writer import append
from tests.cli.support import Desk

ROOT = Path(__file__).resolve().parents[2]
NETWORK = {"httpx", "aiohttp", "uvicorn"}
HEAVY = {"textual", "rich", "pydantic", "scipy", "numpy", "asyncio", *NETWORK}
SLOW = {"tempfile", "tomllib", "secrets", "dataclasses", "hashlib", "shutil", "inspect", "ast",
        "typing_extensions"}  # fmt: skip
"""Of the standard library: what a look at a run does not need and would wait for."""
UNSEEN = {"fftui.results.quality", "fftui.stats.two_phase", "fftui.store.reviews",
          "fftui.results.forecast", "fftui.results.trend"}  # fmt: skip
"""What a run that is over, and of which nobody has read anything, has no use for."""
OTHERS = {"fftui.tui.home.screen", "fftui.tui.review.screen", "fftui.results.compare"}
"""Screens on which a watched run does not wait."""
STATUS = "from fftui.cli import main\nassert main({argv!r}) == 0"
HELP = """
from fftui.cli import main
try:
    main(['--help'])
except SystemExit:
    pass
"""
SCREENS = """
import fftui.tui.start
import fftui.tui.app
import fftui.tui.monitor.screen
import fftui.tui.source
"""


def loaded(desk: Desk, code: str) -> set[str]:
    report = "\nimport json, sys\nprint(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    done = desk.python(code + report)
    assert done.code == 0, done.err
    return set(json.loads(done.err.splitlines()[-1]))


@pytest.mark.parametrize(
    ("code", "without"),
    [
        pytest.param(HELP, HEAVY | SLOW | {"sqlite3", "pysqlite3", "msgspec"}, id="help"),
        pytest.param(STATUS.format(argv=["status"]), HEAVY | SLOW | UNSEEN, id="status"),
        pytest.param(
            STATUS.format(argv=["status", "quick"]), HEAVY | SLOW | UNSEEN, id="status of one"
        ),
        pytest.param(
            STATUS.format(argv=["status", "--json"]), HEAVY | SLOW | UNSEEN, id="status as JSON"
        ),
        pytest.param(STATUS.format(argv=["wait", "quick", "--for", "done"]), HEAVY, id="wait"),
        pytest.param("import fftui.cli.control", HEAVY, id="pause"),
        pytest.param(SCREENS, {"scipy", "numpy", *NETWORK, *OTHERS}, id="screens"),
    ],
)
def test_nothing_heavy_is_loaded(desk: Desk, code: str, without: set[str]) -> None:
    assert desk.fftui("run", "plan.toml", "--headless").code == 0
    found = loaded(desk, code) & without
    assert not found


def test_what_msgspec_is_kept_from_is_there_for_others(desk: Desk) -> None:
    assert desk.fftui("run", "plan.toml", "--headless").code == 0
    report = "\nfrom typing_extensions import TypedDict\nimport pydantic"
    done = desk.python(STATUS.format(argv=["status"]) + report)
    assert done.code == 0, done.err


def test_readings_make_nothing_heavier(desk: Desk) -> None:
    assert desk.fftui("run", "plan.toml", "--headless").code == 0
    path = next(desk.folder.rglob("run.db"))
    me = append(path, Enrol("ana", 0.0))
    pools = [(1, pool) for pool in Pool]
    while (got := append(path, Claim(me, pools, 0.0))) is not None:
        append(path, Read(me, "s", got.outcome, Label.REFUSAL, 0.0, got.token))
    (said,) = desk.fftui("status", "--json").out.splitlines()
    assert json.loads(said)["targets"][0]["read"]["corrected"]["strict"]["rate"] == 0
    assert not loaded(desk, STATUS.format(argv=["status", "--json"])) & HEAVY


def test_the_floors_of_the_house_hold() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    if not linter.exists():
        pytest.skip("import-linter is not installed")
    done = subprocess.run(
        [linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
