"""Texts as they lie in the file: UTF-8 JSON, zstd where the plan asks for it, always lossless."""

from __future__ import annotations

import json
import threading
from functools import cache
from typing import Any

import msgspec

RAW, ZSTD = 0, 1


def pack(value: Any, *, compress: bool) -> tuple[int, bytes]:
    """(encoding mark, bytes) of a JSON value. Lone surrogates survive as JSON escapes."""
    try:
        body = msgspec.json.encode(value)
    except UnicodeEncodeError:
        plain = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        body = plain.encode("utf-8", "backslashreplace")
    if compress and len(body) > 128:
        return ZSTD, _compressor().compress(body)
    return RAW, body


class _Compressor(threading.local):
    """One a thread, since it may not be shared: making it takes ten times as long as using it."""

    def __init__(self) -> None:
        import zstandard

        self.compress = zstandard.ZstdCompressor(level=3).compress


@cache
def _compressor() -> _Compressor:
    return _Compressor()


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
