"""The child program of the local model, with a stand-in for the native server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from fftui.engine.local_server import NOT_INSTALLED, cpu_problem

KEY = "sentinel-key-0123456789"
FAKE = """
    import os
    class _Part: pass
    class CommonParams:
        def __init__(self):
            self.model, self.cpuparams, self.cpuparams_batch = _Part(), _Part(), _Part()
    class Server:
        def __init__(self, p):
            if "broken" in p.model.path:
                raise RuntimeError("cannot load\\nthis file")
            os.write(1, b"native chatter\\n")
            assert p.hostnames == ["127.0.0.1"] and p.port == 0
            threads = p.cpuparams.n_threads
            assert threads == p.cpuparams_batch.n_threads
            self.listening_address = f"http://127.0.0.1:{len(p.api_keys[0])}"
            os.write(2, f"{threads=} slots={p.n_parallel} context={p.n_ctx}\\n".encode())
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "xllamacpp.py").write_text(textwrap.dedent(FAKE), encoding="utf-8")
    (tmp_path / "model.gguf").write_bytes(b"GGUF")
    (tmp_path / "broken.gguf").write_bytes(b"GGUF")
    return tmp_path


def start(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "fftui.engine.local_server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{Path(__file__).parents[2]}"},
    )


def ask(child: subprocess.Popen[str], line: str) -> None:
    assert child.stdin is not None
    child.stdin.write(line + "\n")
    child.stdin.flush()


def request(folder: Path, name: str = "model.gguf", **more: int) -> str:
    return json.dumps({"gguf": str(folder / name), "key": KEY, **more})


def ready(child: subprocess.Popen[str]) -> str:
    assert child.stdout is not None
    return str(json.loads(child.stdout.readline())["url"])


def test_one_ready_line_and_the_end_of_stdin_ends_it(folder: Path) -> None:
    child = start(folder)
    ask(child, request(folder, threads=3, slots=4, context=8192))
    assert ready(child) == f"http://127.0.0.1:{len(KEY)}"
    assert child.poll() is None
    out, err = child.communicate(timeout=20)
    assert child.returncode == 0
    assert out == ""
    assert "native chatter" in err
    assert "threads=3 slots=4 context=8192" in err
    assert KEY not in err


def test_sigterm_ends_it(folder: Path) -> None:
    child = start(folder)
    ask(child, request(folder))
    ready(child)
    child.terminate()
    assert child.wait(timeout=20) == -signal.SIGTERM
    child.communicate()


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is Linux's")
def test_it_does_not_outlive_a_killed_parent(folder: Path) -> None:
    # The grandchild's stdin stays open here, so only the signal can end it.
    reading, writing = os.pipe()
    code = (
        "import subprocess, sys\n"
        "subprocess.Popen([sys.executable, '-m', 'fftui.engine.local_server']).wait()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=reading,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{Path(__file__).parents[2]}"},
    )
    try:
        os.write(writing, (request(folder) + "\n").encode())
        assert parent.stdout is not None
        assert b"url" in parent.stdout.readline()
        parent.kill()
        # The pipe ends when its last holder, the grandchild, is gone.
        assert parent.stdout.read() == b""
    finally:
        os.close(writing)
        os.close(reading)
        parent.communicate(timeout=20)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "[]",
        "{}",
        f'{{"key": "{KEY}"}}',
        f"{KEY} no json",
        '{"gguf": "x", "key": "k", "slots": "two"}',
    ],
)
def test_a_bad_request_is_one_line_without_the_key(folder: Path, line: str) -> None:
    child = start(folder)
    out, err = child.communicate(line + "\n", timeout=20)
    assert child.returncode == 2
    assert out == ""
    assert err.count("\n") == 1
    assert KEY not in err


def test_a_missing_model_file_is_one_line(folder: Path) -> None:
    child = start(folder)
    out, err = child.communicate(request(folder, "absent.gguf") + "\n", timeout=20)
    assert (child.returncode, out) == (2, "")
    assert err == "the model file is missing; run `fftui local install`\n"


def test_a_missing_package_is_one_line(folder: Path) -> None:
    (folder / "xllamacpp.py").write_text("raise ImportError\n", encoding="utf-8")
    child = start(folder)
    out, err = child.communicate(request(folder) + "\n", timeout=20)
    assert (child.returncode, out, err) == (2, "", NOT_INSTALLED + "\n")


def test_a_server_that_does_not_start_is_one_line(folder: Path) -> None:
    child = start(folder)
    out, err = child.communicate(request(folder, "broken.gguf") + "\n", timeout=20)
    assert (child.returncode, out) == (1, "")
    assert err == "the local model did not start: cannot load this file\n"


@pytest.mark.skipif(os.uname().machine != "x86_64" or sys.platform != "linux", reason="x86 Linux")
def test_a_processor_without_avx2_is_refused(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor : 0\nflags : fpu sse avx\n", encoding="ascii")
    assert "AVX2" in cpu_problem(cpuinfo)
    cpuinfo.write_text("processor : 0\nflags : fpu avx avx2 bmi2\n", encoding="ascii")
    assert cpu_problem(cpuinfo) == ""
    assert cpu_problem(tmp_path / "absent") == ""
