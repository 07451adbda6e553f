"""The simulator as a child: one line in, one line out, and never left behind."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import fftui

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(fftui.__file__).resolve().parents[1]


@contextlib.contextmanager
def start() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-m", "fftui.simulate"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as child:
        try:
            yield child
        finally:
            # A child that does not end fails the test; it must not hang it.
            child.kill()


def ready(child: subprocess.Popen[str], **request: Any) -> str:
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(json.dumps({"profile": None, "seed": None, "port": 0} | request) + "\n")
    child.stdin.flush()
    url = json.loads(child.stdout.readline())["url"]
    assert isinstance(url, str)
    return url


def test_it_says_where_it_is_and_ends_with_its_parent_s_pipe() -> None:
    with start() as child:
        url = ready(child, seed=99)
        front = httpx.get(url, trust_env=False).json()
        assert front["seed"] == 99
        assert {"ollama", "direct", "router", "free"} == {p["name"] for p in front["platforms"]}
        # Closes stdin and reads the rest.
        out, err = child.communicate(timeout=10)
    assert (child.returncode, out, err) == (0, "", "")


def test_sigterm_ends_it_and_ctrl_c_does_not() -> None:
    with start() as child:
        url = ready(child)
        child.send_signal(signal.SIGINT)
        child.send_signal(signal.SIGHUP)
        assert httpx.get(f"{url}/ledger", trust_env=False).json()["simulated"] is True
        child.send_signal(signal.SIGTERM)
        assert child.wait(timeout=10) == 0
        assert child.stderr is not None
        assert child.stderr.read() == ""


def test_a_profile_of_one_s_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        '[[platforms]]\nname = "mine"\n[[models]]\nname = "m"\n'
        "[models.families.default]\nREFUSAL = 1.0\n"
    )
    with start() as child:
        url = ready(child, profile=str(path))
        models = httpx.get(f"{url}/mine/v1/models", trust_env=False).json()["data"]
        assert [entry["id"] for entry in models] == ["m"]
        child.communicate(timeout=10)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"profile": "no/such.toml"}', "no/such.toml: no such file"),
        ('{"seed": "x"}', "seed"),
        ('{"port": 70000}', "port"),
        ("[]", "JSON object"),
        ("", "one line of JSON"),
    ],
)
def test_a_wrong_request_is_one_line_and_code_2(line: str, said: str) -> None:
    with start() as child:
        out, err = child.communicate(line + "\n", timeout=10)
    assert child.returncode == 2
    assert out == ""
    assert len(err.splitlines()) == 1
    assert said in err


def test_a_wrong_profile_is_one_line_and_code_2(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text("seed = -1\n")
    with start() as child:
        _, err = child.communicate(json.dumps({"profile": str(path)}) + "\n", timeout=10)
    assert child.returncode == 2
    assert len(err.splitlines()) == 1
    assert f"{path}: seed: -1" in err


def test_a_port_that_is_taken_is_one_line_and_code_1() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with start() as child:
            _, err = child.communicate(json.dumps({"port": port}) + "\n", timeout=10)
    assert child.returncode == 1
    assert len(err.splitlines()) == 1
    assert str(port) in err
