"""What the commands load is loaded without what nobody asked for."""

from __future__ import annotations

import contextlib
import sys


def load_msgspec() -> None:
    """Load msgspec without `typing_extensions`, which it asks for first and takes `typing` instead.

    What it wants of it is the same in both from Python 3.11 on; `typing_extensions` brings
    `inspect`, `ast`, `dis` and `tokenize` along, an eighth of what `fftui status` costs. Whoever
    imports it afterwards gets it.
    """
    name = "typing_extensions"
    if name in sys.modules or "msgspec" in sys.modules:
        return
    # Python's own way to say that a module is not to be had.
    sys.modules[name] = None  # type: ignore[assignment]
    try:
        # A msgspec that cannot do without it is loaded by whoever needs it, in the usual way.
        with contextlib.suppress(ImportError):
            import msgspec  # noqa: F401
    finally:
        del sys.modules[name]
