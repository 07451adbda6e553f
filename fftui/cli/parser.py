"""The call of `fftui`: which command, with which options."""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from fftui import __version__
from fftui.cli.commands import COMMANDS, screen
from fftui.cli.lean import load_msgspec


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The parsed call; its `run` does the work. A wrong call exits with code 2."""
    if argv and argv[0] in COMMANDS:
        return _one(argv[0], _Parser(prog=f"fftui {argv[0]}")).parse_args(argv[1:])
    parser = _Parser(
        prog="fftui",
        description="Watch language-model safety evaluations live. Without a command: the home "
        "screen, with the runs under ./runs (or $FFTUI_HOME).",
    )
    parser.add_argument("--version", action="version", version=f"fftui {__version__}")
    screen(parser)
    parser.set_defaults(run=_late("watch", "home"))
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for name, command in COMMANDS.items():
        made = commands.add_parser(name, help=command.words)
        # Behind options of the home screen: `fftui --ascii demo`.
        if name in argv:
            _one(name, made)
    return parser.parse_args(argv)


def _one(name: str, parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    command = COMMANDS[name]
    parser.description = command.words
    parser.set_defaults(run=_late(command.module, command.function))
    command.options(parser)
    return parser


class _Formatter(argparse.HelpFormatter):
    """As wide as the terminal; argparse would load shutil to ask, on every call, help or not."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


def _columns() -> int:
    said = os.environ.get("COLUMNS", "")
    if said.isdecimal() and int(said):
        return int(said)
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with a call in one line, without the usage around it."""

    def __init__(self, *, prog: str, description: str = "") -> None:
        super().__init__(
            prog=prog, description=description, allow_abbrev=False, formatter_class=_Formatter
        )

    def error(self, message: str) -> NoReturn:
        from fftui.text import line

        self.exit(2, line(f"{self.prog}: {message}; see {self.prog} --help", 2000) + "\n")


def _late(module: str, function: str) -> Callable[[argparse.Namespace], int]:
    def call(options: argparse.Namespace) -> int:
        load_msgspec()
        found: Callable[[argparse.Namespace], int] = getattr(
            importlib.import_module(f"fftui.cli.{module}"), function
        )
        gc.freeze()
        gc.enable()
        return found(options)

    return call
