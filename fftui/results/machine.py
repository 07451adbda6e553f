"""What this machine brings to a run: room on the disk, SQLite, and the proxies in effect."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct

from fftui.settings import runs_dir
from fftui.store.sqlite import SAFE, VERSION

_BYTES_PER_ATTEMPT = 6_000
"""Of the run file: answer, call, verdicts and indexes, as measured with answers of 2.5 KB."""
_LEAST_FREE = 200 * 1024 * 1024
_UNREADABLE = "an address that cannot be read"
_HOME = ("127.0.0.1", "localhost")


class Machine(Struct, frozen=True):
    """Where the run is going to live."""

    home: Path
    """Folder of the runs, or the nearest one above it that exists."""
    disk_free: int
    disk_needed: int
    """Bytes, with a reserve of as much again."""
    sqlite: str
    sqlite_safe: bool
    """It has no known fault with several writers."""
    proxies: tuple[tuple[str, str], ...]
    """(scheme, address without user name and password)."""
    no_proxy: str
    """Hosts that are asked without a proxy."""

    @property
    def loopback_proxied(self) -> bool:
        """Calls to this machine's own servers would go through a proxy."""
        direct = {host.strip() for host in self.no_proxy.split(",")}
        plain = any(scheme in ("http", "all") for scheme, _ in self.proxies)
        return plain and "*" not in direct and _HOME[0] not in direct


def look_around(attempts: int, environ: Mapping[str, str]) -> Machine:
    """This machine, for a run of so many attempts."""
    home = runs_dir().absolute()
    while not home.exists():
        home = home.parent
    return Machine(
        home=home,
        disk_free=shutil.disk_usage(home).free,
        disk_needed=max(_LEAST_FREE, 2 * attempts * _BYTES_PER_ATTEMPT),
        sqlite=".".join(map(str, VERSION)),
        sqlite_safe=SAFE,
        proxies=_proxies(environ),
        no_proxy=_variable("no_proxy", environ),
    )


def proxy_mistakes(environ: Mapping[str, str]) -> list[str]:
    """Proxies whose address cannot be read, a line each, without it: a password may stand in it."""
    return [
        f"{scheme}_proxy: is no address of a proxy (not shown: it may hold a password); write"
        " / # ? @ in a name or password as %2F %23 %3F %40"
        for scheme, address in _proxies(environ)
        if address == _UNREADABLE
    ]


def _proxies(environ: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (scheme, _bare(value))
        for scheme in ("http", "https", "all")
        if (value := _variable(f"{scheme}_proxy", environ))
    )


def _variable(name: str, environ: Mapping[str, str]) -> str:
    """Small letters count before capitals, as everywhere."""
    return environ.get(name, "") or environ.get(name.upper(), "")


def _bare(address: str) -> str:
    """Scheme, host and port: what stands before an @ may be a password."""
    try:
        parts = urlsplit(address if "://" in address else f"http://{address}")
        if "@" in parts.path + parts.query + parts.fragment:
            return _UNREADABLE  # a / # or ? in a password: what precedes it is no host
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{parts.hostname or '?'}{port}"
    except ValueError:
        return _UNREADABLE
