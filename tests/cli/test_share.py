"""A run is its owner's, until they open it to a group of reviewers with logins of their own."""

from __future__ import annotations

import grp
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from fftui.store.folder import lock_file
from fftui.store.lock import is_held
from tests.cli.support import Desk, Done

MINE = next((g for g in grp.getgrall() if g.gr_gid in os.getgroups()), None)
STRANGER = 54321
# Python itself may lie where only root can read, so all is imported before the user is changed.
AS_STRANGER = """
import contextlib, io, os, sys
from pathlib import Path
from fftui.cli import main
from fftui.store.folder import database
from fftui.store.claims import Enrol
from fftui.store.writer import append
folder, group, home = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
with contextlib.redirect_stdout(io.StringIO()):
    main(["status", str(folder)])
os.setgroups([group])
os.setgid(54321)
os.setuid(54321)
os.environ.update(HOME=home, XDG_STATE_HOME=home + "/state")
code = main(["status", str(folder)])
if code:
    sys.exit(code)
print("enrolled", bool(append(database(folder), Enrol("ana", 1.0))))
for name in ("engine.log", "accounts.db"):
    try:
        (folder / name).read_bytes()
        print("READ", name)
    except PermissionError:
        print("closed", name)
    except FileNotFoundError:
        pass
try:
    database(folder).unlink()
    print("DELETED")
except PermissionError:
    print("kept")
"""


def modes(folder: Path) -> dict[str, str]:
    """Permissions of the folder and of what lies in it."""
    found = {p.name: stat.S_IMODE(p.stat().st_mode) for p in (folder, *folder.iterdir())}
    return {name: f"{mode:o}" for name, mode in sorted(found.items())}


@pytest.mark.skipif(MINE is None, reason="this user is in no group with a name")
def test_a_shared_run_is_open_to_its_group_and_to_nobody_else(desk: Desk) -> None:
    assert MINE is not None
    assert desk.fftui("run", "plan.toml", "--headless").code == 0
    folder = desk.runs / "quick"
    alone = modes(folder)
    done = desk.fftui("share", "quick", "--group", MINE.gr_name)
    assert done.code == 0, done.err
    assert f"open to the group {MINE.gr_name}" in done.out
    shared = modes(folder)
    assert (shared["quick"], shared["run.db"], shared["engine.lock"]) == ("3770", "660", "640")
    kept = set(shared) - {"quick", "run.db", "engine.lock", "run.db-wal", "run.db-shm"}
    assert {shared[name] for name in kept} <= {"600"}
    checked = desk.fftui("doctor", "quick")
    assert checked.code == 0, checked.out
    assert "as it was shared" in checked.out
    (folder / "run.db").chmod(0o666)
    assert "chmod 660" in desk.fftui("doctor", "quick").out
    assert desk.fftui("share", "quick", "--off").out.endswith("open to you alone\n")
    assert modes(folder) == alone
    assert desk.fftui("doctor", "quick").code == 0


def test_what_is_wrong_with_a_share_is_one_line(desk: Desk) -> None:
    assert desk.fftui("run", "plan.toml", "--headless").code == 0
    before = modes(desk.runs / "quick")
    desk.fftui("share", "quick", "--group", "no-such-group").refused(1, "no group", "`groups`")
    desk.fftui("share", "quick").refused(2, "--group")
    desk.fftui("share", "missing", "--group", "x").refused(2, "no run")
    assert modes(desk.runs / "quick") == before


@pytest.fixture
def hall(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that other users can pass, with the package where they can read it."""
    place = Path(tempfile.mkdtemp(prefix="fftui-hall-", dir="/tmp"))
    place.chmod(0o755)
    monkeypatch.setenv("FFTUI_HOME", str(place / "runs"))
    yield place
    shutil.rmtree(place)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can act as another user")
def test_a_reviewer_with_an_own_login_reads_and_votes_but_sees_no_log(
    desk: Desk, hall: Path
) -> None:
    group = next(g for g in grp.getgrall() if g.gr_gid not in (0, STRANGER))
    assert desk.fftui("run", "plan.toml", "--headless").code == 0
    folder = hall / "runs" / "quick"
    home = hall / "home"
    home.mkdir()
    os.chown(home, STRANGER, STRANGER)
    (folder / "engine.log").write_text("words\n")

    def stranger(gid: int) -> Done:
        code = [sys.executable, "-c", AS_STRANGER, str(folder), str(gid), str(home)]
        done = subprocess.run(code, capture_output=True, text=True, timeout=60, check=False)
        assert "Traceback" not in done.stderr, done.stderr
        return Done(done.returncode, done.stdout, done.stderr)

    assert stranger(group.gr_gid).code != 0
    said = desk.fftui("share", str(folder), "--group", group.gr_name)
    assert said.code == 0
    # The way there is told, not taken.
    assert f"chmod o+x {hall / 'runs'}" in said.err
    (hall / "runs").chmod(0o711)
    assert "cannot pass" not in desk.fftui("share", str(folder), "--group", group.gr_name).err

    seen = stranger(group.gr_gid)
    assert (seen.code, seen.err) == (0, "")
    assert "simulated" in seen.out.lower()
    assert seen.out.splitlines()[-3:] == ["enrolled True", "closed engine.log", "kept"]
    # What the stranger's SQLite left behind is the group's, and the owner goes on with it.
    assert desk.fftui("doctor", str(folder)).code == 0
    assert desk.fftui("status", str(folder)).code == 0
    assert stranger(STRANGER + 1).code != 0
    assert not is_held(lock_file(folder))
