"""The commands: their words, where each is done, and its options.

Options are added to a command's parser when it is called: making those of all commands takes
longer than `status` does.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable

Options = Callable[[ArgumentParser], None]


class Command:
    """One command of `fftui`.

    `words` say what it does, for the list of `--help`; `module` of `fftui.cli`, whose `function`
    does it, is loaded when the command is called.
    """

    def __init__(self, words: str, module: str, function: str, options: Options) -> None:
        self.words, self.module, self.function, self.options = words, module, function, options


COMMANDS: dict[str, Command] = {}
"""By name, in the order of `--help`."""


def _command(
    name: str, words: str, module: str, function: str = ""
) -> Callable[[Options], Options]:
    def add(options: Options) -> Options:
        COMMANDS[name] = Command(words, module, function or name, options)
        return options

    return add


def screen(parser: ArgumentParser) -> None:
    """Options of every command that opens a screen."""
    parser.add_argument("--ascii", action="store_true", help="no glyphs beyond ASCII")
    parser.add_argument("--theme", help="name of a theme")
    parser.add_argument("--mouse", action="store_true", help="let the screen take the mouse")


@_command("demo", "the sample run on the simulated platform", "launch")
def _demo(demo: ArgumentParser) -> None:
    demo.add_argument("--headless", action="store_true", help="no screen: progress lines, summary")
    screen(demo)


@_command("init", "write a commented plan to start from", "files")
def _init(init: ArgumentParser) -> None:
    init.add_argument("file", nargs="?", default="plan.toml", metavar="FILE")
    init.add_argument("--from", dest="source", metavar="RUN", help="the plan of an earlier run")


@_command("run", "start a run and watch it", "launch")
def _run(run: ArgumentParser) -> None:
    run.add_argument("plan", metavar="PLAN.toml")
    run.add_argument("--name", help="name of the run instead of the plan's")
    how = run.add_mutually_exclusive_group()
    how.add_argument("--detach", action="store_true", help="start it and return")
    how.add_argument("--headless", action="store_true", help="no screen: progress lines, summary")
    screen(run)


@_command("attach", "watch a run; leaving the screen does not touch it", "watch")
def _attach(attach: ArgumentParser) -> None:
    attach.add_argument("name", nargs="?", metavar="RUN", help="default: the newest run")
    screen(attach)


@_command("review", "read what a run has flagged: blind, masked, by keys", "watch")
def _review(review: ArgumentParser) -> None:
    review.add_argument("name", nargs="?", metavar="RUN", help="default: the newest run")
    review.add_argument("--as", dest="reviewer", metavar="NAME", help="who reads; default: you")
    review.add_argument(
        "--gold",
        metavar="FILE",
        help="take in answers whose labels are known, by which readers are measured, and end",
    )
    screen(review)


@_command("share", "open a run to a group of reviewers", "share", "group")
def _share(share: ArgumentParser) -> None:
    share.add_argument("name", metavar="RUN")
    to = share.add_mutually_exclusive_group()
    to.add_argument("--group", metavar="G", help="Unix group with read and review access")
    to.add_argument("--off", action="store_true", help="close it again")


@_command("status", "how runs stand, as text", "show")
def _status(status: ArgumentParser) -> None:
    status.add_argument("name", nargs="?", metavar="RUN", help="default: all runs")
    form = status.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object per run and line")
    form.add_argument("--watch", action="store_true", help="a line whenever something changed")


@_command("wait", "wait until a run is in one of some states", "show")
def _wait(wait: ArgumentParser) -> None:
    wait.add_argument("name", metavar="RUN")
    wait.add_argument("--for", dest="states", required=True, metavar="done,paused,dead")
    wait.add_argument("--timeout", type=float, metavar="SECONDS")


@_command("stop", "finish the calls in flight and end", "control")
@_command("resume", "go on; starts an engine where none is alive", "control")
@_command("pause", "send no new calls; those in flight are finished", "control")
def _control(control: ArgumentParser) -> None:
    control.add_argument("name", metavar="RUN")
    control.add_argument("--target", metavar="T", help="only this target")


@_command("extend", "more scenarios, targets or graders, or other limits", "change")
def _extend(extend: ArgumentParser) -> None:
    extend.add_argument("name", metavar="RUN")
    extend.add_argument("plan", metavar="PLAN.toml", help="the run's plan, with what is new")


@_command("retry", "ask attempts again that gave no answer", "change")
def _retry(retry: ArgumentParser) -> None:
    retry.add_argument("name", metavar="RUN")
    retry.add_argument("--outcome", required=True, metavar="infra,config,…")
    retry.add_argument("--target", metavar="T", help="only this target")


@_command("regrade", "grade stored answers again; without options: the run's graders", "regrade")
def _regrade(regrade: ArgumentParser) -> None:
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


@_command("compare", "targets against each other, matched scenarios first", "compare")
def _compare(compare: ArgumentParser) -> None:
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


@_command("report", "runs as evidence: HTML, Markdown, figures and tables", "report")
def _report(report: ArgumentParser) -> None:
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
    report.add_argument(
        "--against",
        metavar="FILE",
        help="check a report made before, with its figures and tables, against the runs' rows",
    )


@_command("export", "a run for other programs: ids and labels, texts where asked", "export")
def _export(export: ArgumentParser) -> None:
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


@_command("preflight", "what a plan will do, and what is wrong with it", "preflight")
def _preflight(preflight: ArgumentParser) -> None:
    preflight.add_argument("plan", metavar="PLAN.toml")
    preflight.add_argument("--json", action="store_true", help="one JSON object with all numbers")
    preflight.add_argument(
        "--probe",
        action="store_true",
        help="send one harmless request to each target and judge and show what came back",
    )


@_command("corpus", "what a prompt file is understood as", "files")
def _corpus(corpus: ArgumentParser) -> None:
    corpus.add_argument("files", nargs="+", metavar="FILE")


@_command("snapshot", "copy a run, alive or not, to one file to look at", "upkeep")
def _snapshot(snapshot: ArgumentParser) -> None:
    snapshot.add_argument("name", metavar="RUN")
    snapshot.add_argument("file", metavar="FILE")
    snapshot.add_argument(
        "--without-text", action="store_true", help="no prompt, answer, quote or note goes in"
    )


@_command("import", "make a run of other tools' logs", "imports", "import_")
def _imports(imports: ArgumentParser) -> None:
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


@_command("doctor", "check a run, or this installation", "upkeep")
def _doctor(doctor: ArgumentParser) -> None:
    doctor.add_argument("name", nargs="?", metavar="RUN")
    doctor.add_argument(
        "--repair", action="store_true", help="write a repaired copy beside RUN; RUN stays as it is"
    )


@_command("sim", "the simulated platform, on loopback", "serve")
def _sim(sim: ArgumentParser) -> None:
    sim.add_argument("--profile", metavar="FILE", help="default: the embedded profile")
    sim.add_argument("--port", type=int, default=0, metavar="PORT", help="default: any free one")


@_command("local", "the small real model on this machine", "serve")
def _local(local: ArgumentParser) -> None:
    local.add_argument("action", choices=["install"])
