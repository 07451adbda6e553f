"""Secrets do not show, and are taken out of whatever is written."""

from __future__ import annotations

import base64
import copy
import io
import json
import logging
import os
import pickle
import subprocess
import sys
import time
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fftui.credentials import (
    REDACTED,
    RedactedStream,
    Redactor,
    Secret,
    childs_environ,
    find_key,
    key_file,
)

KEY = 'sk-sentinel+/"%=9f'


@dataclass
class Holder:
    key: Secret


def test_a_secret_never_shows_itself() -> None:
    secret = Secret(KEY)
    shown = [repr(secret), str(secret), f"{secret}", f"{secret:>5}", "%s" % secret]  # noqa: UP031
    shown += [str(Holder(secret)), str(asdict(Holder(secret))), str([secret]), f"{secret!r}"]
    assert not [text for text in shown if "sentinel" in text]
    assert secret.reveal() == KEY
    assert secret == Secret(KEY) != Secret("other")
    assert copy.deepcopy(secret) is secret
    assert not hasattr(secret, "__dict__")
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        json.dumps(secret)


def test_find_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", "/nonexistent")
    environ = {"A": "  abc123 \n", "B": " ", "C": "a\nb", "D": "ключ"}
    found = find_key("A", environ)
    assert found is not None
    assert found.reveal() == "abc123"
    assert find_key("B", environ) is find_key("MISSING", environ) is find_key("", environ) is None
    for name in "CD":
        with pytest.raises(ValueError, match=f"^{name}: ") as caught:
            find_key(name, environ)
        assert environ[name] not in str(caught.value)


def forms(key: str) -> list[str]:
    return [
        key,
        quote(key, safe=""),
        quote(key).lower(),
        "".join(f"%{byte:02X}" for byte in key.encode()),
        json.dumps(key)[1:-1],
        json.dumps(key)[1:-1].replace("/", "\\/"),
        "".join(f"\\u{ord(char):04x}" for char in key),
        "".join(f"%{ord(c):02x}" if n % 2 else f"\\u{ord(c):04X}" for n, c in enumerate(key)),
    ]


@pytest.mark.parametrize("form", forms(KEY))
def test_every_spelling_is_found(form: str) -> None:
    assert Redactor([Secret(KEY)])(f"<{form}>") == f"<{REDACTED}>"


@given(
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8),
    st.binary(),
    st.binary(),
)
def test_base64_is_found_at_every_offset(key: str, before: bytes, after: bytes) -> None:
    redact = Redactor([Secret(key)])
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        encoded = encode(before + key.encode() + after).decode()
        text = redact(encoded)
        assert REDACTED in text
        assert REDACTED in redact(quote(encoded, safe=""))
        assert REDACTED in redact(encoded.replace("/", "\\/"))
        json.loads(redact(json.dumps("\n" + encoded)))
        assert len(text) - len(REDACTED) <= len(encoded) - len(key)


def test_other_text_is_left_alone() -> None:
    redact = Redactor([Secret(KEY), Secret("abc"), Secret("")])
    assert redact("abc, plain text, 100 % of it") == "abc, plain text, 100 % of it"
    assert Redactor([])("x") == "x"


def test_one_key_may_begin_another() -> None:
    redact = Redactor([Secret("key-1234"), Secret("key-1234-long")])
    assert redact("key-1234-long key-1234") == f"{REDACTED} {REDACTED}"


def test_whatever_a_process_prints_is_without_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    found = find_key("SENTINEL", {"SENTINEL": KEY})
    assert found is not None
    printed = io.StringIO()
    monkeypatch.setattr(sys, "stderr", RedactedStream(printed))
    handler = logging.StreamHandler(sys.stderr)
    logger = logging.getLogger("fftui.tests.redaction")
    logger.propagate = False
    logger.addHandler(handler)
    try:
        logger.error("sent %s of %d", KEY, 2, stack_info=True)
        logger.error("in two pieces: %s", KEY)
        try:
            raise RuntimeError(f"refused {KEY}")
        except RuntimeError:
            logger.exception("failed")
            traceback.print_exc()
    finally:
        logger.removeHandler(handler)
    print("half: " + KEY[:6], end="", file=sys.stderr)
    print(KEY[6:], end="", file=sys.stderr, flush=True)
    text = printed.getvalue()
    assert "sentinel" not in text
    assert text.count(REDACTED) == 5
    assert "RuntimeError: refused" in text
    assert text.endswith(f"half: {REDACTED}")


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's file of keys, of mode 0600."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    path = key_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"A_KEY = {json.dumps(KEY)}\nB_KEY = 5\n")
    path.chmod(0o600)
    return path


def test_a_key_may_stand_in_a_file_of_its_owner_alone(keys: Path) -> None:
    found = find_key("A_KEY", {})
    assert found == Secret(KEY)
    assert find_key("C_KEY", {}) is None
    assert find_key("A_KEY", {"A_KEY": "from-the-environment"}) == Secret("from-the-environment")
    with pytest.raises(ValueError, match="B_KEY must be text"):
        find_key("B_KEY", {})


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o620, 0o666])
def test_a_file_of_keys_that_others_reach_is_refused(keys: Path, mode: int) -> None:
    keys.chmod(mode)
    with pytest.raises(ValueError, match=f"mode {mode:04o} lets others .*; chmod 600") as caught:
        find_key("A_KEY", {})
    assert "\n" not in str(caught.value)
    assert find_key("A_KEY", {"A_KEY": "of-the-environment"}) is not None


def test_a_file_of_keys_is_no_link_and_no_riddle(keys: Path) -> None:
    moved = keys.rename(keys.with_name("elsewhere"))
    keys.symlink_to(moved)
    with pytest.raises(ValueError, match="cannot be read"):
        find_key("A_KEY", {})
    keys.unlink()
    os.mkfifo(keys, 0o600)
    with pytest.raises(ValueError, match="must be a file"):
        find_key("A_KEY", {})
    keys.unlink()
    keys.write_text(f"A_KEY = {KEY}")
    keys.chmod(0o600)
    with pytest.raises(ValueError, match="is not TOML") as caught:
        find_key("A_KEY", {})
    assert "sentinel" not in str(caught.value)


def test_a_key_may_lie_in_the_keyring(keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keyring = pytest.importorskip("keyring")
    held = {("fftui", "RING_KEY"): KEY}
    monkeypatch.setattr(keyring, "get_password", lambda *name: held.get(name))
    assert find_key("RING_KEY", {}) == Secret(KEY)
    assert find_key("OTHER_RING_KEY", {}) is None

    def locked(*_: str) -> str:
        raise keyring.errors.KeyringLocked

    monkeypatch.setattr(keyring, "get_password", locked)
    assert find_key("LOCKED_RING_KEY", {}) is None


def test_other_programs_get_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_KEY", KEY)
    monkeypatch.setenv("URL_WITH_KEY", f"https://host/?key={quote(KEY)}")
    monkeypatch.setenv("HARMLESS", "yes")
    assert find_key("A_KEY", os.environ) is not None
    given = childs_environ()
    assert given["HARMLESS"] == "yes"
    assert "A_KEY" not in given
    assert "URL_WITH_KEY" not in given


def test_looking_for_keys_costs_little() -> None:
    redact = Redactor([Secret(f"sk-sentinel-{i:032}") for i in range(4)])
    text = "100 % of the words, \\n escapes and-dashes_too. " * 50_000
    begin = time.perf_counter()
    assert redact(text) == text
    assert time.perf_counter() - begin < 1.0


def test_a_guarded_process_is_private(tmp_path: Path) -> None:
    code = (
        "import ctypes, os, resource\nfrom fftui.credentials import guard\nos.umask(0o022)\n"
        "guard(traceable=False)\nopen('made', 'w').close()\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert (tmp_path / "made").stat().st_mode & 0o777 == 0o600
    dumpable = "0" if sys.platform == "linux" else done.stdout.split()[-1]
    assert done.stdout.strip() == f"(0, 0) {dumpable}"


def test_a_log_steers_no_terminal() -> None:
    printed = io.StringIO()
    stream = RedactedStream(printed)
    print("http 500: \x1b]52;c;aGk=\x07\x9b31m\u202e", "next", sep="\n", file=stream, flush=True)
    assert printed.getvalue() == "http 500: ␛]52;c;aGk=␇⟨U+009B⟩31m⟨U+202E⟩\nnext\n"
