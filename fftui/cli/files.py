"""`fftui init` and `corpus`: files before a run."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from fftui.cli.errors import UsageError, say
from fftui.cli.show import run_folder

if TYPE_CHECKING:
    from fftui.corpus.load import Corpus

_PLACES = 12
"""Lines that are named of one kind of problem."""
_FAMILIES = 40


def init(options: argparse.Namespace) -> int:
    """Write a plan; never over a file that is there."""
    path = Path(options.file)
    lost: tuple[str, ...] = ()
    if options.source:
        text, lost = _plan_of(options.source)
    else:
        text = resources.files("fftui.cli").joinpath("plan.toml").read_text(encoding="utf-8")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(f"{path}: exists already; name another file") from None
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from None
    print(path)
    if not options.source:
        _placeholders(path.parent / "prompts.jsonl")
    for words in lost:
        say(f"will not be the same: {words}")
    return 0


def _plan_of(name: str) -> tuple[str, tuple[str, ...]]:
    """(the plan of a run, what another run by it cannot be promised to repeat)."""
    from fftui.cli.control import refuse_imported
    from fftui.results.manifest import manifest
    from fftui.store.reader import Reader

    refuse_imported(run_folder(name))
    with Reader(run_folder(name)) as reader:
        source, text = reader.plan_toml()
        lost = manifest(reader).unrepeatable
    return _anchored(text, Path(source).parent), lost


def _anchored(text: str, folder: Path) -> str:
    """A plan whose relative paths stand for the same files from any folder."""

    def absolute(match: re.Match[str]) -> str:
        # As JSON: each of its strings is a TOML string too.
        return match[1] + json.dumps(str(folder / match[3]), ensure_ascii=False)

    return re.sub(
        r"""((?:^|[{,\s])["']?(?:file|profile|template)["']?\s*=\s*)(["'])([^"'\\\n]+)\2""",
        absolute,
        text,
    )


def _placeholders(path: Path) -> None:
    """The file that the plan names, so that it runs as it stands; never over one that is there."""
    rows = [
        {"id": f"P-{n:03}", "turns": [f"[placeholder {n:03}]"], "family": "direct"}
        for n in range(1, 41)
    ]
    try:
        with path.open("x", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
    except FileExistsError:
        return
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from None
    print(f"{path}: placeholders, until you put your own prompts there", file=sys.stderr)


def corpus(options: argparse.Namespace) -> int:
    """What prompt files are understood as."""
    from fftui.corpus.load import CorpusError, read

    code = 0
    for name in options.files:
        try:
            found = read(Path(name), limit=0)
        except CorpusError as error:
            say(str(error))
            code = 2
            continue
        for text in _understood(name, found):
            print(text)
    return code


def _understood(name: str, found: Corpus) -> Iterator[str]:
    from fftui.text import line

    yield (
        f"{line(name, 200)}: {found.format}, {found.size} scenarios, {found.benign} benign,"
        f" {found.conversations} with several turns, {found.bytes} bytes, sha256 {found.sha256}"
    )
    if found.licence:
        yield f"  licence, as published: {found.licence}"
    shown = sorted(found.families.items(), key=lambda one: -one[1])[:_FAMILIES]
    for family, count in sorted(shown):
        yield f"  family {line(family, 80) or '(none)'}: {count}"
    if len(found.families) > len(shown):
        yield f"  … and {len(found.families) - len(shown)} smaller families"
    # One line for each kind of problem: a hundred rows may share theirs.
    kinds: dict[str, list[int]] = {}
    for problem in found.problems:
        kinds.setdefault(problem.what, []).append(problem.line)
    for what, places in kinds.items():
        if places == [0]:
            yield f"  {line(what, 200)}"
            continue
        more = f" and {len(places) - _PLACES} more" if len(places) > _PLACES else ""
        where = ", ".join(map(str, places[:_PLACES]))
        yield f"  line{'s' if len(places) > 1 else ''} {where}{more}: {line(what, 200)}"
    if found.unlisted:
        yield f"  … and {found.unlisted} more such lines"
