"""`fftui preflight`: what a plan will do, and with `--probe` whether its targets answer."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path

from msgspec.structs import replace

from fftui.cli.errors import say
from fftui.cli.launch import local_problems
from fftui.results.preflight import Preflight, check
from fftui.results.preflight_json import to_json
from fftui.text import line

_WIDTH = 400


def preflight(options: argparse.Namespace) -> int:
    """Show the page; exit code 2 when the plan cannot start, 1 when a probe failed."""
    checked = check(Path(options.plan))
    checked = replace(checked, problems=(*checked.problems, *local_problems(checked)))
    probing = options.probe and checked.ok
    if options.json:
        found = to_json(checked)
        code = 0
        if probing:
            found["probes"], code = _probed_as_json(checked)
        print(json.dumps(found))
        for text in checked.problems:
            say(text)
        return code if checked.ok else 2
    _show(checked)
    if not checked.ok:
        if options.probe:
            say("nothing was sent: mend the plan first")
        return 2
    return _probed(checked) if probing else 0


def _show(checked: Preflight) -> None:
    for text in checked.warnings:
        print(line(f"warning: {text}", _WIDTH))
    for section in checked.sections:
        if section is not checked.sections[0] or checked.warnings:
            print()
        print(line(section.title, _WIDTH))
        for text in section.lines:
            print(line(f"  {text}", _WIDTH))
    sys.stdout.flush()
    for text in checked.problems:
        say(text)


def _probed(checked: Preflight) -> int:
    from fftui.engine.probe import probe
    from fftui.engine.probed import Probed

    print("\nprobe: one harmless request each", flush=True)

    def show(one: Probed) -> None:
        for number, text in enumerate(one.lines):
            print(line(f"  {'  ' if number else ''}{text}", _WIDTH), flush=True)

    found = asyncio.run(probe(checked, os.environ, show))
    failed = sum(not one.ok for one in found)
    if failed:
        say(f"{failed} of {len(found)} probes failed")
    return 1 if failed else 0


def _probed_as_json(checked: Preflight) -> tuple[list[dict[str, object]], int]:
    from fftui.engine.probe import probe

    found = asyncio.run(probe(checked, os.environ, lambda _: None))
    return [one.to_json() for one in found], 0 if all(one.ok for one in found) else 1
