"""`fftui import`: logs of other tools become a run that is watched, read and compared like any."""

from __future__ import annotations

import argparse
import re
import time
from pathlib import Path

from fftui.cli.errors import UsageError, say
from fftui.domain.labels import Label
from fftui.domain.plan import RUN_NAME, RUN_NAME_LONGEST
from fftui.settings import person, runs_dir, state_dir, summaries_dir
from fftui.store.sqlite import StoreError
from fftui.store.user import UserFile
from fftui.text import line

_WIDTH = 400


def import_(options: argparse.Namespace) -> int:
    """Read everything first; then write the run, whole."""
    from fftui.exchange.imports.log import ImportFault
    from fftui.exchange.imports.make import make_run
    from fftui.exchange.imports.recognise import read_log

    labels = _labels(options.map)
    paths = [Path(name) for name in options.files]
    name = (
        options.name or re.sub(r"[^A-Za-z0-9._-]+", "-", paths[0].stem).strip("-._") or "imported"
    )
    name = name[:RUN_NAME_LONGEST]
    if not re.fullmatch(RUN_NAME, name):
        raise UsageError(f"--name {name!r}: letters, digits, dot, dash and underscore are allowed")
    if (runs_dir() / name).exists():
        raise UsageError(
            f"{runs_dir() / name}: a run of this name exists; choose another: --name N"
        )
    if len({path.resolve() for path in paths}) < len(paths):
        raise UsageError("a file is named twice")
    if all(path.suffix == ".toml" for path in paths):
        return _summary(paths, name)
    try:
        logs = [read_log(path, labels) for path in paths]
        made = make_run(runs_dir(), name, logs, person(), time.time())
    except ImportFault as error:
        raise UsageError(str(error)) from None
    try:
        user = UserFile(state_dir())
        user.remember(made.folder)
        user.close()
    except StoreError:
        pass  # finding the run from other folders is a comfort, not a condition
    for word in made.words:
        say(line(word, _WIDTH))
    print(made.folder)
    return 0


def _summary(paths: list[Path], name: str) -> int:
    """A summary has no answers to make a run of: it is kept whole, beside the runs."""
    from fftui.exchange.private import private_file
    from fftui.exchange.summary import SummaryError, load_summary

    if len(paths) > 1:
        raise UsageError("summaries are imported one by one")
    try:
        found = load_summary(paths[0])
        body = paths[0].read_bytes()
    except SummaryError as error:
        raise UsageError(str(error)) from None
    place = summaries_dir() / f"{name}.toml"
    if place.exists():
        raise UsageError(f"{place}: exists already; choose another: --name N")
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with private_file(place) as file:
        file.write(body)
    cells = sum(len(one.cells) for one in found.populations)
    groups = len(found.populations)
    say(f"{groups} population{'s' * (groups != 1)}, {cells} cell{'s' * (cells != 1)}: `fftui`"
        f" shows it, as does `fftui compare {name}`; without answers there is nothing to grade or"
        " to read")  # fmt: skip
    print(place)
    return 0


def _labels(told: str) -> dict[str, Label]:
    found: dict[str, Label] = {}
    for part in filter(None, (p.strip() for p in told.split(","))):
        value, sign, label = part.rpartition("=")
        if not sign or label.strip().upper() not in Label.__members__:
            raise UsageError(
                f"--map {part!r}: should be VALUE=LABEL; labels: {', '.join(Label.__members__)}"
            )
        found[value.strip().lower()] = Label(label.strip().upper())
    return found
