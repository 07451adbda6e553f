"""The user's own settings, and where fftui keeps things on this machine."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

APP: Final = "fftui"


class Settings(NamedTuple):
    """What a person may set once for all runs, in `settings.toml` of `config_dir()`.

    A tuple, since the folders below are asked for before anything that takes long to load.
    """

    theme: str = ""
    """Name of a theme; empty for fftui's own choice."""
    ascii: bool = False
    """Draw with ASCII characters only."""
    mouse: bool = False
    bell: bool = False
    """Ring the terminal's bell on alerts and when a run ends."""
    refresh_s: float = 1.0
    """Seconds between two refreshes of a screen, 0.1 to 60."""
    keys: Mapping[str, str] = MappingProxyType({})
    """Keys by the id of their binding, several separated by commas."""


def config_dir() -> Path:
    """The folder of the user's settings and themes. It may not exist."""
    from platformdirs import user_config_path

    return user_config_path(APP)


def state_dir() -> Path:
    """The folder of what outlives a run, such as the accounts' ledger; made if missing, mode 0700.

    Raises OSError when it cannot be made or is not the user's own.
    """
    from platformdirs import user_state_path

    path = user_state_path(APP)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = path.stat()
    if found.st_uid != os.getuid():
        raise PermissionError(f"{path}: belongs to another user")
    if stat.S_IMODE(found.st_mode) & 0o077:
        path.chmod(0o700)
    return path


def person() -> str:
    """Who sits here, as the log of a run names them; containers may have users without a name."""
    try:
        import getpass

        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def runs_dir() -> Path:
    """The folder of the runs: `$FFTUI_HOME`, else `runs` where the command is given."""
    return Path(os.environ.get("FFTUI_HOME") or "runs").expanduser()


def summaries_dir() -> Path:
    """Where imported summaries of counts are kept, beside the runs."""
    return runs_dir() / "summaries"


def load_settings(path: Path | None = None) -> tuple[Settings, list[str]]:
    """The user's settings, and one line for each mistake in them; there the default stands.

    Reads `settings.toml` in `config_dir()` unless another file is given; no file, no mistake.
    Checked by hand: this runs before the first paint, where pydantic would cost more than it.
    """
    import tomllib

    path = path or config_dir() / "settings.toml"
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return Settings(), []
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        return Settings(), [f"{path}: cannot be read: {reason}; the defaults stand"]
    settings, warnings = Settings(), []
    for name, value in data.items():
        if name not in _CHECKS:
            allowed = ", ".join(Settings._fields)
            warnings.append(f"{path}: {name!r} is no setting; allowed: {allowed}")
            continue
        try:
            settings = settings._replace(**{name: _CHECKS[name](value)})
        except ValueError as error:
            warnings.append(f"{path}: {name}: {error}; the default stands")
    return settings, warnings


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.isprintable() or len(value) > 120:
        raise ValueError(f"must be one line of text, not {_short(value)}")
    return value


def _switch(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"must be true or false, not {_short(value)}")
    return value


def _seconds(value: object) -> float:
    number = not isinstance(value, bool) and isinstance(value, int | float)
    if not (number and 0.1 <= value <= 60):  # type: ignore[operator]
        raise ValueError(f"must be seconds from 0.1 to 60, not {_short(value)}")
    return float(value)  # type: ignore[arg-type]


def _bindings(value: object) -> Mapping[str, str]:
    if not isinstance(value, dict):
        raise ValueError(f"must be a table of binding = key, not {_short(value)}")
    for name, keys in value.items():
        if not isinstance(keys, str) or not keys.strip() or not keys.isprintable():
            raise ValueError(f"{name!r} must be the name of a key, not {_short(keys)}")
    return MappingProxyType(dict(value))


def _short(value: object) -> str:
    shown = ascii(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."


_CHECKS: dict[str, Callable[[object], Any]] = {
    "theme": _text,
    "ascii": _switch,
    "mouse": _switch,
    "bell": _switch,
    "refresh_s": _seconds,
    "keys": _bindings,
}
