"""Files that only their owner can read, whole or not there."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def private_file(path: Path) -> Iterator[IO[bytes]]:
    """A file of mode 0600 that takes its name when all is written; nothing is left of a failure.

    It takes the place of a file of that name. Raises OSError.
    """
    number, made = tempfile.mkstemp(prefix=f".{path.name[:40]}-", dir=path.parent)
    place = Path(made)
    try:
        with os.fdopen(number, "wb") as file:
            yield file
        place.replace(path)
    except BaseException:
        place.unlink(missing_ok=True)
        raise
