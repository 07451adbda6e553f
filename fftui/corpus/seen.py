"""Which texts a file shows twice, whatever their number and length."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from fftui.corpus.sorting import Sorting


class Seen:
    """Remembers texts by a 64-bit hash, each with the line it stands in.

    Two different texts of a file of 262,000 are taken for one with a probability of 2e-9.
    """

    def __init__(self) -> None:
        self._sorting = Sorting(16)

    def add(self, text: str, line: int) -> None:
        """One more text of the file; lines are given in ascending order. Raises OSError."""
        digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        self._sorting.add(digest + line.to_bytes(8, "big"))

    def again(self) -> Iterator[tuple[int, int]]:
        """(line of a text that stood there before, line in which it stood first), in no order."""
        digest, first = b"", b""
        for record in self._sorting:
            if record[:8] != digest:
                digest, first = record[:8], record[8:]
            else:
                yield int.from_bytes(record[8:], "big"), int.from_bytes(first, "big")
