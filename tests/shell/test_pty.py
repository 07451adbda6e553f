"""What leaves for the terminal, byte by byte."""

from __future__ import annotations

import base64
import os
import re
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.shell.fakes import HIDDEN
from tests.tui.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

CODE = "from tests.shell.hostile import main; main(plain=%s)"
ALLOWED = re.compile(
    rb"\x1b(?:\[[0-9;:]*m"  # colour
    rb"|\[[0-9;]*[HABCDfJKL]"  # cursor, clear
    rb"|\[[?<>=][0-9;]*[hlu]|\[[?<>=]?[0-9;]*u"  # modes, kitty keys
    rb"|\[\?[0-9;]+\$p|\[\??[0-9;]*[cnq]|\[>[0-9;]*[cmq]"  # questions
    rb"|\]22;default\x07"  # Textual's pointer
    rb"|[78=>]|\(B|P\+q[0-9a-fA-F;]*\x1b\\|\[[0-9;]*t)"
)


@pytest.fixture
def terminal(request: pytest.FixtureRequest) -> Iterator[Terminal]:
    plain = getattr(request, "param", False)
    opened = Terminal.open(CODE % plain, 120, 40)
    try:
        opened.wait(lambda text: "PAUSED" in text)
        yield opened
    finally:
        try:
            opened.close()
        except ProcessLookupError:
            os.close(opened.fd)


def through_all(terminal: Terminal) -> None:
    """Every screen with a stranger's words on it."""
    terminal.press("X")
    terminal.wait(lambda text: "to confirm" in text)
    terminal.press("\x1b")
    terminal.read(0.5)
    terminal.press("\t\r")
    terminal.wait(lambda text: "before the start" in text and "enter start" in text)
    terminal.press("\x1b")
    terminal.read(0.5)
    terminal.press("\x1bOQ")
    terminal.wait(lambda text: "1,000,000" in text and "answered" in text)
    terminal.press("\x1bOR")
    terminal.read(0.5)
    terminal.press("\r")
    terminal.wait(lambda text: "MASKED" in text and "prompt" in text)


def test_hostile_words_on_every_screen_never_reach_the_terminal_raw(terminal: Terminal) -> None:
    through_all(terminal)
    assert HIDDEN.encode() not in terminal.sent
    terminal.press("mr")
    terminal.wait(lambda text: "UNMASKED" in text and HIDDEN in text)
    terminal.press("G")
    terminal.read(0.5)
    sent = bytes(terminal.sent)
    assert "␛]52;c;".encode() in sent
    rest = ALLOWED.sub(b"", sent)
    assert b"\x1b" not in rest, rest[max(0, rest.index(b"\x1b") - 40) :][:120]
    for char in ("\x07", "\x08", "\x00", "\x9b", "\u202e", "\u200b", "\u202c"):
        assert char.encode() not in rest
    assert b"52;c;ZXZpbA==\x07" not in sent


def test_a_widget_that_somebody_fed_with_raw_text_does_not_let_it_out(terminal: Terminal) -> None:
    terminal.press("\x1bOS")
    terminal.wait(lambda text: "careless ␛]52" in text)
    terminal.settle(quiet=0.3)
    rest = ALLOWED.sub(b"", bytes(terminal.sent))
    for char in ("\x1b", "\x07", "\x00", "\x9b", "\u202e", "\u200b"):
        assert char.encode() not in rest


@pytest.mark.parametrize("terminal", [True], indirect=True)
def test_ascii_means_that_only_ascii_is_sent(terminal: Terminal) -> None:
    through_all(terminal)
    terminal.press("m?")
    terminal.wait(lambda text: "keys: trace" in text)
    assert bytes(terminal.sent).isascii()


def test_y_sends_the_id_and_nothing_else_by_osc_52(terminal: Terminal) -> None:
    through_all(terminal)
    terminal.press("y")
    terminal.wait(lambda text: "id 1 copied" in text)
    found = re.findall(rb"\x1b\]52;c;([^\x07\x1b]*)", bytes(terminal.sent))
    assert [base64.b64decode(each) for each in found] == [b"1"]


def test_nothing_is_sent_while_nothing_changes(terminal: Terminal) -> None:
    terminal.settle()
    assert terminal.read(5.0) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_view_quietly(terminal: Terminal, number: signal.Signals) -> None:
    terminal.settle(quiet=0.5)
    os.kill(terminal.pid, number)
    terminal.read(1.5)
    assert b"Traceback" not in terminal.sent
    # The alternate screen is left, so the shell finds its terminal as it was.
    assert b"\x1b[?1049l" in terminal.sent
    code = ended(terminal.pid)
    assert code == 128 + number


def test_a_signal_ends_even_a_view_that_nobody_reads(terminal: Terminal) -> None:
    # Nobody reads: the writer fills the pty and blocks the event loop.
    terminal.press("?\x1b" * 400)
    time.sleep(1.5)
    os.kill(terminal.pid, signal.SIGTERM)
    assert ended(terminal.pid) == 128 + signal.SIGTERM


def test_a_terminal_that_is_gone_ends_a_view_that_nobody_tells() -> None:
    """As under `make`, which alone is told that it hung up, and waits for its children."""
    leader = (
        "import signal, subprocess, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN);"
        f" sys.exit(subprocess.call([sys.executable, '-c', {CODE % False!r}]))"
    )
    terminal = Terminal.open(leader, 120, 40)
    terminal.wait(lambda text: "PAUSED" in text)
    terminal.hang_up()
    assert ended(terminal.pid) == 128 + signal.SIGHUP


def ended(pid: int, within: float = 10.0) -> int:
    """Exit code of a child, which has to end in time."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.05)
    raise AssertionError("it is still there")
