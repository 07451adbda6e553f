"""Profiles: the shipped ones hold, and each mistake is one line that says what is allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fftui.domain.labels import Label
from fftui.simulate.loading import ProfileError, load_profile, parse_profile, shipped_profile

if TYPE_CHECKING:
    from pathlib import Path

PLATFORM = '[[platforms]]\nname = "a"\n'
MODEL = '[[models]]\nname = "m"\n[models.families.default]\nREFUSAL = 1.0\n'


def test_the_default_profile_is_what_the_demonstration_needs() -> None:
    profile = load_profile()
    assert [p.name for p in profile.platforms] == ["ollama", "direct", "router", "free"]
    assert len(profile.models) == 4
    asr = [
        family.probability(Label.COMPLIANCE)
        for model in profile.models
        for name, family in model.families.items()
        if name != "benign"
    ]
    assert min(asr) == 0
    assert max(asr) == pytest.approx(0.6)
    for model in profile.models:
        assert {"direct", "persona", "format-lock", "multi-turn", "benign"} < set(model.families)
        assert model.latency_s["COMPLIANCE"] >= 2.9 * model.latency_s["REFUSAL"]
    assert (profile.judges[0].sensitivity, profile.judges[0].specificity) == (0.92, 0.97)


def test_the_benchmark_profile_is_constant() -> None:
    profile = shipped_profile("constant")
    assert profile.models[0].latency_s == {"default": 0.0}
    assert all(platform.limits.kind == "none" for platform in profile.platforms)


def test_another_seed_leaves_the_rest() -> None:
    profile = load_profile()
    assert profile.with_seed(None) is profile
    assert profile.with_seed(3).seed == 3
    assert profile.with_seed(3).models == profile.models


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[[", "p.toml: not valid TOML"),
        (MODEL, "p.toml: platforms: is missing"),
        (PLATFORM, "p.toml: models: is missing"),
        ("sede = 1\n" + PLATFORM + MODEL, "'sede' is not a field here; allowed: seed,"),
        ("period_scale = 2\n" + PLATFORM + MODEL, "period_scale: 2: allowed: less than or equal"),
        ('[[platforms]]\nname = "A b"\n' + MODEL, "platforms[1].name: 'A b': allowed: lower-case"),
        ('[[platforms]]\nname = "ledger"\n' + MODEL, "platforms[1].name: 'ledger' is the address"),
        (PLATFORM + PLATFORM + MODEL, "platforms: the name 'a' is used twice"),
        (PLATFORM + MODEL + MODEL, "models and judges: the name 'm' is used twice"),
        (
            PLATFORM + '[platforms.limits]\nkind = "odd"\n' + MODEL,
            "platforms[1].limits.kind: 'odd': allowed: 'none', 'announced' or 'silent'",
        ),
        (
            PLATFORM + '[platforms.limits]\nkind = "silent"\n' + MODEL,
            "platforms[1].limits: requests_per_minute, requests_per_day and tokens_per_minute go",
        ),
        (
            PLATFORM + '[[platforms.faults]]\nkind = "fire"\n' + MODEL,
            "platforms[1].faults[1].kind: 'fire': allowed: 'http_500'",
        ),
        (
            PLATFORM + '[[platforms.faults]]\nkind = "hang"\nfrom_call = 3\nto_call = 2\n' + MODEL,
            "platforms[1].faults[1]: to_call 2 comes before from_call 3",
        ),
        (
            PLATFORM + MODEL.replace("1.0", "0.9"),
            "models[1].families.default: the labels' probabilities sum to 0.9; allowed: exactly 1",
        ),
        (
            PLATFORM + MODEL.replace(".default", ".persona"),
            "models[1].families: has no 'default' family",
        ),
        (
            PLATFORM + MODEL.replace("[models.", "tokens = { COMPLY = 3, default = 2 }\n[models."),
            "models[1].tokens: 'COMPLY' is not a label; allowed: default, COMPLIANCE",
        ),
        (
            PLATFORM + MODEL.replace("[models.", "latency_s = { REFUSAL = 3 }\n[models."),
            "models[1].latency_s: needs 'default' or each of",
        ),
        (
            PLATFORM + MODEL.replace("[models.", 'platforms = ["b"]\n[models.'),
            "m: no platform 'b'; allowed: a",
        ),
        (
            PLATFORM + MODEL + '[[judges]]\nname = "j"\nsensitivity = 1.5\n',
            "judges[1].sensitivity: 1.5: allowed: less than or equal to 1",
        ),
    ],
)
def test_each_mistake_is_one_line(text: str, line: str) -> None:
    with pytest.raises(ProfileError) as caught:
        parse_profile(text, "p.toml")
    said = str(caught.value)
    assert said.startswith("p.toml: ")
    assert line in said
    assert "\n" not in said


def test_a_file_that_is_not_there_or_not_text(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="no such file"):
        load_profile(tmp_path / "none.toml")
    with pytest.raises(ProfileError, match="cannot be read"):
        load_profile(tmp_path)
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ProfileError, match="cannot be read"):
        load_profile(tmp_path / "bytes.toml")
