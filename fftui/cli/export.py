"""`fftui export`: a run in a form that other programs read."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from fftui.cli.errors import UsageError
from fftui.cli.show import run_folder

if TYPE_CHECKING:
    from fftui.store.reader import Reader

_ENDING = {"jsonl": ".jsonl", "ff-traces": ".jsonl", "csv": ".csv"}


def export(options: argparse.Namespace) -> int:
    """Write the run's ids and labels; texts only with `--with-text`."""
    from fftui.exchange.export import ff_traces, plain
    from fftui.exchange.private import private_file
    from fftui.store.recount import Held

    folder, form, text = run_folder(options.name), options.format, options.with_text
    stream = {"jsonl": plain.jsonl, "ff-traces": ff_traces.traces}.get(form)
    with Held(folder) as reader:
        if stream is not None and options.output in (None, "-"):
            stream(reader, sys.stdout.buffer, text=text)
            sys.stdout.buffer.flush()
            return 0
        if options.output == "-":
            raise UsageError(f"--format {form} makes several files: name one with -o")
        path = Path(options.output or f"{folder.name}{_ENDING.get(form, '-inspect')}")
        if form != "inspect" and path.is_dir():
            raise UsageError(f"-o {path}: is a folder; name the file")
        if not path.parent.is_dir():
            raise UsageError(f"-o {path}: there is no folder {path.parent}")
        if stream is not None:
            with private_file(path) as out:
                stream(reader, out, text=text)
            made = [path]
        elif form == "csv":
            made = plain.csv_files(reader, path, text=text)
        else:
            made = _inspect(reader, path, text=text)
    for place in made:
        print(place)
    return 0


def _inspect(reader: Reader, path: Path, *, text: bool) -> list[Path]:
    from fftui.exchange.export import inspect_log

    if path.exists() and not path.is_dir():
        raise UsageError(f"-o {path}: is a file; --format inspect makes a log a target in a folder")
    try:
        return inspect_log.logs(reader, path, text=text)
    except inspect_log.NoInspect as error:
        raise UsageError(str(error)) from None
