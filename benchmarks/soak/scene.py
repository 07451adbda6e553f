"""What the soak runs on: a plan, a platform that misbehaves, processes, and what they hold."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import time
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.kills import REVIEWER
from fftui.results.view import RunSummary
from fftui.store.folder import database, lock_file
from fftui.store.lock import is_held
from tests.engine.support import RATES, ROOT, corpus, look, make, until
from tests.tui.terminal import Terminal

KEY = "sk-soak-3f9d-Quetzal/77+secret=="
SENTINEL = "placeholder"
"""Stands in every prompt; no copy without text may hold it behind its bracket."""
HOURS = 8.0
"""Of simulated time, however long the soak takes."""
PORTS = (18080, 18999)

_FAULTS = (
    "http_500", "http_503", "html_200", "error_200", "reset", "truncated", "bad_json", "empty",
    "bad_utf8", "bad_gzip", "huge_header", "not_http", "gzip_bomb",
)  # fmt: skip


def profile(scale: float) -> str:
    """Every fault of the wire now and then, an outage of one model, and limits on one platform."""
    faults = "".join(
        f'[[platforms.faults]]\nkind = "{kind}"\nprobability = 0.003\n' for kind in _FAULTS
    )
    faults += '[[platforms.faults]]\nkind = "slow_drip"\nprobability = 0.004\nseconds = 3.0\n'
    faults += '[[platforms.faults]]\nkind = "hang"\nprobability = 0.002\nseconds = 20.0\n'
    outage = (
        '[[platforms.faults]]\nkind = "http_503"\nmodel = "m2"\nfrom_call = 300\nto_call = 340\n'
    )
    models = "".join(
        f'[[models]]\nname = "{name}"\nlatency_s = 0.15\njitter = 0.5\n'
        f"[models.families.default]\n{RATES}\n"
        for name in ("m1", "m2")
    )
    return (
        f"seed = 11\nperiod_scale = {scale}\n"
        f'[[platforms]]\nname = "direct"\n{outage}{faults}'
        '[[platforms]]\nname = "limited"\n[platforms.limits]\nkind = "silent"\n'
        f"requests_per_minute = 6\n{models}"
        '[[judges]]\nname = "j"\nlatency_s = 0.05\nunusable = 0.01\n'
    )


@dataclass
class Scene:
    """One soak's processes and what was seen of them."""

    place: Path
    folder: Path = field(init=False)
    simulator: subprocess.Popen[str] | None = None
    screen: Terminal | None = None
    reviewer: subprocess.Popen[bytes] | None = None
    holder: subprocess.Popen[bytes] | None = None
    bytes_shown: bytearray = field(default_factory=bytearray)
    notes: list[str] = field(default_factory=list)
    port: int = 0

    def set_up(self, minutes: float, attempts: int) -> None:
        """Make the run."""
        for name in ("STATE", "CONFIG", "DATA", "CACHE"):
            os.environ[f"XDG_{name}_HOME"] = str(self.place / "xdg")
        os.environ["FFTUI_HOME"], os.environ["SOAK_KEY"] = str(self.place / "runs"), KEY
        scale = min(1.0, minutes * 60 / (HOURS * 3600))
        self.port = PORTS[0] + os.getpid() % (PORTS[1] - PORTS[0])
        (self.place / "profile.toml").write_text(profile(scale))
        corpus(self.place, attempts // 3, benign_every=10)
        self.start_simulator()
        url = f"http://127.0.0.1:{self.port}"
        targets = "".join(
            f'[[targets]]\nname = "{model} @ {place}"\nplatform = "openai-compatible"\n'
            f'base_url = "{url}/{place}/v1"\nmodel = "{model}"\naccount = "{place}"\n'
            for model, place in (("m1", "direct"), ("m2", "direct"), ("m1", "limited"))
        )
        accounts = "".join(
            f'[[accounts]]\nname = "{name}"\nkey_env = "SOAK_KEY"\nperiod_scale = {scale}\n{more}'
            for name, more in (
                ("direct", "concurrency = 12\n"),
                ("limited", "concurrency = 6\n"),
                ("judge", "concurrency = 8\n"),
            )
        )
        judge = (
            '[[graders]]\nkind = "heuristic"\n[[graders]]\nkind = "judge"\nname = "judge"\n'
            f'platform = "openai-compatible"\nbase_url = "{url}/direct/v1"\nmodel = "j"\n'
            'account = "judge"\n'
        )
        engine = "[engine]\nconcurrency = 24\ndeadline_s = 8\n"
        self.folder = make(self.place, targets, accounts, judge, engine, name="soak")

    # Processes

    def start_simulator(self) -> None:
        """At the port it had before, as a platform that is back."""
        self.simulator = subprocess.Popen(
            [sys.executable, "-m", "fftui.simulate"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
        )  # fmt: skip
        assert self.simulator.stdin is not None
        assert self.simulator.stdout is not None
        told = {"profile": str(self.place / "profile.toml"), "seed": None, "port": self.port}
        self.simulator.stdin.write(json.dumps(told) + "\n")
        self.simulator.stdin.flush()
        assert json.loads(self.simulator.stdout.readline())["url"]

    def start_screen(self) -> None:
        """Somebody attaches."""
        code = f"from fftui.cli import main; main(['attach', {str(self.folder)!r}])"
        self.screen = Terminal.open(code, 100, 30)

    def end_screen(self) -> None:
        """Its terminal is gone, and it is killed."""
        if self.screen is not None:
            self.bytes_shown += self.screen.sent
            with contextlib.suppress(OSError):
                self.screen.close()
            self.screen = None

    def start_reviewer(self, number: int) -> None:
        """Somebody reads, without a pause."""
        self.reviewer = subprocess.Popen(
            [sys.executable, "-c", REVIEWER, os.fspath(self.folder), f"r{number % 5}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT,
        )  # fmt: skip

    def end(self, process: subprocess.Popen[bytes] | subprocess.Popen[str] | None) -> None:
        """SIGKILL."""
        if process is not None:
            process.kill()
            process.wait()

    def fftui(self, *argv: str) -> subprocess.CompletedProcess[str]:
        """A command, as a person gives it."""
        return subprocess.run(
            [sys.executable, "-m", "fftui", *argv],
            cwd=self.place, capture_output=True, text=True, timeout=90, check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip

    def resume(self) -> None:
        """A new engine, or the word to a living one."""
        done = self.fftui("resume", "soak")
        if done.returncode and "not answered yet" not in done.stderr:
            self.notes.append(f"resume: {done.stderr.strip()}")

    @property
    def pid(self) -> int | None:
        """The engine's process, while it lives."""
        return look(self.folder).engine.pid if is_held(lock_file(self.folder)) else None

    def signal_engine(self, number: signal.Signals) -> None:
        """Send it something, where it lives."""
        pid = self.pid
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def kill_engine(self) -> None:
        """SIGKILL, and wait until its lock is free."""
        self.signal_engine(signal.SIGKILL)
        until(lambda: not is_held(lock_file(self.folder)), "the lock is free")

    def room(self, size: int | None) -> None:
        """How large the engine's files may get; `None`: as large as they like."""
        pid = self.pid
        if pid is None:
            return
        with contextlib.suppress(ProcessLookupError):
            hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard if size is None else size, hard))

    # What is seen

    def run(self) -> RunSummary:
        """As committed by now."""
        return look(self.folder)

    @property
    def wal(self) -> int:
        """Bytes of the -wal."""
        path = Path(f"{database(self.folder)}-wal")
        return path.stat().st_size if path.exists() else 0

    def leaks(self) -> list[str]:
        """Places where the key stands, in any of its spellings."""
        raw = KEY.encode()
        spellings = {
            raw,
            base64.b64encode(raw).rstrip(b"="),
            urllib.parse.quote(KEY, safe="").encode(),
            json.dumps(KEY)[1:-1].encode(),
            KEY.replace("/", "\\/").encode(),
        }
        found = [f"the screen shows {s!r}" for s in spellings if s in bytes(self.bytes_shown)]
        for path in self.place.rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                found += [f"{path.name} holds {s!r}" for s in spellings if s in content]
        return found + titles(raw)


def titles(word: bytes) -> list[str]:
    """Processes in whose argument list a word stands."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if word in path.read_bytes():
                found.append(f"{path} holds it")
    return found


def held(pid: int) -> tuple[float, int]:
    """(MB of memory, open file descriptors) of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6, len(os.listdir(f"/proc/{pid}/fd"))


def wait(scene: Scene, seconds: float) -> None:
    """Let time pass; a screen that nobody reads would stand still."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if scene.screen is not None:
            scene.screen.read(min(0.2, left))
        else:
            time.sleep(min(0.2, left))
