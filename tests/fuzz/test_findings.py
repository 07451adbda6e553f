"""Past findings: what once broke a reader, given to it again."""

from __future__ import annotations

import time
import tomllib
from pathlib import Path
from typing import Any

import pytest

from fftui.domain.plan import PlanError, load_plan
from fftui.domain.verdicts import Unusable, Verdict
from fftui.grading.judge import parse
from fftui.platforms.dialect import dialect
from fftui.platforms.wire import HttpReply
from fftui.store.commands import KINDS
from fftui.text import clean, line, mask
from tests.platforms.test_hostile import storable
from tests.text.test_text import breach

FOUND = tomllib.loads(Path(__file__).with_name("findings.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "finding", FOUND["finding"], ids=lambda f: f"{f['into']}: {f['what']}"[:60]
)
def test_it_does_not_break_again(finding: dict[str, Any], tmp_path: Path) -> None:
    text = finding["text"].replace("1BIG", "1" * 5000) * finding.get("times", 1)
    begin = time.perf_counter()
    match finding["into"]:
        case "judge":
            assert isinstance(parse(text), Verdict | Unusable)
        case "reply":
            for name in ("openai", "anthropic", "ollama"):
                assert storable(dialect(name).outcome(HttpReply(200, {}, text.encode(), 0.0)))
        case "plan":
            plan = tmp_path / "plan.toml"
            plan.write_text(text)
            with pytest.raises(PlanError) as caught:
                load_plan(plan)
            assert "sk-sentinel-0123456789abcdef" not in str(caught.value)
        case "text":
            for shown in (clean(text), mask(text), line(text, 200)):
                assert not breach(shown)
                assert len(shown) < 200_000
        case "command":
            assert text not in KINDS  # what an engine does with it: tests/fuzz/test_commands.py
    assert time.perf_counter() - begin < 5.0
