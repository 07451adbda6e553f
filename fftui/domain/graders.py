"""The graders of a plan."""

from __future__ import annotations

from typing import Literal, Self

from msgspec.structs import replace
from pydantic import Field, model_validator

from fftui.domain.endpoints import DialectName, EndpointPlan, PricePlan
from fftui.domain.parts import Part, Switch, Whole
from fftui.domain.targets import Endpoint

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
