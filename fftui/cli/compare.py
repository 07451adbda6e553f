"""`fftui compare`: targets of one or several runs against each other."""

from __future__ import annotations

import argparse
import json
import sys

from fftui.cli.errors import UsageError
from fftui.cli.show import run_folder
from fftui.domain.labels import Tier
from fftui.results.compare import compare as compared
from fftui.results.compare_text import lines, to_json
from fftui.results.sides import Side, pairs, sides
from fftui.store.reader import Reader
from fftui.text import line

_WIDTH = 2000


def compare(options: argparse.Namespace) -> int:
    """Each pair that differs in what was asked for, a sentence first."""
    found: list[Side] = []
    for name in options.names:
        with Reader(run_folder(name)) as reader, reader.snapshot():
            found += sides(reader)
    try:
        chosen = pairs(found, options.by)
    except ValueError as error:
        raise UsageError(f"--by {error}") from None
    if not chosen:
        told = ", ".join(side.name for side in found)
        raise UsageError(f"no two targets differ in {options.by} and agree in the rest: {told}")
    made = compared(chosen, Tier(options.tier))
    if options.json:
        for one in made:
            print(json.dumps(to_json(one), ensure_ascii=True))
        return 0
    for number, one in enumerate(made):
        if number:
            print()
        for text in lines(one):
            # What stands before the words is ours; the rest may hold names from outside.
            print(" " * (len(text) - len(text.lstrip(" "))) + line(text.lstrip(" "), _WIDTH))
    sys.stdout.flush()
    return 0
