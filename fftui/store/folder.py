"""A run's folder: `run.db`, `engine.log`, `engine.lock`. Made whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from msgspec import Struct

from fftui.domain.labels import TAXONOMY
from fftui.domain.scenarios import Scenario
from fftui.domain.targets import Target
from fftui.store import sqlite
from fftui.store.lock import is_held
from fftui.store.sqlite import Connection, StoreError
from fftui.store.texts import pack

APPLICATION_ID = 0x46465455
SCHEMA_VERSION = 6


def database(run: Path) -> Path:
    """The run file inside a run's folder; a copy made by `fftui snapshot` is one itself."""
    return run if run.is_file() else run / "run.db"


def log_file(folder: Path) -> Path:
    """What the engine prints."""
    return folder / "engine.log"


def lock_file(folder: Path) -> Path:
    """Held by the engine for as long as it lives."""
    return folder / "engine.lock"


class SourceFile(Struct, frozen=True):
    """A file that the run was made from."""

    path: str
    role: str
    format: str
    bytes: int
    sha256: str


class NewGrader(Struct, frozen=True):
    """A grader as it enters a run."""

    name: str
    kind: str
    version: str
    prompt_sha256: str
    spec: dict[str, Any]
    basis: bool


class NewRun(Struct, frozen=True):
    """Everything that is known before the first call."""

    name: str
    created_at: float
    seed: int
    repeats: int
    simulated: bool
    note: str
    compress: bool
    plan_source: str
    plan_toml: str
    plan_json: str
    plan_sha256: str
    fftui: str
    versions: dict[str, str]
    by: str
    files: Sequence[SourceFile]
    scenarios: Collection[Scenario]
    """Already in the block's seeded order."""
    targets: Sequence[Target]
    graders: Sequence[NewGrader]
    imported: str = ""
    """Name and version of the tool whose log it was read from; empty for a run of ours."""


def create_run(home: Path, run: NewRun, fill: Callable[[Connection], None] | None = None) -> Path:
    """Make `home/<name>/run.db` and return the folder. `fill` writes what is there to begin with.

    Raises StoreError in one line when the name is used or the place cannot be written; then
    nothing is left behind.
    """
    # Looking at runs must not wait for what only making one takes.
    import shutil
    import tempfile

    folder = home / run.name
    if folder.exists():
        raise StoreError(
            f"{folder}: a run of this name exists; choose another with --name, or `fftui resume`"
        )
    made: Path | None = None
    try:
        home.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{run.name}-", dir=home))
        db = sqlite.create(database(made))
        try:
            _fill(db, run)
            if fill is not None:
                fill(db)
        finally:
            db.close()
        made.rename(folder)
    except (OSError, sqlite.Error) as error:
        why = (
            sqlite.explain(error) if isinstance(error, sqlite.Error) else (error.strerror or error)
        )
        raise StoreError(f"{folder}: the run cannot be made: {why}") from None
    finally:
        if made is not None and made.exists():
            shutil.rmtree(made, ignore_errors=True)
    return folder


def _fill(db: Connection, run: NewRun) -> None:
    import uuid

    db.execute("BEGIN IMMEDIATE")
    set_up(db)
    db.execute(
        "INSERT INTO run VALUES (1,?,?,?,?,?,?,?,?,?,?)",
        (uuid.uuid4().hex, run.name, run.created_at, run.seed, run.repeats, TAXONOMY,
         int(run.simulated), run.note, int(run.compress), run.imported),
    )  # fmt: skip
    add_plan(db, run, run.created_at)
    add_scenarios(db, run.scenarios, seed=run.seed, compress=run.compress)
    add_targets(db, run.targets, run.created_at)
    add_graders(db, run.graders, run.created_at)
    db.execute("INSERT INTO engine VALUES (1, NULL, 'starting', '', NULL, NULL, 0)")
    db.execute("COMMIT")


def set_up(db: Connection) -> None:
    """Make the tables of a run in an empty file."""
    db.execute(f"PRAGMA application_id={APPLICATION_ID}")
    for statement in schema():
        db.execute(statement)
    db.execute(f"PRAGMA user_version={SCHEMA_VERSION}")


class WrittenPlan(Protocol):
    """A plan as it is stored: what its author wrote, and what it was understood as."""

    @property
    def by(self) -> str: ...
    @property
    def plan_source(self) -> str: ...
    @property
    def plan_toml(self) -> str: ...
    @property
    def plan_json(self) -> str: ...
    @property
    def plan_sha256(self) -> str: ...
    @property
    def fftui(self) -> str: ...
    @property
    def versions(self) -> Mapping[str, str]: ...
    @property
    def files(self) -> Sequence[SourceFile]: ...


def add_plan(db: Connection, plan: WrittenPlan, at: float) -> int:
    """Append a plan and the files it names; returns its id. The caller owns the transaction."""
    number = db.execute(
        "INSERT INTO plan (at, by, source, toml, resolved, sha256, fftui, versions)"
        " VALUES (?,?,?,?,?,?,?,?) RETURNING id",
        (at, plan.by, plan.plan_source, plan.plan_toml, plan.plan_json, plan.plan_sha256,
         plan.fftui, json.dumps(dict(plan.versions))),
    ).fetchone()[0]  # fmt: skip
    db.executemany(
        "INSERT INTO file (plan, path, role, format, bytes, sha256) VALUES (?,?,?,?,?,?)",
        [(number, f.path, f.role, f.format, f.bytes, f.sha256) for f in plan.files],
    )
    return int(number)


def add_targets(db: Connection, targets: Sequence[Target], at: float) -> None:
    """Append targets. The caller owns the transaction."""
    db.executemany(
        "INSERT INTO target (name, maker, platform, account, spec, added_at) VALUES (?,?,?,?,?,?)",
        [
            (t.name, t.maker, t.endpoint.platform, t.endpoint.account, json.dumps(t.to_dict()), at)
            for t in targets
        ],
    )


def add_graders(
    db: Connection, graders: Sequence[NewGrader], at: float, *, planned: bool = True
) -> None:
    """Append graders; planned ones hear every answer. The caller owns the transaction."""
    db.executemany(
        "INSERT INTO grader (name, kind, version, prompt_sha256, spec, planned, basis, added_at)"
        " VALUES (?,?,?,?,?,?,?,?)",
        [
            (
                g.name,
                g.kind,
                g.version,
                g.prompt_sha256,
                json.dumps(g.spec),
                int(planned),
                int(g.basis),
                at,
            )
            for g in graders
        ],
    )


def add_scenarios(
    db: Connection, scenarios: Collection[Scenario], *, seed: int, compress: bool
) -> None:
    """Append a block of scenarios, in the order given. The caller owns the transaction."""
    first = db.execute("SELECT coalesce(max(id), 0) + 1 FROM scenario").fetchone()[0]
    plan = db.execute("SELECT max(id) FROM plan").fetchone()[0]
    names, benign = set(), 0
    for scenario in scenarios:
        names.add(scenario.family)
        benign += scenario.benign
    db.execute(
        "INSERT INTO block (plan, first, size, seed, benign) VALUES (?,?,?,?,?)",
        (plan, first, len(scenarios), seed, benign),
    )
    db.executemany(
        "INSERT INTO family (name) VALUES (?) ON CONFLICT DO NOTHING", [(n,) for n in sorted(names)]
    )
    families = dict(db.execute("SELECT name, id FROM family").fetchall())
    for number, scenario in enumerate(scenarios, first):
        enc, body = pack(list(scenario.turns), compress=compress)
        db.execute(
            "INSERT INTO scenario VALUES (?,?,?,?,?)",
            (
                number,
                scenario.key,
                families[scenario.family],
                int(scenario.benign),
                turns_sha256(scenario),
            ),
        )
        db.execute("INSERT INTO scenario_text VALUES (?,?,?)", (number, enc, body))


def turns_sha256(scenario: Scenario) -> str:
    """Of what the user says, in hex: by it a scenario is known again."""
    import hashlib

    return hashlib.sha256(json.dumps(scenario.turns).encode()).hexdigest()


def schema() -> list[str]:
    """The statements that make a run's tables, views and indexes."""
    from importlib import resources

    file = resources.files("fftui.store").joinpath("schema", f"{SCHEMA_VERSION:03d}.sql")
    script = file.read_text(encoding="utf-8")
    kept = "\n".join(line.partition("--")[0] for line in script.splitlines())
    return [part.strip() for part in kept.split(";") if part.strip()]


def check(db: Connection, path: Path) -> None:
    """Raise StoreError unless this is a run file that this version can read."""
    if db.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise StoreError(f"{path}: is not a run of fftui")
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version < SCHEMA_VERSION:
        raise StoreError(
            f"{path}: was written by a preview of fftui (schema {version}, this one reads"
            f" {SCHEMA_VERSION}); start the run anew from its plan"
        )
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"{path}: was written by a newer fftui (schema {version}, this one knows"
            f" {SCHEMA_VERSION}); install the newer one"
        )


def find_run(name: str, home: Path) -> Path:
    """The folder of a run given by name or by path; a copy of a run is a file by itself.

    Raises StoreError when there is none.
    """
    places = [home / name, Path(name)]
    for place in places:
        folder = place.parent if place.name == "run.db" else place
        if database(folder).is_file():
            return folder.resolve()
    raise StoreError(
        f"no run {name!r} under {home}/ and no run folder at that path; `fftui` lists what there is"
    )


def run_folders(home: Path) -> list[Path]:
    """Folders of the runs directly under `home`, newest first."""
    if not home.is_dir():
        return []
    found = [p for p in home.iterdir() if not p.name.startswith(".") and database(p).is_file()]
    return sorted(found, key=lambda p: -database(p).stat().st_mtime)


def delete_run(folder: Path) -> None:
    """Delete a run for good. Raises StoreError while its engine lives or if it is no run."""
    if not database(folder).is_file():
        raise StoreError(f"{folder}: is not a run folder")
    if is_held(lock_file(folder)):
        raise StoreError(f"{folder}: its engine is alive; stop the run first")
    import shutil

    shutil.rmtree(folder)
