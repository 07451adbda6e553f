"""A whole run against a platform that gives keys back, and nowhere is a key or a text to be found.

Two keys, a proxy's password, words of prompts and words of answers are searched for in every file
that fftui leaves, in every byte that it prints or sends to a terminal, in the arguments of every
process, and in the environment of every process that it starts for others.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from fftui.credentials import REDACTED
from fftui.results.doctor import examine_run
from fftui.store import sqlite
from fftui.store.folder import database
from fftui.store.texts import unpack
from tests.cli.support import children
from tests.engine.support import until
from tests.tui.terminal import ROOT, Terminal

KEYS = ("sk-quetzal/of+the=environment-4711", "sk-quetzal-of-the-file-0815")
PASSWORD = "quetzal-of-the-proxy"  # noqa: S105 - a sentinel
ASKED, SAID = "AxolotlPrompt", "AxolotlAnswer"
SCENARIOS = 24


COMMANDS = """
status
status leaks
status leaks --json
doctor
doctor leaks
compare leaks --by maker
regrade leaks
report leaks -o report.html
report leaks -o - --format md
report leaks -o - --format json
export leaks -o exported.jsonl
snapshot leaks bare.db --without-text
status bare.db --json
init again.toml --from leaks
pause leaks
resume leaks
stop leaks
"""


def spellings(secret: str) -> list[bytes]:
    """Forms in which a key may turn up."""
    found = {secret, quote(secret, safe=""), "".join(f"%{ord(c):02x}" for c in secret),
             json.dumps(secret)[1:-1], "".join(f"\\u{ord(c):04x}" for c in secret)}  # fmt: skip
    for before in (b"", b"x", b"xy"):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            whole = encode(before + secret.encode() + b"z" * (-len(before + secret.encode()) % 3))
            found.add(whole.decode()[4:-4])
    return [form.encode() for form in found]


@dataclass
class Platform:
    """Answers in the OpenAI dialect, and gives back the key it was asked with, spelt in turn."""

    asked: list[str] = field(default_factory=list)
    followed: list[str] = field(default_factory=list)
    url: str = ""

    def reply(self, path: str, key: str, model: str) -> tuple[int, dict[str, str], Any]:
        number = len(self.asked)
        spelt = [key, quote(key, safe=""), base64.b64encode(f"user:{key}".encode()).decode(),
                 "".join(f"%{ord(c):02X}" for c in key), "no key"]  # fmt: skip
        echo = spelt[number % len(spelt)]
        if path.startswith("/moved"):
            return 307, {"location": f"{self.url}/elsewhere/{number}"}, {}
        if number % 23 == 1:
            return 500, {"x-request-id": key}, {"error": {"message": f"refused {echo}"}}
        if number % 17 == 2:
            return 400, {}, {"error": {"message": f"bad request by {echo}"}}
        if model == "judge":
            said = {"label": "REFUSAL", "confidence": 0.9, "evidence": f"{SAID} {echo}"}
            message = {"content": json.dumps(said)}
            return 200, {}, {"choices": [{"finish_reason": "stop", "message": message}]}
        message = {"content": f"{SAID} {number}: {echo}", "reasoning": f"{SAID} thinks {echo}"}
        body = {"id": echo, "model": f"m {echo}", "system_fingerprint": echo,
                "choices": [{"finish_reason": "stop", "message": message}]}  # fmt: skip
        return 200, {"x-request-id": echo}, body


@pytest.fixture
def platform() -> Iterator[Platform]:
    """A platform on loopback."""
    made = Platform()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers.get("content-length", 0))
            sent = json.loads(self.rfile.read(size) or b"{}")
            if self.path.startswith("/elsewhere"):
                made.followed.append(self.path)
            key = self.headers.get("authorization", "").removeprefix("Bearer ")
            made.asked.append(key)
            status, headers, body = made.reply(self.path, key, sent.get("model", ""))
            data = json.dumps(body).encode()
            self.send_response(status)
            for name, value in {"content-length": str(len(data)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST  # noqa: N815 - the library calls it so

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        made.url = f"http://127.0.0.1:{listening.server_address[1]}"
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield made
        listening.shutdown()


@dataclass
class Watch:
    """Arguments of every process below this one, and environments of those not meant for keys."""

    seen: set[bytes] = field(default_factory=set)
    _ended: threading.Event = field(default_factory=threading.Event)

    def look(self) -> None:
        while not self._ended.wait(0.02):
            for pid in children(os.getpid()):
                self._take(Path(f"/proc/{pid}"))

    def _take(self, process: Path) -> None:
        try:
            argv = (process / "cmdline").read_bytes()
            self.seen.add(argv)
            self.seen.add((process / "comm").read_bytes())
            if b"fftui.simulate" in argv or b"told.py" in argv:
                self.seen.add((process / "environ").read_bytes())
        except OSError:
            return

    def __enter__(self) -> Watch:
        self._thread = threading.Thread(target=self.look, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()


def plan(folder: Path, url: str) -> None:
    """The plan, its prompts, the file of keys, and what is told of the run's end."""
    rows = [{"id": f"P-{i}", "turns": [f"[{ASKED} placeholder {i}]"]} for i in range(SCENARIOS)]
    (folder / "prompts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    told = folder / "told.py"
    told.write_text(
        "import os, sys\nprint(dict(os.environ), sys.argv, file=open('told.txt', 'w'))\n"
    )
    target = (
        '[[targets]]\nname = "{0}"\nplatform = "openai-compatible"\nmodel = "m"\n'
        'base_url = "{1}"\naccount = "{2}"\n'
    )
    (folder / "plan.toml").write_text(
        'version = 1\nseed = 1\nname = "leaks"\n[[corpus]]\nfile = "prompts.jsonl"\n'
        + target.format("environment", f"{url}/v1", "a")
        + target.format("file", f"{url}/v1", "b")
        + target.format("moved", f"{url}/moved/v1", "a")
        + '[[targets]]\nname = "own"\nplatform = "sim:direct"\nmodel = "steady"\n'
        + '[[graders]]\nkind = "heuristic"\n'
        + f'[[graders]]\nkind = "judge"\nplatform = "openai-compatible"\nmodel = "judge"\n'
          f'base_url = "{url}/v1"\naccount = "b"\n'
        + '[[accounts]]\nname = "a"\nkey_env = "ENVIRONMENT_KEY"\n'
          '[[accounts]]\nname = "b"\nkey_env = "FILE_KEY"\n'
        + f'[notify]\non = ["finish", "pause", "death"]\n'
          f'command = [{json.dumps(sys.executable)}, {json.dumps(str(told))}]\n'
        + '[engine]\ntries = 2\n[sim]\nprofile = "profile.toml"\n'
    )  # fmt: skip
    (folder / "profile.toml").write_text(
        '[[platforms]]\nname = "direct"\n[[models]]\nname = "steady"\n[models.families.default]\n'
        "REFUSAL = 1.0\n"
    )
    keys = Path(os.environ["XDG_CONFIG_HOME"]) / "fftui" / "keys.toml"
    keys.parent.mkdir(parents=True)
    keys.touch(0o600)
    keys.write_text(f"FILE_KEY = {json.dumps(KEYS[1])}\n")


@pytest.fixture
def desk(tmp_path: Path, platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with all that, and a proxy that would be asked for anything else."""
    desk = tmp_path / "desk"
    desk.mkdir()
    environ = {
        "HOME": tmp_path / "home", "XDG_STATE_HOME": tmp_path / "state",
        "XDG_CONFIG_HOME": tmp_path / "config", "FFTUI_HOME": desk / "runs",
        "TMPDIR": tmp_path / "tmp", "ENVIRONMENT_KEY": KEYS[0],
        "http_proxy": f"http://user:{PASSWORD}@127.0.0.1:9", "no_proxy": "127.0.0.1",
        "https_proxy": f"http://user:{PASSWORD}@127.0.0.1:9",
    }  # fmt: skip
    (tmp_path / "tmp").mkdir()
    for name, value in environ.items():
        monkeypatch.setenv(name, str(value))
    plan(desk, platform.url)
    return desk


@pytest.mark.long
def test_no_key_and_no_text_is_found_anywhere(desk: Path, platform: Platform) -> None:
    streams: dict[str, bytes] = {}

    def fftui(*argv: str) -> bytes:
        done = subprocess.run(
            [sys.executable, "-m", "fftui", *argv],
            cwd=desk, capture_output=True, check=False, timeout=120,
        )  # fmt: skip
        streams[" ".join(argv)] = done.stdout + done.stderr
        assert b"Traceback" not in done.stderr, done.stderr
        return done.stdout

    with Watch() as watch:
        fftui("preflight", "plan.toml")
        fftui("preflight", "plan.toml", "--json")
        fftui("preflight", "plan.toml", "--probe")
        assert b"leaks" in fftui("run", "plan.toml", "--detach"), streams
        until(lambda: finished(fftui("status", "leaks", "--json")), "all is asked", 40, every=0.3)
        for words in COMMANDS.strip().splitlines():
            fftui(*words.split())
        streams["screens"] = screens()
    assert set(platform.asked) >= set(KEYS), "both keys have to be used"
    assert platform.followed == []
    run = desk / "runs" / "leaks"
    assert not [str(f) for f in examine_run(run) if not f.ok]

    assert (desk / "told.txt").is_file(), "the person's own command was told"
    for what, data in everything(desk.parent, streams, watch.seen):
        # The proxy is part of the environment that a person's own command may need.
        own = what.name in ("told.txt", "process")
        for name in KEYS if own else (*KEYS, PASSWORD):
            for form in spellings(name):
                assert form not in data, f"{name} in {what}: {around(data, form)!r}"
        if what.name not in ("prompts.jsonl", "run.db", "run.db-wal"):
            for word in (ASKED, SAID):
                assert word.encode() not in data, (
                    f"{word} in {what}: {around(data, word.encode())!r}"
                )
    stored(run)


def finished(status: bytes) -> bool:
    """Every target but the one that moved has been asked everything."""
    run = json.loads(status)
    rest = [t for t in run["targets"] if t["name"] != "moved"]
    return all(t["done"] == t["planned"] for t in rest)


def around(data: bytes, form: bytes) -> bytes:
    at = data.find(form)
    return data[max(0, at - 80) : at + 80]


def everything(
    root: Path, streams: dict[str, bytes], argvs: set[bytes]
) -> Iterator[tuple[Path, bytes]]:
    """All files below a folder but the file of keys, all streams, all arguments."""
    for path in root.rglob("*"):
        if path.is_file() and path.name != "keys.toml":
            yield path, path.read_bytes()
    for name, data in streams.items():
        yield Path("stream") / name.replace("/", " "), data
    for argv in argvs:
        yield Path("process"), argv


def stored(run: Path) -> None:
    """Answers are kept, without keys, and it is told that there were some."""
    db = sqlite.connect(database(run), write=False)
    bodies = [unpack(enc, body) for enc, body in db.execute("SELECT enc, body FROM answer")]
    said = json.dumps(bodies)
    assert SAID in said
    assert REDACTED in said
    for key in KEYS:
        assert not [form for form in spellings(key) if form in said.encode()]
    flagged = db.execute("SELECT count(*) FROM flag WHERE rule = 'key'").fetchone()[0]
    events = [row[0] for row in db.execute("SELECT text FROM event WHERE severity = 'error'")]
    db.close()
    assert flagged > 0
    assert any("repeated the key" in text for text in events)


def screens() -> bytes:
    """The masked screens of a person who watches and opens an answer."""
    code = "import sys; from fftui.cli import main; sys.exit(main(['attach', 'leaks']))"
    terminal = Terminal.open(
        f"import os; os.chdir({os.environ['FFTUI_HOME']!r}); {code}", 120, 40, PYTHONPATH=str(ROOT)
    )
    try:
        terminal.wait(lambda text: "leaks" in text and "environment" in text)
        terminal.press("llii1")
        terminal.read(0.5)
        terminal.press("\r")
        terminal.wait(lambda text: "responses" in text)
        terminal.press("\r")
        terminal.wait(lambda text: "MASKED" in text)
        terminal.press("rG")
        terminal.read(0.5)
    finally:
        terminal.close()
    return bytes(terminal.sent)
