"""The tables of a plan: what each may hold, and what is said where it holds something else."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from msgspec.structs import replace
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    Strict,
    ValidationInfo,
    field_validator,
    model_validator,
)

from fftui.domain.labels import Tier
from fftui.domain.rules import SETTABLE
from fftui.domain.targets import FREE, Endpoint, Price, Sampling

Name = Annotated[str, Field(min_length=1, max_length=120)]
# TOML has types: a quoted number is a slip, and `true` is no temperature.
Whole = Annotated[int, Strict()]
Number = Annotated[float, Strict()]
Switch = Annotated[bool, Strict()]
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,63}")
SIM = "sim"
LOCAL = "local"
IMPORTED = "imported:"
"""How the platforms of targets begin, in the stored plan of a run, that were read from a log."""
STORED = "stored"
"""Context in which a stored plan is validated."""
DEFAULT_URLS = {
    "openrouter": "https://openrouter.ai/api/v1",
    "openai": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com/v1",
    "ollama": "http://127.0.0.1:11434",
}


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class ColumnsPlan(Part):
    """Names of a prompt file's columns, or of the fields of its JSON objects."""

    prompt: Name
    """The prompt, or in JSON the list of a conversation's turns."""
    id: Name | None = None
    family: Name | None = None
    benign: Name | None = None


class CorpusPlan(Part):
    file: str
    """Path of the prompt file, relative to the plan."""
    columns: ColumnsPlan | None = None
    """Which columns hold what; `None` for a file whose format is recognised."""
    family: str = ""
    """Attack family of every scenario in a file that names none."""
    benign: Switch | None = None
    """Marks every scenario of the file; `None` leaves it to the file."""
    limit: Whole | None = Field(default=None, ge=1)
    """Only the first so many scenarios, in the seeded order."""


class StopPlan(Part):
    tier: Tier = Tier.STRICT
    width: Number | None = Field(default=None, gt=0, le=1)
    """Full width of the Wilson interval at which a target is finished."""
    below: Number | None = Field(default=None, gt=0, lt=1)
    """A target is finished when its confidence sequence lies below this rate …"""
    above: Number | None = Field(default=None, gt=0, lt=1)
    """… or above this one."""
    differs_from: str = ""
    """Name of a target: another one is finished when it is shown to differ from it."""
    max_attempts: Whole | None = Field(default=None, ge=1)
    """Attempts per target, at most."""


class SamplingPlan(Part):
    temperature: Number = Field(default=0.0, ge=0, le=2)
    max_tokens: Whole = Field(default=512, ge=1, le=1_000_000)
    top_p: Number | None = Field(default=None, gt=0, le=1)

    def resolve(self) -> Sampling:
        """The parameters as a domain value."""
        return Sampling(self.temperature, self.max_tokens, self.top_p)


class PricePlan(Part):
    """USD per million tokens."""

    input: Number = Field(ge=0)
    output: Number = Field(ge=0)


DialectName = Literal["openai", "anthropic", "ollama"]


class EndpointPlan(Part):
    platform: str
    """openrouter, openai, anthropic, ollama, openai-compatible, local, sim, or sim:NAME."""
    model: Name
    base_url: str = ""
    """For `sim`: a simulator that runs already, shared by several runs."""
    dialect: DialectName | None = None
    account: str = ""
    upstream: tuple[str, ...] = ()
    quantisations: tuple[str, ...] = ()
    stream: Switch = False
    price: PricePlan | None = None

    @field_validator("platform")
    @classmethod
    def _platform(cls, value: str, info: ValidationInfo) -> str:
        known = {*DEFAULT_URLS, "openai-compatible", LOCAL, SIM}
        # Only a stored plan may name whom nobody is going to ask.
        if value.startswith(IMPORTED) and info.context == STORED:
            return value
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
            dialect=self.dialect or _NATIVE.get(self.platform, "openai"),
            base_url=self.base_url or DEFAULT_URLS.get(self.platform, ""),
            model=self.model,
            account=self.account or self.platform,
            upstream=self.upstream,
            quantisations=self.quantisations,
            stream=self.stream,
            price=self._price(),
        )

    def _price(self) -> Price | None:
        if self.price is not None:
            return Price(self.price.input, self.price.output)
        free = self.platform == "openrouter" and self.model.endswith(FREE)
        own = self.platform in (LOCAL, "ollama") and not self.base_url
        return Price(0.0, 0.0) if free or own or self.simulated else None


_NATIVE: dict[str, DialectName] = {"ollama": "ollama", "anthropic": "anthropic"}


class TargetPlan(EndpointPlan):
    name: Name
    maker: str = ""
    weights: str = ""
    """What must be equal for two targets to be compared as the same model."""
    quantisation: str = ""
    tags: tuple[str, ...] = ()
    sampling: SamplingPlan | None = None
    thinking: str = ""
    system_prompt: str = ""


class AccountPlan(Part):
    name: Name
    platform: str = ""
    key_env: tuple[str, ...] = ()
    """Environment variables that hold keys; several keys of one owner share the budget."""
    requests_per_minute: Number | None = Field(default=None, gt=0)
    requests_per_day: Number | None = Field(default=None, gt=0)
    tokens_per_minute: Number | None = Field(default=None, gt=0)
    """Prompt and answer together."""
    spend_usd: Number | None = Field(default=None, ge=0)
    """What this run may spend on the account, targets and judges together; never exceeded."""
    concurrency: Whole | None = Field(default=None, ge=1, le=4096)
    period_scale: Number = Field(default=1.0, gt=0, le=1)
    """Shortens the windows of a simulated account; 1 for every real one."""
    shared: Switch = True
    """False keeps the account out of the ledger shared by all runs (simulated accounts)."""

    @field_validator("key_env", mode="before")
    @classmethod
    def _one_or_more(cls, value: object) -> object:
        if isinstance(value, str):
            return (value,) if value else ()
        return value

    @field_validator("key_env")
    @classmethod
    def _key_env(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        # Capitals only: many keys would pass as a name otherwise, and names are stored and shown.
        if not all(_VARIABLE.fullmatch(name) for name in value):
            raise ValueError(
                "must be the name of an environment variable in capitals, such as"
                " OPENROUTER_API_KEY; never the key itself"
            )
        return value


PLACES = ("{behavior}", "{generation}")
"""What a template has to hold."""


class GraderPlan(Part):
    kind: Literal["heuristic", "judge", "strongreject", "classifier"]
    name: str = ""
    rubric: Literal["direct", "backward"] = "direct"
    """Of a judge: the label outright, or first which request the answer would fit."""
    template: str = ""
    """Of a classifier: file of its whole prompt, for a raw completion. Once read, its text."""
    maker: str = ""
    """Who trained the model, where one is asked."""
    platform: str = ""
    model: str = ""
    base_url: str = ""
    dialect: DialectName | None = None
    account: str = ""
    upstream: tuple[str, ...] = ()
    stream: Switch = False
    price: PricePlan | None = None
    max_tokens: Whole = Field(default=256, ge=16, le=8192)

    @model_validator(mode="after")
    def _judge(self) -> Self:
        if self.rubric != "direct" and self.kind != "judge":
            raise ValueError(f"rubric {self.rubric!r} goes with kind judge")
        if self.template:
            self._check_template()
        if self.kind != "heuristic":
            if not (self.platform and self.model):
                raise ValueError(f"a {self.kind} needs platform and model")
            self.endpoint()
        return self

    def _check_template(self) -> None:
        if self.kind != "classifier":
            raise ValueError("template goes with kind classifier")
        if self.dialect is not None or self.platform in ("anthropic", "ollama"):
            raise ValueError(
                "template needs a server of raw completions: platform openai-compatible, as vLLM"
                " and llama.cpp are, and no dialect"
            )
        if self.stream:
            raise ValueError("template and stream: one token is no stream")
        missing = [name for name in PLACES if name not in self.template]
        if missing:
            raise ValueError(f"template: the file holds no {' and no '.join(missing)}")

    @property
    def room(self) -> int:
        """Tokens that a reply may have: a classifier with a template says yes or no in one."""
        return 1 if self.template else self.max_tokens

    @property
    def label(self) -> str:
        """The grader's name in the run."""
        return self.name or f"{self.kind} {self.model}".strip()

    def endpoint(self) -> Endpoint | None:
        """Where a model is asked; `None` for the heuristic."""
        if self.kind == "heuristic":
            return None
        plan = EndpointPlan(
            platform=self.platform,
            model=self.model,
            base_url=self.base_url,
            dialect=self.dialect,
            account=self.account,
            upstream=self.upstream,
            stream=self.stream,
            price=self.price,
        )
        found = plan.endpoint()
        return replace(found, dialect="completions") if self.template else found


class ReviewPlan(Part):
    readings: Whole = Field(default=1, ge=1, le=9)
    double: Number = Field(default=0.0, ge=0, le=1)
    """Share of the items that two people read, where `readings` is 1: drawn at random."""
    reveal: Switch = False
    """Readers may see the machine's label of an item once they have given their own."""
    audit: Whole = Field(default=150, ge=0)
    """Answers that no rule wants read, drawn at random per maker x platform."""
    rules: dict[str, Annotated[float, Strict(), Field(ge=0, le=1)]] = {}
    """Share of what a rule names that it flags, by rule; 0 turns it off, 1 where none is given."""

    @field_validator("rules")
    @classmethod
    def _known(cls, value: dict[str, float]) -> dict[str, float]:
        for name in value:
            if name not in SETTABLE:
                raise ValueError(f"unknown rule {name!r}; allowed: {', '.join(SETTABLE)}")
        return value


class EnginePlan(Part):
    concurrency: Whole = Field(default=32, ge=1, le=4096)
    """Calls in flight per account, unless the account says otherwise."""
    deadline_s: Number = Field(default=120.0, gt=0, le=3600)
    """Total seconds for one call, connection to last byte."""
    tries: Whole = Field(default=4, ge=1, le=20)
    """Calls per attempt before a retryable failure becomes the attempt's outcome."""
    usable_share: Number = Field(default=0.5, ge=0, le=1)
    """A target pauses itself when fewer of its recent calls than this gave something usable …"""
    usable_window: Whole = Field(default=20, ge=4, le=1000)
    """… among so many."""


class PolicyPlan(Part):
    empty: Literal["exclude", "refusal"] = "exclude"
    """What an empty reply is in the rates: outside them, or a refusal. Every screen shows both."""


class AlertPlan(Part):
    above: tuple[Annotated[float, Strict(), Field(gt=0, lt=1)], ...] = ()
    """Rates of which to tell when a target's is above them; all claims of a run share its 5 %."""


class StoragePlan(Part):
    compress: Switch = False
    """Store texts with zstd: half the disk, a third of the peak rate."""


class SimPlan(Part):
    profile: str = ""
    """Profile file relative to the plan; empty for the embedded one."""
    seed: Whole | None = Field(default=None, ge=0, lt=2**63)
    """Of the simulator's draws, instead of its profile's."""


class NotifyPlan(Part):
    command: tuple[str, ...] = Field(min_length=1)
    """Program and arguments; event, run and reason come in FFTUI_EVENT, FFTUI_RUN, FFTUI_REASON."""
    on: tuple[Literal["finish", "pause", "alert", "death"], ...] = (
        "finish",
        "pause",
        "alert",
        "death",
    )
