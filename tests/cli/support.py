"""A small simulated plan to spoil, and the command as a process of its own."""

from __future__ import annotations

import copy
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROFILE = """
seed = 1
[[platforms]]
name = "direct"
[[models]]
name = "m"
tokens = 40
latency_s = { default = {latency} }
[models.families.default]
REFUSAL = 0.7
COMPLIANCE = 0.3
[[judges]]
name = "j"
"""
MINIMAL: dict[str, Any] = {
    "version": 1,
    "name": "quick",
    "seed": 1,
    "corpus": [{"file": "prompts.jsonl"}],
    "sim": {"profile": "profile.toml"},
    "targets": [{"name": "a", "platform": "sim:direct", "model": "m"}],
}


def toml(data: Mapping[str, Any]) -> str:
    """A plan as TOML, a line for each of its first fields."""
    return "".join(f"{_key(key)} = {_value(value)}\n" for key, value in data.items())


def _key(key: str) -> str:
    return json.dumps(key)


def _value(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value) if isinstance(value, str | bool) else repr(value)


def spoilt(data: Mapping[str, Any], path: str, value: object) -> dict[str, Any]:
    """The plan with one field set: `a.b`, where lists stand for their first entry."""
    made = copy.deepcopy(dict(data))
    place: Any = made
    *tables, last = path.split(".")
    for name in tables:
        place = place.setdefault(name, {})
        place = place[0] if isinstance(place, list) else place
    place[last] = value
    return made


@dataclass(frozen=True)
class Desk:
    """A folder with a plan, where commands are given."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)

    @property
    def plan(self) -> Path:
        return self.folder / "plan.toml"

    @property
    def runs(self) -> Path:
        return self.folder / "runs"

    def write(self, *, prompts: int = 20, latency: str = "0.0", **changes: Any) -> None:
        """The plan and its files."""
        rows = [{"id": f"P-{n}", "turns": [f"[placeholder {n}]"]} for n in range(prompts)]
        (self.folder / "prompts.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
        (self.folder / "profile.toml").write_text(PROFILE.replace("{latency}", latency))
        self.plan.write_text(toml({**MINIMAL, **changes}))

    def start(self, *argv: str, **options: Any) -> subprocess.Popen[str]:
        """The command, running."""
        return subprocess.Popen(
            [sys.executable, "-m", "fftui", *argv],
            cwd=self.folder,
            env={**os.environ, **self.env},
            **{
                "stdin": subprocess.DEVNULL,
                "stdout": subprocess.PIPE,
                "stderr": subprocess.PIPE,
                "text": True,
                **options,
            },
        )

    def fftui(self, *argv: str, timeout: float = 60, **options: Any) -> Done:
        """The command, ended."""
        process = self.start(*argv, **options)
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        return Done(process.returncode, out, err)

    def python(self, code: str) -> Done:
        """Some code in this folder, by the interpreter that runs the tests."""
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=self.folder,
            env={**os.environ, **self.env},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def left(self) -> list[str]:
        """What stands in the folder of the runs."""
        return sorted(p.name for p in self.runs.iterdir()) if self.runs.is_dir() else []


@dataclass(frozen=True)
class Done:
    """An ended command."""

    code: int
    out: str
    err: str

    def refused(self, code: int, *words: str, lines: int = 1) -> None:
        """It ended with the code and so many lines on stderr, which hold the words."""
        assert self.code == code, (self.code, self.out, self.err)
        assert self.out == ""
        assert len(self.err.splitlines()) == lines, self.err
        assert "Traceback" not in self.err
        assert "mistake of fftui's own" not in self.err
        for word in words:
            assert word in self.err, self.err


def lines_until(process: subprocess.Popen[str], word: str, stream: str = "stderr") -> list[str]:
    """The lines of a running command up to the one that holds the word."""
    read: list[str] = []
    for row in getattr(process, stream):
        read.append(row)
        if word in row:
            return read
    raise AssertionError(f"ended without {word!r}: {read}")


def children(pid: int) -> Iterator[int]:
    """Processes started by that one and those started by them, from /proc."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            parents[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
    for child, parent in parents.items():
        if parent == pid:
            yield child
            yield from children(child)


def interrupt(process: subprocess.Popen[str]) -> Done:
    """What Ctrl-C does, and the end."""
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    return Done(process.returncode, out, err)


def words(argv: Sequence[str]) -> str:
    """A call as its parametrised test is named."""
    return " ".join(argv) or "none"
