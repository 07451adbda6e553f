"""The ledger of accounts: however many processes send, an account is never overspent."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

from fftui.store.user import Limit, UserFile

MINUTE = Limit("requests/minute", 100, 3600.0)
DAY = Limit("requests/day", 30, 86400.0)

_SPENDER = """
import sys
from pathlib import Path
from fftui.store.user import Limit, UserFile
user, got = UserFile(Path(sys.argv[1])), 0
limit = Limit("requests/minute", 100, 3600.0)
print("ready", flush=True)
sys.stdin.readline()
while user.reserve("a", {limit.kind: (limit, 1.0)}, 1000.0) is None:
    got += 1
print(got, flush=True)
sys.stdin.readline()
"""


def take(user: UserFile, now: float, account: str = "a", units: float = 1.0) -> bool:
    return user.reserve(account, {MINUTE.kind: (MINUTE, units)}, now) is None


def test_processes_together_spend_what_there_is_and_no_more(tmp_path: Path) -> None:
    children = [
        subprocess.Popen([sys.executable, "-c", _SPENDER, os.fspath(tmp_path)],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]  # fmt: skip
    got = []
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    for child in children:
        assert child.stdout is not None
        got.append(int(child.stdout.readline()))
    assert sum(got) == 100
    # Their death gives nothing back: nobody knows which of their calls had been sent.
    for child in children:
        child.kill()
        child.communicate(timeout=10)
    user = UserFile(tmp_path)
    assert user.spent("a", MINUTE, 1000.0) == 100
    assert not take(user, 1000.0)
    assert take(user, 1000.0, account="another")
    user.close()


def test_a_period_ends_at_its_epoch_boundary(tmp_path: Path) -> None:
    user = UserFile(tmp_path)
    assert take(user, 3599.9, units=100)
    assert not take(user, 3599.99)
    assert MINUTE.resets_at(3599.99) == 3600.0
    assert take(user, 3600.0, units=100)
    assert not take(user, 3600.0)
    assert DAY.resets_at(5.0) == 86400.0
    user.close()


def test_all_windows_are_charged_or_none(tmp_path: Path) -> None:
    user = UserFile(tmp_path)
    both = {MINUTE.kind: (MINUTE, 20.0), DAY.kind: (DAY, 20.0)}
    assert user.reserve("a", both, 10.0) is None
    assert user.reserve("a", both, 10.0) == DAY
    assert user.spent("a", MINUTE, 10.0) == 20
    user.close()


def test_a_block_only_grows(tmp_path: Path) -> None:
    one, two = UserFile(tmp_path), UserFile(tmp_path)
    one.block("a", 100.0, "http 429")
    two.block("a", 50.0, "shorter")
    assert two.blocked("a", 10.0) == (100.0, "http 429")
    assert two.blocked("a", 100.0) is None
    one.close()
    two.close()


def test_runs_are_remembered_until_forgotten(tmp_path: Path) -> None:
    user = UserFile(tmp_path / "state")
    for name in ("x", "y"):
        (tmp_path / name).mkdir()
        user.remember(tmp_path / name)
    assert set(user.runs()) == {tmp_path / "x", tmp_path / "y"}
    user.forget(tmp_path / "x")
    assert user.runs() == [tmp_path / "y"]
    user.close()
    path = tmp_path / "state" / "accounts.db"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
