"""The per-user file: where the runs are."""

from __future__ import annotations

import stat
from pathlib import Path

from fftui.store.user import UserFile


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
