"""`fftui report`: runs as evidence that stands by itself."""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from fftui.cli.errors import UsageError, say
from fftui.cli.show import named_runs
from fftui.domain.labels import Tier
from fftui.text import line

if TYPE_CHECKING:
    from fftui.exchange.report.write import Form
    from fftui.results.recount import Differences

_FORMS: tuple[Form, ...] = ("html", "md", "json")
_SHOWN = 40


def report(options: argparse.Namespace) -> int:
    """Write the report; with `--check`, recompute its numbers from the rows of the run files."""
    from fftui.exchange.report import texts
    from fftui.exchange.report.sections import document
    from fftui.exchange.report.write import render, write
    from fftui.results import recount
    from fftui.results.evidence import gather, to_json
    from fftui.store.recount import Held

    folders = named_runs(options.names)
    if options.against and not Path(options.against).is_file():
        raise UsageError(f"--against {options.against}: no such file")
    path, forms = _where(options, folders)
    found = None
    with ExitStack() as stack:
        held = [stack.enter_context(Held(folder)) for folder in folders]
        try:
            made = gather(held, Tier(options.tier) if options.tier else None)
            # A rate is worked out when somebody asks for it, and here all are asked for.
            told = to_json(made)
        except ValueError as error:
            # Only counts that no rows can have make a number impossible.
            say(f"no report can be made: {error}; counts differ from rows, see `fftui doctor`")
            return 1
        extra = [texts.section(reader, made) for reader in held] if options.with_text else []
        if options.check or options.against:
            for reader in held:
                reader.recount()
            rows = gather(held, made.tier)
            found = recount.differences(told, to_json(rows))
            found.different += [f for reader in held for f in recount.apart(reader, made)]
    if options.against:
        from fftui.exchange.report.against import against

        older = against(rows, Path(options.against), extra)
        older.different[:0] = found.different if found else []
        return _tell(older)
    # Drawn when the files are let go of: a live run's writer never waits for a chart.
    if path == Path("-"):
        print(render(made, document(made, extra), forms[0], "."), end="")
    elif path is not None:
        for place in write(made, path, forms, extra):
            print(place)
    return 0 if found is None else _tell(found)


def _tell(found: Differences) -> int:
    """What the check found, on stderr, and the exit code."""
    for words in found.different[:_SHOWN]:
        print(line(words, 400), file=sys.stderr)
    if len(found.different) > _SHOWN:
        print(f"… {len(found.different) - _SHOWN} more", file=sys.stderr)
    verdict = f"{len(found.different)} differ" if found.different else "all agree"
    print(f"{found.compared} numbers recomputed from the rows: {verdict}", file=sys.stderr)
    return 1 if found.different else 0


def _where(options: argparse.Namespace, folders: list[Path]) -> tuple[Path | None, list[Form]]:
    """Where the report goes and in which forms; `None`: it is only checked."""
    if options.output is None:
        if options.check and options.format is None:
            return None, []
        if options.format is not None:
            return Path("-"), [options.format]
        return Path(f"{folders[0].name}-report"), ["html", "md"]
    path = Path(options.output)
    if options.output == "-":
        return path, [options.format or "md"]
    if path.is_dir():
        raise UsageError(f"-o {path}: is a folder; name the file, such as {path}/report.html")
    if not path.parent.is_dir():
        raise UsageError(f"-o {path}: there is no folder {path.parent}")
    form: Form | None = next((f for f in _FORMS if path.suffix == f".{f}"), None)
    if options.format is not None and form not in (None, options.format):
        raise UsageError(f"-o {path}: ends in .{form}, but --format says {options.format}")
    if form is None:
        # The ending is added, never put in the place of a part of the name.
        path = path.with_name(f"{path.name}.{options.format or 'html'}")
    if options.format is not None:
        return path, [options.format]
    return path, ["json"] if form == "json" else ["html", "md"]
