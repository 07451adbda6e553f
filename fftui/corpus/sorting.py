"""Sorts more records than should be held: sorted stretches lie in a file and are merged."""

from __future__ import annotations

import heapq
import os
import tempfile
from collections.abc import Iterator

_HELD = 32 * 1024
"""Records in memory, and in a stretch of the file."""
_READ = 512
"""Records of each stretch that are read at once."""


class Sorting:
    """Byte strings of one length, given in any order and told in ascending order.

    A file without a name takes what is more than a stretch. Raises OSError where it cannot.
    """

    def __init__(self, length: int) -> None:
        self._length = length
        self._held: list[bytes] = []
        self._file = -1
        self._stretches = 0

    def add(self, record: bytes) -> None:
        """One more."""
        self._held.append(record)
        if len(self._held) == _HELD:
            self._write()

    def __iter__(self) -> Iterator[bytes]:
        return heapq.merge(sorted(self._held), *map(self._stretch, range(self._stretches)))

    def __del__(self) -> None:
        if self._file >= 0:
            os.close(self._file)

    def _write(self) -> None:
        if self._file < 0:
            with tempfile.TemporaryFile() as file:
                self._file = os.dup(file.fileno())
        body = memoryview(b"".join(sorted(self._held)))
        while body:
            body = body[os.write(self._file, body) :]
        self._held.clear()
        self._stretches += 1

    def _stretch(self, number: int) -> Iterator[bytes]:
        length = self._length
        at = number * _HELD * length
        end = at + _HELD * length
        while at < end:
            body = os.pread(self._file, min(_READ * length, end - at), at)
            at += len(body)
            yield from (body[i : i + length] for i in range(0, len(body), length))
