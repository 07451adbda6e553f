"""The commands and their options."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable, Sequence
from typing import NoReturn

from fftui import __version__


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The parsed call; its `run` does the work. A wrong call exits with code 2."""
    parser = _Parser(
        prog="fftui",
        description="Watch language-model safety evaluations live. Without a command: the home "
        "screen, with the runs under ./runs (or $FFTUI_HOME).",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"fftui {__version__}")
    _screen(parser)
    parser.set_defaults(run=_late("watch", "home"))
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    def command(name: str, words: str, module: str, function: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=words, description=words, allow_abbrev=False)
        made.set_defaults(run=_late(module, function))
        return made

    demo = command("demo", "the sample run on the simulated platform", "launch", "demo")
    demo.add_argument("--headless", action="store_true", help="no screen: progress lines, summary")
    _screen(demo)

    init = command("init", "write a commented plan to start from", "files", "init")
    init.add_argument("file", nargs="?", default="plan.toml", metavar="FILE")
    init.add_argument("--from", dest="source", metavar="RUN", help="the plan of an earlier run")

    run = command("run", "start a run and watch it", "launch", "run")
    run.add_argument("plan", metavar="PLAN.toml")
    run.add_argument("--name", help="name of the run instead of the plan's")
    how = run.add_mutually_exclusive_group()
    how.add_argument("--detach", action="store_true", help="start it and return")
    how.add_argument("--headless", action="store_true", help="no screen: progress lines, summary")
    _screen(run)

    attach = command(
        "attach", "watch a run; leaving the screen does not touch it", "watch", "attach"
    )
    attach.add_argument("name", nargs="?", metavar="RUN", help="default: the newest run")
    _screen(attach)

    review = command(
        "review", "read what a run has flagged: blind, masked, by keys", "watch", "review"
    )
    review.add_argument("name", nargs="?", metavar="RUN", help="default: the newest run")
    review.add_argument("--as", dest="reviewer", metavar="NAME", help="who reads; default: you")
    review.add_argument(
        "--gold",
        metavar="FILE",
        help="take in answers whose labels are known, by which readers are measured, and end",
    )
    _screen(review)

    share = command("share", "open a run to a group of reviewers", "share", "group")
    share.add_argument("name", metavar="RUN")
    to = share.add_mutually_exclusive_group()
    to.add_argument("--group", metavar="G", help="Unix group with read and review access")
    to.add_argument("--off", action="store_true", help="close it again")

    status = command("status", "how runs stand, as text", "show", "status")
    status.add_argument("name", nargs="?", metavar="RUN", help="default: all runs")
    form = status.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object per run and line")
    form.add_argument("--watch", action="store_true", help="a line whenever something changed")

    wait = command("wait", "wait until a run is in one of some states", "show", "wait")
    wait.add_argument("name", metavar="RUN")
    wait.add_argument("--for", dest="states", required=True, metavar="done,paused,dead")
    wait.add_argument("--timeout", type=float, metavar="SECONDS")

    for name, words in (
        ("pause", "send no new calls; those in flight are finished"),
        ("resume", "go on; starts an engine where none is alive"),
        ("stop", "finish the calls in flight and end"),
    ):
        made = command(name, words, "control", name)
        made.add_argument("name", metavar="RUN")
        made.add_argument("--target", metavar="T", help="only this target")

    extend = command(
        "extend", "more scenarios, targets or graders, or other limits", "change", "extend"
    )
    extend.add_argument("name", metavar="RUN")
    extend.add_argument("plan", metavar="PLAN.toml", help="the run's plan, with what is new")

    retry = command("retry", "ask attempts again that gave no answer", "change", "retry")
    retry.add_argument("name", metavar="RUN")
    retry.add_argument("--outcome", required=True, metavar="infra,config,…")
    retry.add_argument("--target", metavar="T", help="only this target")

    regrade = command(
        "regrade",
        "grade stored answers again; without options: the run's graders",
        "regrade",
        "regrade",
    )
    regrade.add_argument("name", metavar="RUN")
    regrade.add_argument(
        "--grader",
        metavar="G",
        help="heuristic, as this fftui has it; a grader of the run or of FILE",
    )
    regrade.add_argument("--from", dest="file", metavar="FILE", help="TOML with [[graders]]")
    regrade.add_argument(
        "--promote", metavar="G", help="read the rates from this grader, which was heard already"
    )

    compare = command(
        "compare", "targets against each other, matched scenarios first", "compare", "compare"
    )
    compare.add_argument(
        "names", nargs="+", metavar="RUN", help="a run, or a published summary ending in .toml"
    )
    compare.add_argument(
        "--by",
        default="platform",
        metavar="platform|upstream|run|weights|maker|quantisation|thinking|tag:NAME",
        help="what differs between the sides of a pair (default: the platform of equal weights)",
    )
    compare.add_argument(
        "--same",
        default=(),
        type=lambda words: tuple(words.split(",")),
        metavar="NAME,…",
        help="what must be equal, of the same names or any (default: the weights; the platform"
        " for weights and maker; the target's name for run)",
    )
    compare.add_argument(
        "--table",
        nargs="?",
        const="asr",
        metavar="COLUMN",
        help="instead of pairs every target of all runs, sorted by asr, n, width, maker, platform,"
        " target or run, and makers on platforms: pooled and macro",
    )
    compare.add_argument(
        "--filter", default="", metavar="WORDS", help="of that table only rows with these words"
    )
    compare.add_argument("--tier", choices=["strict", "broad", "fd"], default="strict")
    compare.add_argument("--json", action="store_true", help="one JSON object per pair and line")
    compare.add_argument(
        "--read-first",
        action="store_true",
        help="give the discordant answers of these pairs to readers before any other",
    )

    report = command(
        "report", "runs as evidence: HTML, Markdown, figures and tables", "report", "report"
    )
    report.add_argument("names", nargs="+", metavar="RUN")
    report.add_argument(
        "-o",
        dest="output",
        metavar="FILE",
        help="default: RUN-report.html and .md here, figures and tables beside; - is stdout",
    )
    report.add_argument("--format", choices=["html", "md", "json"], help="only this one")
    report.add_argument("--tier", choices=["strict", "broad", "fd"], help="default: the plan's")
    report.add_argument(
        "--with-text", action="store_true", help="quote prompts and answers that count as successes"
    )
    report.add_argument(
        "--check", action="store_true", help="recompute every number from the run file's rows"
    )

    export = command(
        "export", "a run for other programs: ids and labels, texts where asked", "export", "export"
    )
    export.add_argument("name", metavar="RUN")
    export.add_argument(
        "--format", choices=["jsonl", "csv", "ff-traces", "inspect"], default="jsonl"
    )
    export.add_argument(
        "-o",
        dest="output",
        metavar="FILE",
        help="default: stdout for jsonl and ff-traces, else RUN.csv or the folder RUN-inspect",
    )
    export.add_argument(
        "--with-text", action="store_true", help="prompts, answers, evidence and notes, too"
    )

    preflight = command(
        "preflight", "what a plan will do, and what is wrong with it", "preflight", "preflight"
    )
    preflight.add_argument("plan", metavar="PLAN.toml")
    preflight.add_argument("--json", action="store_true", help="one JSON object with all numbers")
    preflight.add_argument(
        "--probe",
        action="store_true",
        help="send one harmless request to each target and judge and show what came back",
    )

    corpus = command("corpus", "what a prompt file is understood as", "files", "corpus")
    corpus.add_argument("files", nargs="+", metavar="FILE")

    snapshot = command(
        "snapshot", "copy a run, alive or not, to one file to look at", "upkeep", "snapshot"
    )
    snapshot.add_argument("name", metavar="RUN")
    snapshot.add_argument("file", metavar="FILE")
    snapshot.add_argument(
        "--without-text", action="store_true", help="no prompt, answer, quote or note goes in"
    )

    imports = command("import", "make a run of other tools' logs", "imports", "import_")
    imports.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="Inspect AI .eval or JSON logs, garak report JSONL, Failure-First traces, fftui's own"
        " JSONL or CSV export, or a summary of counts (TOML)",
    )
    imports.add_argument("--name", help="name of the run; default: the first file's")
    imports.add_argument(
        "--map",
        default="",
        metavar="VALUE=LABEL,…",
        help="what the values of an Inspect scorer mean, such as C=REFUSAL,I=COMPLIANCE",
    )

    doctor = command("doctor", "check a run, or this installation", "upkeep", "doctor")
    doctor.add_argument("name", nargs="?", metavar="RUN")
    doctor.add_argument(
        "--repair", action="store_true", help="write a repaired copy beside RUN; RUN stays as it is"
    )

    sim = command("sim", "the simulated platform, on loopback", "serve", "sim")
    sim.add_argument("--profile", metavar="FILE", help="default: the embedded profile")
    sim.add_argument("--port", type=int, default=0, metavar="PORT", help="default: any free one")

    local = command("local", "the small real model on this machine", "serve", "local")
    local.add_argument("action", choices=["install"])
    return parser.parse_args(argv)


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with a call in one line, without the usage around it."""

    def error(self, message: str) -> NoReturn:
        from fftui.text import line

        self.exit(2, line(f"{self.prog}: {message}; see {self.prog} --help", 2000) + "\n")


def _screen(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--ascii", action="store_true", help="no glyphs beyond ASCII")
    parser.add_argument("--theme", help="name of a theme")
    parser.add_argument("--mouse", action="store_true", help="let the screen take the mouse")


def _late(module: str, function: str) -> Callable[[argparse.Namespace], int]:
    def call(options: argparse.Namespace) -> int:
        found: Callable[[argparse.Namespace], int] = getattr(
            importlib.import_module(f"fftui.cli.{module}"), function
        )
        return found(options)

    return call
