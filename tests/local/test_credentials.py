"""Secrets do not show, and are taken out of whatever is written."""

from __future__ import annotations

import base64
import copy
import io
import json
import logging
import pickle
from dataclasses import asdict, dataclass
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fftui.credentials import REDACTED, RedactingFilter, Redactor, Secret, find_key

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


def test_find_key() -> None:
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
    ]


@pytest.mark.parametrize("form", forms(KEY))
def test_every_spelling_is_found(form: str) -> None:
    assert Redactor([Secret(KEY)])(f"<{form}>") == f"<{REDACTED}>"


@given(
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=6),
    st.binary(),
    st.binary(),
)
def test_base64_is_found_at_every_offset(key: str, before: bytes, after: bytes) -> None:
    redact = Redactor([Secret(key)])
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        encoded = encode(before + key.encode() + after).decode()
        text = redact(encoded)
        assert REDACTED in text
        assert len(text) - len(REDACTED) <= len(encoded) - len(key)


def test_other_text_is_left_alone() -> None:
    redact = Redactor([Secret(KEY), Secret("abc"), Secret("")])
    assert redact("abc, plain text, 100 % of it") == "abc, plain text, 100 % of it"
    assert Redactor([])("x") == "x"


def test_one_key_may_begin_another() -> None:
    redact = Redactor([Secret("key-1234"), Secret("key-1234-long")])
    assert redact("key-1234-long key-1234") == f"{REDACTED} {REDACTED}"


def test_log_records_and_tracebacks_are_redacted() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(RedactingFilter(Redactor([Secret(KEY)])))
    logger = logging.getLogger("fftui.tests.redaction")
    logger.propagate = False
    logger.addHandler(handler)
    try:
        logger.error("sent %s of %d", KEY, 2, stack_info=True)
        logger.error("broken %d", KEY)
        try:
            raise RuntimeError(f"refused {KEY}")
        except RuntimeError:
            logger.exception("failed")
    finally:
        logger.removeHandler(handler)
    text = stream.getvalue()
    assert "sentinel" not in text
    assert text.count(REDACTED) == 2
    assert "RuntimeError: refused" in text
