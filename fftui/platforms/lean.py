"""aiohttp, loaded without the certificates of connections that nobody makes through it.

It makes two TLS contexts when it is loaded and reads the system's certificates for each, which is a
tenth of the time from the command to the first request. The transport brings a context of its own,
made when something is asked that has to prove who it is. Left without any, aiohttp's own trust
nobody.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import aiohttp
else:
    ssl.SSLContext.set_default_verify_paths = lambda _: None
    try:
        import aiohttp
    finally:
        # What it hid, the method of the class below, is there again.
        del ssl.SSLContext.set_default_verify_paths

__all__ = ["aiohttp"]
