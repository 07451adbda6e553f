"""`fftui init`, `preflight` and `corpus`: files before a run."""

from __future__ import annotations

import argparse
import json
import sys
from importlib import resources
from pathlib import Path

from fftui.cli.errors import UsageError
from fftui.cli.show import run_folder


def init(options: argparse.Namespace) -> int:
    """Write a plan; never over a file that is there."""
    path = Path(options.file)
    if options.source:
        from fftui.store.reader import Reader

        with Reader(run_folder(options.source)) as reader:
            _, text = reader.plan_toml()
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
    return 0


def preflight(options: argparse.Namespace) -> int:
    """What a plan will do; exit code 2 when it cannot start."""
    from fftui.results.preflight import check
    from fftui.text import line

    checked = check(Path(options.plan))
    if options.json:
        print(json.dumps({"ok": checked.ok, "lines": checked.lines, "problems": checked.problems}))
    else:
        for text in checked.lines:
            print(line(text, 400))
        for text in checked.problems:
            print(f"fftui: {line(text, 400)}", file=sys.stderr)
    return 0 if checked.ok else 2


def corpus(options: argparse.Namespace) -> int:
    """What prompt files are understood as."""
    from fftui.corpus.load import CorpusError, read
    from fftui.text import line

    code = 0
    for name in options.files:
        try:
            found = read(Path(name))
        except CorpusError as error:
            print(f"fftui: {line(str(error), 400)}", file=sys.stderr)
            code = 2
            continue
        benign = sum(s.benign for s in found.scenarios)
        turns = sum(len(s.turns) > 1 for s in found.scenarios)
        print(
            f"{line(name, 200)}: {found.format}, {len(found.scenarios)} scenarios, {benign} benign,"
            f" {turns} with several turns, {found.bytes} bytes, sha256 {found.sha256}"
        )
        families: dict[str, int] = {}
        for scenario in found.scenarios:
            families[scenario.family] = families.get(scenario.family, 0) + 1
        for family, count in sorted(families.items()):
            print(f"  family {line(family, 80) or '(none)'}: {count}")
        for problem in found.problems:
            print(f"  line {problem.line}: {line(problem.what, 200)}")
    return code
