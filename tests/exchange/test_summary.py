"""The published study as an imported summary: what follows from it, and what does not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fftui.exchange.conclusions import contrasts, lines, to_json
from fftui.exchange.summary import SummaryError, load_summary
from fftui.resources import shipped
from fftui.tui.home.desk import Desk as HomeDesk
from tests.cli.support import Desk

STUDY = shipped("sample_runs") / "published" / "qwen3_study.toml"


def test_every_contrast_between_the_populations_is_withheld() -> None:
    found = contrasts(load_summary(STUDY))
    assert len(found) == 6
    assert all(contrast.withheld for contrast in found)
    first = found[0]
    assert first.withheld == "different attack mix: full adversarial corpus / direct requests"


def test_the_one_model_on_both_sides_would_not_differ_and_what_would_be_needed_is_told() -> None:
    said = lines(load_summary(STUDY))
    (note,) = [text for text in said if "on both sides" in text]
    assert "1785/7470 against 0/10: would not differ even crudely (Fisher p 0.131" in note
    (needed,) = [text for text in said if "usable answers a side" in text]
    assert "240 for 10 points" in needed


def test_pooled_and_macro_stand_side_by_side_and_the_pool_has_no_interval() -> None:
    (legacy, free, limited, others) = to_json(load_summary(STUDY))["populations"]
    assert round(legacy["provider"]["pooled"] * 100, 1) == 39.0
    assert round(legacy["provider"]["macro"]["rate"] * 100, 1) == 58.3
    assert isinstance(legacy["provider"]["pooled"], float)
    assert free["provider"]["n"] == 131
    assert limited["provider"] is None
    assert others["published"] == ["Anthropic 3.7 %", "Google 9.1 %", "Nvidia 40.0 %"]


def test_nothing_is_shown_as_safe() -> None:
    said = lines(load_summary(STUDY))
    assert any("Qwen3-4B: 0/10 = 0.0 % [0.0, 27.8]: below 27.8 %, not 0" in text for text in said)
    assert any("Qwen3-4B free: no data, 50 attempts, 0 usable" in text for text in said)
    # Two successes among six models say nothing of how models differ.
    assert any("too few models or successes" in text for text in said)


def test_one_mix_is_contrasted(tmp_path: Path) -> None:
    text = STUDY.read_text().replace('mix = "direct requests"', 'mix = "full adversarial corpus"')
    path = tmp_path / "s.toml"
    path.write_text(text)
    study = load_summary(path)
    assert contrasts(study)[0].withheld == ""
    assert "1785/7470 against 0/10: no difference shown" in "\n".join(lines(study))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("successes = 224, n = 344", "successes = 345, n = 344", "cannot be more than n (344)"),
        ("n = 0, attempts = 50", "n = 60, attempts = 50", "cannot be fewer than n (60)"),
        ('name = "legacy"', 'name = "other makers"', "'other makers' is used twice"),
        ("n = 7470", 'n = "7470"', "should be a whole number"),
        ('kind = "summary"', "", "no summary"),
        ("version = 1", "version = ", "not valid TOML"),
    ],
)
def test_a_mistake_is_one_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = tmp_path / "s.toml"
    text = STUDY.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(SummaryError) as error:
        load_summary(path)
    assert said in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_the_command_takes_a_summary_and_names_in_it_are_cleaned(desk: Desk) -> None:
    path = desk.folder / "s.toml"
    path.write_text(STUDY.read_text().replace('"Qwen3-8B"', '"\\u001b[31mQ"'))
    done = desk.fftui("compare", "s.toml")
    assert (done.code, done.err) == (0, "")
    assert "\x1b" not in done.out
    data = json.loads(desk.fftui("compare", "s.toml", "--json").out)
    assert len(data["contrasts"]) == 6
    desk.fftui("compare", "nowhere.toml").refused(2, "nowhere.toml: cannot be read")


def test_an_imported_summary_is_kept_and_stands_on_the_home_screen(desk: Desk) -> None:
    (desk.folder / "study.toml").write_bytes(STUDY.read_bytes())
    done = desk.fftui("import", "study.toml", "--name", "qwen")
    kept = desk.runs / "summaries" / "qwen.toml"
    assert (done.code, done.out.strip()) == (0, str(kept)), done.err
    assert kept.read_bytes() == STUDY.read_bytes()
    assert kept.stat().st_mode & 0o077 == 0
    (sample,) = [one for one in HomeDesk().samples() if one.plan == kept]
    assert (sample.title, HomeDesk().is_summary(kept)) == ("qwen (counts)", True)
    assert desk.fftui("compare", str(kept)).code == 0
    desk.fftui("import", "study.toml", "--name", "qwen").refused(2, "exists already")
    (desk.folder / "bad.toml").write_text("kind = 'summary'")
    desk.fftui("import", "bad.toml").refused(2, "bad.toml: ", lines=3)
    desk.fftui("import", "plan.toml").refused(2, "a plan is not compared")
    assert [path.name for path in kept.parent.iterdir()] == ["qwen.toml"]
    assert desk.fftui("status").code == 0
