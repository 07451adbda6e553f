"""`RunPlan`: what a run is to do, read from TOML.

Each mistake becomes one line that names the file, the field, what is wrong and what is allowed.
"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    Strict,
    ValidationError,
    field_validator,
    model_validator,
)

from fftui.domain.labels import Tier
from fftui.domain.mistakes import lines_of
from fftui.domain.targets import Endpoint, Sampling, Target

Name = Annotated[str, Field(min_length=1, max_length=120)]
# TOML has types: a quoted number is a slip, and `true` is no temperature.
Whole = Annotated[int, Strict()]
Number = Annotated[float, Strict()]
Switch = Annotated[bool, Strict()]
RUN_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
RUN_NAME_LONGEST = 80
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,63}")
SIM = "sim"
LOCAL = "local"
DEFAULT_URLS = {
    "openrouter": "https://openrouter.ai/api/v1",
    "openai": "https://api.openai.com/v1",
    "ollama": "http://127.0.0.1:11434",
}


class PlanError(ValueError):
    """A plan that cannot be run. `str()` is one or more finished lines for the person."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class CorpusPlan(_Part):
    file: str
    """Path of the prompt file, relative to the plan."""
    family: str = ""
    """Attack family of every scenario in a file that names none."""
    benign: Switch | None = None
    """Marks every scenario of the file; `None` leaves it to the file."""
    limit: Whole | None = Field(default=None, ge=1)
    """Only the first so many scenarios, in the seeded order."""


class StopPlan(_Part):
    tier: Tier = Tier.STRICT
    width: Number | None = Field(default=None, gt=0, le=1)
    """Full width of the Wilson interval at which a target is finished."""
    max_attempts: Whole | None = Field(default=None, ge=1)
    """Attempts per target, at most."""


class SamplingPlan(_Part):
    temperature: Number = Field(default=0.0, ge=0, le=2)
    max_tokens: Whole = Field(default=512, ge=1, le=1_000_000)
    top_p: Number | None = Field(default=None, gt=0, le=1)

    def resolve(self) -> Sampling:
        """The parameters as a domain value."""
        return Sampling(self.temperature, self.max_tokens, self.top_p)


class _EndpointPlan(_Part):
    platform: str
    """openrouter, openai, ollama, openai-compatible, local, sim, or sim:NAME."""
    model: Name
    base_url: str = ""
    dialect: Literal["openai", "ollama"] | None = None
    account: str = ""
    upstream: tuple[str, ...] = ()

    @field_validator("platform")
    @classmethod
    def _platform(cls, value: str) -> str:
        known = {*DEFAULT_URLS, "openai-compatible", LOCAL, SIM}
        if value not in known and not (value.startswith("sim:") and len(value) > 4):
            raise ValueError(
                f"unknown platform {value!r}; allowed: {', '.join(sorted(known))}, sim:NAME"
            )
        return value

    @field_validator("base_url")
    @classmethod
    def _base_url(cls, value: str) -> str:
        try:
            parts = urlsplit(value)
            usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:
            usable = False
        if value and not usable:
            raise ValueError("must be an http:// or https:// address")
        if parts.username or parts.password:
            raise ValueError(
                "must hold no user name or password; keys belong to an account's key_env"
            )
        return value.rstrip("/")

    @model_validator(mode="after")
    def _has_url(self) -> Self:
        if self.platform == "openai-compatible" and not self.base_url:
            raise ValueError("platform openai-compatible needs base_url")
        return self

    @property
    def simulated(self) -> bool:
        return self.platform == SIM or self.platform.startswith("sim:")

    def endpoint(self) -> Endpoint:
        """The address of calls; its base URL is empty where the engine starts the server."""
        return Endpoint(
            platform=self.platform,
            dialect=self.dialect or ("ollama" if self.platform == "ollama" else "openai"),
            base_url=self.base_url or DEFAULT_URLS.get(self.platform, ""),
            model=self.model,
            account=self.account or self.platform,
            upstream=self.upstream,
        )


class TargetPlan(_EndpointPlan):
    name: Name
    maker: str = ""
    weights: str = ""
    """What must be equal for two targets to be compared as the same model."""
    quantisation: str = ""
    tags: tuple[str, ...] = ()
    sampling: SamplingPlan | None = None
    thinking: str = ""
    system_prompt: str = ""


class AccountPlan(_Part):
    name: Name
    platform: str = ""
    key_env: str = ""
    """Name of the environment variable that holds the key."""
    requests_per_minute: Number | None = Field(default=None, gt=0)
    requests_per_day: Number | None = Field(default=None, gt=0)
    concurrency: Whole | None = Field(default=None, ge=1, le=4096)
    period_scale: Number = Field(default=1.0, gt=0, le=1)
    """Shortens the windows of a simulated account; 1 for every real one."""
    shared: Switch = True
    """False keeps the account out of the ledger shared by all runs (simulated accounts)."""

    @field_validator("key_env")
    @classmethod
    def _key_env(cls, value: str) -> str:
        # Capitals only: many keys would pass as a name otherwise, and names are stored and shown.
        if value and not _VARIABLE.fullmatch(value):
            raise ValueError(
                "must be the name of an environment variable in capitals, such as"
                " OPENROUTER_API_KEY; never the key itself"
            )
        return value


class GraderPlan(_Part):
    kind: Literal["heuristic", "judge"]
    name: str = ""
    platform: str = ""
    model: str = ""
    base_url: str = ""
    dialect: Literal["openai", "ollama"] | None = None
    account: str = ""
    max_tokens: Whole = Field(default=256, ge=16, le=8192)

    @model_validator(mode="after")
    def _judge(self) -> Self:
        if self.kind == "judge":
            if not (self.platform and self.model):
                raise ValueError("a judge needs platform and model")
            self.endpoint()
        return self

    @property
    def label(self) -> str:
        """The grader's name in the run."""
        return self.name or ("heuristic" if self.kind == "heuristic" else f"judge {self.model}")

    def endpoint(self) -> Endpoint | None:
        """Where the judge is asked; `None` for the heuristic."""
        if self.kind == "heuristic":
            return None
        plan = _EndpointPlan(
            platform=self.platform,
            model=self.model,
            base_url=self.base_url,
            dialect=self.dialect,
            account=self.account,
        )
        return plan.endpoint()


class ReviewPlan(_Part):
    readings: Whole = Field(default=1, ge=1, le=9)
    audit: Whole = Field(default=150, ge=0)
    """Machine refusals drawn at random for reading, per maker x platform."""


class EnginePlan(_Part):
    concurrency: Whole = Field(default=32, ge=1, le=4096)
    """Calls in flight per account, unless the account says otherwise."""
    deadline_s: Number = Field(default=120.0, gt=0, le=3600)
    """Total seconds for one call, connection to last byte."""
    tries: Whole = Field(default=4, ge=1, le=20)
    """Calls per attempt before a retryable failure becomes the attempt's outcome."""


class StoragePlan(_Part):
    compress: Switch = False
    """Store texts with zstd: half the disk, a third of the peak rate."""


class SimPlan(_Part):
    profile: str = ""
    """Profile file relative to the plan; empty for the embedded one."""
    seed: Whole | None = Field(default=None, ge=0, lt=2**63)
    """Of the simulator's draws, instead of its profile's."""


class NotifyPlan(_Part):
    command: tuple[str, ...] = Field(min_length=1)
    """Program and arguments; event, run and reason come in FFTUI_EVENT, FFTUI_RUN, FFTUI_REASON."""
    on: tuple[Literal["finish", "pause", "alert", "death"], ...] = (
        "finish",
        "pause",
        "alert",
        "death",
    )


class RunPlan(_Part):
    version: Literal[1]
    name: Annotated[str, Field(min_length=1, max_length=RUN_NAME_LONGEST, pattern=RUN_NAME)]
    """Also the name of the run's folder, unless `--name` gives another."""
    seed: Whole = Field(ge=0, lt=2**63)
    repeats: Whole = Field(default=1, ge=1, le=1000)
    note: str = ""
    """A sentence that every screen of the run shows, such as a caveat."""
    corpus: tuple[CorpusPlan, ...] = Field(min_length=1)
    targets: tuple[TargetPlan, ...] = Field(min_length=1)
    accounts: tuple[AccountPlan, ...] = ()
    graders: tuple[GraderPlan, ...] = Field(default=(GraderPlan(kind="heuristic"),), min_length=1)
    stop: StopPlan = StopPlan()
    sampling: SamplingPlan = SamplingPlan()
    review: ReviewPlan = ReviewPlan()
    engine: EnginePlan = EnginePlan()
    storage: StoragePlan = StoragePlan()
    sim: SimPlan = SimPlan()
    notify: NotifyPlan | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _unique("targets", [t.name for t in self.targets])
        _unique("graders", [g.label for g in self.graders])
        _unique("accounts", [a.name for a in self.accounts])
        return self

    @property
    def simulated(self) -> bool:
        """Any answer or verdict of the run comes from the simulated platform."""
        judges = [g.endpoint() for g in self.graders]
        places = [t.platform for t in self.targets] + [e.platform for e in judges if e]
        return any(p == SIM or p.startswith("sim:") for p in places)

    def resolved_targets(self) -> tuple[Target, ...]:
        """The targets with the plan's defaults filled in."""
        return tuple(
            Target(
                name=t.name,
                endpoint=t.endpoint(),
                maker=t.maker,
                weights=t.weights or t.model,
                quantisation=t.quantisation,
                tags=t.tags,
                sampling=(t.sampling or self.sampling).resolve(),
                thinking=t.thinking,
                system_prompt=t.system_prompt,
            )
            for t in self.targets
        )

    def account(self, name: str) -> AccountPlan:
        """The plan's account of that name, or one without limits."""
        for account in self.accounts:
            if account.name == name:
                return account
        return AccountPlan(name=name, shared=not (name == SIM or name.startswith("sim:")))

    def to_json(self) -> str:
        """The plan with all defaults, as it is stored with the run."""
        return self.model_dump_json()

    @classmethod
    def from_json(cls, text: str) -> RunPlan:
        """A stored plan. Raises PlanError when another version of fftui wrote it otherwise."""
        return _validated(json.loads(text), "stored plan")


def _unique(field: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{field}: the name {name!r} is used twice")


def load_plan(path: Path) -> RunPlan:
    """Read a plan.

    Raises PlanError with one line per mistake: file, field, what is wrong, what is allowed.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PlanError(f"{path}: no such file; `fftui init` writes a plan to start from") from None
    except (OSError, UnicodeDecodeError) as error:
        raise PlanError(f"{path}: cannot be read: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise PlanError(f"{path}: not valid TOML: {error}") from None
    return _validated(data, str(path))


def _validated(data: dict[str, Any], source: str) -> RunPlan:
    try:
        return RunPlan.model_validate(data)
    except ValidationError as error:
        raise PlanError("\n".join(lines_of(error, RunPlan, source))) from None
