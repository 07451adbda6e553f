"""What of a run another one by its plan cannot be promised to repeat, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath

from msgspec import Struct

from fftui import __version__
from fftui.domain.graders import GraderPlan
from fftui.domain.outcomes import Identity
from fftui.domain.targets import Target
from fftui.store import manifest as kept
from fftui.store.reader import GraderRow, Header, Reader


class FileNow(Struct, frozen=True):
    """A file that the run was made from, as it was and as it is."""

    row: kept.FileRow
    now: str
    """`the same`, `changed` or `not found`, on the machine where this is read."""


def later(
    reader: Reader,
    header: Header,
    plans: Sequence[kept.PlanRow],
    files: Sequence[FileNow],
    targets: Sequence[Target],
    graders: Sequence[tuple[GraderRow, str]],
) -> Iterator[str]:
    """What people did to the run after its first plan, and what no plan says."""
    if header.imported:
        yield f"asked by {header.imported}: fftui has no plan of it to start again"
        return
    plan = plans[-1].resolved
    if plans[-1].fftui != __version__:
        yield f"made by fftui {plans[-1].fftui}, and this one is {__version__}"
    if len(plans) > 1:
        yield (
            f"the plan was changed {_times(len(plans) - 1)} in mid-run: another run goes by its"
            " last form from the start, and takes scenarios that came later among the others"
        )
    named = {target["name"] for target in plan["targets"]}
    if gone := [target.name for target in targets if target.name not in named]:
        yield f"the plan's last form does not ask these targets of the run: {_names(gone)}"
    last = {file.row.path for file in files if file.row.plan == plans[-1].id}
    paths = dict.fromkeys(file.row.path for file in files if file.row.role == "corpus")
    if lost := [PurePath(path).name for path in paths if path not in last]:
        yield f"prompts of an earlier form of the plan are not in its last: {_names(lost)}"
    planned = {GraderPlan.model_construct(**grader).label for grader in plan["graders"]}
    if layers := [grader.name for grader, _ in graders if grader.name not in planned]:
        yield f"graders that no plan names came by `fftui regrade`: {_names(layers)}"
    did = kept.did(reader)
    if did.promoted:
        basis = next(grader.name for grader, _ in graders if grader.basis)
        yield f"a person made {basis} the basis of the rates; the plan does not say so"
    if did.put_back:
        yield f"{did.put_back} outcomes were put back by people and asked for anew"


def unrepeatable(
    header: Header,
    targets: Sequence[Target],
    graders: Sequence[tuple[GraderRow, str]],
    answered: Mapping[str, Sequence[Identity]],
    files: Sequence[FileNow],
) -> Iterator[str]:
    """What lies in the files, in the models and in their platforms."""
    for file in files:
        if file.now != "the same":
            name = PurePath(file.row.path).name
            why = "has changed since" if file.now == "changed" else "is not where it was"
            yield f"{file.row.role} {name} {why} (SHA-256 then {file.row.sha256[:12]}…)"
    hot = [t.name for t in targets if t.sampling.temperature > 0]
    if not header.settings_told:
        yield f"how the targets were sampled is not told by the log of {header.imported}"
    elif hot:
        yield f"sampled above temperature zero, so answers differ each time: {_names(hot)}"
    cold = len(targets) - len(hot)
    if cold and header.settings_told:
        yield (
            f"{cold} target{'s' if cold > 1 else ''} at temperature zero: hosts batch calls and"
            " change kernels, so equal answers are likely, not certain"
        )
    several = [t.name for t in targets if len(answered.get(t.name, ())) > 1]
    if several:
        yield f"more than one identity answered, and no one chooses which: {_names(several)}"
    unknown = [
        t.name
        for t in targets
        if not any(i.digest or i.fingerprint for i in answered.get(t.name, ()))
    ]
    if unknown:
        yield (
            "no digest or fingerprint was told, so a change of the model behind the name cannot"
            f" be seen: {_names(unknown)}"
        )
    hosted = [t.name for t in targets if t.endpoint.platform not in ("ollama", "local")]
    if hosted and not header.simulated:
        yield f"the platform may serve another model under the same name later: {_names(hosted)}"
    free = [
        t.name for t in targets if t.endpoint.platform == "openrouter" and not t.endpoint.upstream
    ]
    if free:
        yield f"no upstream is pinned, so the router chooses who answers: {_names(free)}"
    judges = [g.name for g, _ in graders if g.kind != "heuristic"]
    if judges:
        yield f"judges are models, too, and may label the same answer otherwise: {_names(judges)}"
    if not header.simulated:
        yield "keys, quotas and prices belong to the accounts of whoever runs it; none is stored"
    yield "times, and with them the order in which answers came"


def _names(names: Sequence[str]) -> str:
    return ", ".join(names)


def _times(n: int) -> str:
    return "once" if n == 1 else f"{n} times"
