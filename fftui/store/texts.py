"""Texts as they lie in the file: UTF-8 JSON, zstd where the plan asks for it, always lossless."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

from fftui.credentials import redact

if TYPE_CHECKING:
    import threading

RAW, ZSTD = 0, 1


def pack(value: Any, *, compress: bool) -> tuple[int, bytes]:
    """(encoding mark, bytes) of a JSON value. Lone surrogates survive as JSON escapes."""
    try:
        body = msgspec.json.encode(value)
    except UnicodeEncodeError:
        plain = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        body = plain.encode("utf-8", "backslashreplace")
    if compress and len(body) > 128:
        return ZSTD, _compress(body)
    return RAW, body


def _compress(body: bytes) -> bytes:
    """With a compressor of this thread's own: to make one takes ten times as long as to use it."""
    mine = _of_thread()
    if not hasattr(mine, "compressor"):
        import zstandard

        mine.compressor = zstandard.ZstdCompressor(level=3)
    return bytes(mine.compressor.compress(body))


@cache
def _of_thread() -> threading.local:
    import threading  # who looks at a run compresses nothing

    return threading.local()


def unpack(enc: int, body: bytes) -> Any:
    """The inverse of `pack`. Raises ValueError on an unknown mark or damaged bytes."""
    if enc == ZSTD:
        import zstandard

        try:
            body = zstandard.ZstdDecompressor().decompress(body)
        except zstandard.ZstdError as error:
            raise ValueError(f"damaged text: {error}") from None
    elif enc != RAW:
        raise ValueError(f"unknown text encoding {enc}")
    return json.loads(body)


def storable(text: str) -> str:
    """Without keys, and lone surrogates, which SQLite refuses, as their escapes."""
    return redact(text.encode("utf-8", "backslashreplace").decode())
