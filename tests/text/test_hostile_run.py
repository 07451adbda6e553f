"""500 escape payloads through every screen and every command at a real terminal."""

from __future__ import annotations

import os
import re
import shutil
import time
from pathlib import Path

import pytest

from fftui.results.doctor import examine_run
from fftui.store.reader import Reader
from tests.shell.test_pty import ALLOWED
from tests.text.hostile_run import hostile_run
from tests.text.payloads import MARK, one_of_each_category, payloads
from tests.text.test_text import breach
from tests.tui.terminal import ROOT, Terminal

TAGGED = re.compile(r"<|\]\(|\|")
"""HTML and Markdown."""
FEW = 16
"""Every so many payloads of all in the suite's daily part."""


@pytest.fixture(params=[FEW, pytest.param(1, marks=pytest.mark.long)], ids=["some", "all"])
def run(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run whose every text is a payload."""
    for name in ("state", "config", "home"):
        monkeypatch.setenv("HOME" if name == "home" else f"XDG_{name.upper()}_HOME",
                           str(tmp_path / name))  # fmt: skip
    monkeypatch.setenv("FFTUI_HOME", str(tmp_path / "runs"))
    found = payloads()
    assert len(found) >= 500
    # A step that shares no factor with the catalogue's rhythm takes some of every kind.
    chosen = [*found[:: request.param], *filter(TAGGED.search, found)]
    chosen = [*chosen, *map(carried, one_of_each_category())]
    return hostile_run(tmp_path, chosen)


def carried(char: str) -> str:
    """A character between words."""
    return f"a{char}{MARK} {char}"


def unsafe(sent: bytes) -> str:
    """What reached the terminal that neither Textual nor a cleaned text sends; nothing if good."""
    rest = ALLOWED.sub(b"", sent).decode("utf-8", "surrogateescape").replace("\r\n", "\n")
    bad = breach(rest.replace("\r", "").replace("\ufe0f", ""))
    at = rest.find(bad) if bad else -1
    return ascii(rest[max(0, at - 60) : at + 60]) if bad else ""


def command(*argv: str) -> str:
    """Python code that gives a command."""
    return f"import sys; from fftui.cli import main; sys.exit(main({list(argv)!r}))"


def printed(cwd: Path, commands: list[list[str]], within: float = 150) -> bytes:
    """Every byte that some commands, one after another, send to their terminal."""
    code = (
        f"import os; os.chdir({str(cwd)!r})\nfrom fftui.cli import main\n"
        f"for argv in {commands!r}:\n    print('>>', ascii(argv))\n"
        "    try: main(argv)\n    except SystemExit: pass"
    )
    terminal = Terminal.open(code, 160, 50, PYTHONPATH=str(ROOT))
    end = time.monotonic() + within
    while not os.waitpid(terminal.pid, os.WNOHANG)[0]:
        assert time.monotonic() < end, f"it does not end: {terminal.text}"
        terminal.read(0.2)
    terminal.read(0.1)
    os.close(terminal.fd)
    return bytes(terminal.sent)


TAGS = rb"(?<!\\)<(?:script|img|a|h1)\b[^>]{0,40}(?:javascript:)?owned"
LINKS = rb"(?<!\\)!?\[owned\]\("
"""Of a payload, in a report that did not escape it."""
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("status",),
    ("status", "RUN"),
    ("status", "RUN", "--json"),
    ("compare", "RUN", "--by", "maker"),
    ("compare", "RUN", "--by", "maker", "--json"),
    ("doctor", "RUN"),
    ("regrade", "RUN"),
    ("report", "RUN", "-o", "-"),
    ("report", "RUN", "-o", "-", "--format", "html", "--with-text"),
    ("report", "RUN", "-o", "-", "--format", "md"),
    ("report", "RUN", "-o", "-", "--format", "json"),
    ("report", "RUN", "--check"),
    ("export", "RUN", "--with-text"),
    ("export", "RUN", "--format", "csv", "--with-text"),
    ("corpus", "prompts.jsonl"),
    ("preflight", "plan.toml"),
    ("preflight", "plan.toml", "--json"),
    ("init", "again.toml", "--from", "RUN"),
    ("retry", "RUN", "--outcome", "infra"),
    ("snapshot", "RUN", "copy.db"),
    ("status", "copy.db"),
    ("wait", "RUN", "--for", "done"),
    ("share", "RUN", "--group", "HOSTILE"),
    ("pause", "RUN", "--target", "HOSTILE"),
    ("extend", "RUN", "HOSTILE"),
    ("status", "HOSTILE"),
    ("attach", "HOSTILE"),
    ("review", "RUN", "--as", "HOSTILE"),
    ("corpus", "HOSTILE"),
    ("report", "RUN", "-o", "HOSTILE.html"),
    ("HOSTILE",),
)


def test_no_command_lets_a_payload_out(run: Path) -> None:
    hostile = "x\x1b]0;owned\x07\x9b31m\u202e\u200b"
    assert not [str(f) for f in examine_run(run) if not f.ok]
    given = [
        [word.replace("RUN", str(run)).replace("HOSTILE", hostile) for word in argv]
        for argv in COMMANDS
    ]
    sent = printed(run.parent.parent, given)
    for part, argv in zip(sent.split(b">> ")[1:], COMMANDS, strict=True):
        assert part.count(b"\n") > 1, argv
        assert not unsafe(part), (argv, unsafe(part))
        if "report" in argv and "json" not in argv:
            acts = re.search(TAGS if "html" in argv else TAGS + b"|" + LINKS, part)
            assert not acts, (argv, acts)
        assert b"Traceback" not in part, (argv, part[-2000:])
        assert b"mistake of fftui's own" not in part, (argv, part)
    assert sent.count(MARK.encode()) > 50, "the payloads have to be there, shown"


@pytest.mark.timeout(900)
def test_no_screen_lets_a_payload_out(run: Path) -> None:
    with Reader(run) as reader:
        steps = reader.order.length // 20 + 1
    hostile_folder = run.with_name("evil \x1b[2J\x9b31m\u202e")
    shutil.copytree(run, hostile_folder)
    terminal = Terminal.open(command(), 160, 50)
    try:
        walk(terminal, steps, run.parent.parent / "plan.toml")
        sent = bytes(terminal.sent)
    finally:
        terminal.close()
    assert sent.count(MARK.encode()) > 200
    assert not unsafe(sent), unsafe(sent)


def walk(terminal: Terminal, steps: int, plan: Path) -> None:
    """Through every screen and every pane, and so many answers."""

    def go(keys: str, seen: str = "", quiet: float = 0.15) -> None:
        terminal.press(keys)
        if seen:
            terminal.wait(lambda text: seen in text)
        while terminal.read(quiet):
            pass

    terminal.wait(lambda text: "stopped" in text.lower() and "owned" in text)
    go("j")
    go("k")
    go("D", "to confirm")
    go("\x1b")
    go("f")
    go(f"{plan}\r", "before the start", quiet=0.5)
    for _ in range(6):
        go("\x1b[6~")
    go("\x1b", "new")
    go("g")
    go("\r", "activity", quiet=0.5)
    for keys in (
        "x",
        "i",
        "i",
        "f",
        "f",
        "b",
        "b",
        "1",
        "2",
        "j",
        "3",
        "j",
        "4",
        "t",
        "s",
        "z",
        "z",
    ):
        go(keys)
    go("l")
    for _ in range(2 + steps // 2):
        go("\x1b[5~")
    go("l")
    go("c", "compare", quiet=0.5)
    for keys in ("y", "e", "t", "G", "g", "j"):
        go(keys)
    go("\x1b")
    go("1")
    go("\r", "responses", quiet=0.5)
    for keys in ("\x1b[6~", "\x1b[6~", "o", "o", "O", "g"):
        go(keys)
    go("o", "only flagged", quiet=0.5)
    terminal.wait(lambda text: "answered" in text)
    go("\r", "MASKED")
    go("m", "UNMASKED")
    go("r")
    for _ in range(steps):
        go("\x1b[6~", quiet=0.05)
        go("\x1b[6~", quiet=0.05)
        go("n", quiet=0.05)
    go("?", "keys: trace")
    go("\x1b")
    go(":")
    go("\x1b")
    go("\x1b", "responses")
    go("\x1b", "activity")
    go("r", "review", quiet=0.6)
    for _ in range(steps):
        for keys in ("M", "p", "t", "\x1b[6~", "\x1b[6~"):
            go(keys, quiet=0.05)
        go("33", quiet=0.4)
    go("nowned \x1b[2J\r")
    go(",")
    go("\x1b")
    go("q", quiet=0.5)
