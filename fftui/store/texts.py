"""Texts as they lie in the file: UTF-8 JSON, zstd where the plan asks for it, always lossless."""

from __future__ import annotations

import json
from typing import Any

RAW, ZSTD = 0, 1


def pack(value: Any, *, compress: bool) -> tuple[int, bytes]:
    """(encoding mark, bytes) of a JSON value. Lone surrogates survive as JSON escapes."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "backslashreplace"
    )
    if compress and len(body) > 128:
        import zstandard

        return ZSTD, zstandard.ZstdCompressor(level=3).compress(body)
    return RAW, body


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
