"""Untrusted text is shown, never obeyed."""

from __future__ import annotations

import copy
import pickle
import unicodedata
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from fftui.text import GLYPH, MAX_JOINED, MAX_MARKS, Shown, cell_width, clean, line, mask

if TYPE_CHECKING:
    from collections.abc import Iterator

ESCAPED = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
FORBIDDEN = {
    char
    for char in map(chr, range(0x110000))
    if unicodedata.category(char) in ESCAPED or "\ufe00" <= char <= "\ufe0f"
} - {"\n"}
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
EMOJI = [
    FAMILY,
    "\u2764\ufe0f\u200d\U0001f525",
    "\u2600\ufe0f",
    "1\ufe0f\u20e3",
    "\U0001f44d\U0001f3fd",
]
NASTY = (
    "a \n\t\r\x1b\x9b\u202e\u200d\ufe0f\u0301\U0001f3fd\U000e0041\ud800"
    "\u4e2d\u2764#\u20e3\u26f9\u2640"
)
hostile = st.lists(
    st.sampled_from([*NASTY, *EMOJI, "word ", "\r\n"])
    | st.characters()
    | st.characters(categories=["Cs"]),
    max_size=60,
).map("".join)


def every_code_point() -> Iterator[list[str]]:
    """All of them but the newline, in blocks: one call each would take a minute."""
    for start in range(0, 0x110000, 0x1000):
        yield [chr(code) for code in range(start, start + 0x1000) if code != 0x0A]


def breach(shown: str) -> str:
    """The first character that must never be shown, or nothing."""
    for at, char in enumerate(shown):
        if char == "\n" or unicodedata.category(char) not in ESCAPED:
            continue
        joins = char == "\u200d" and 0 < at < len(shown) - 1
        if joins and cell_len(shown[at - 1]) + (shown[at - 1] in "\ufe0f\U0001f3fd") > 0:
            continue
        return char
    return ""


def test_no_code_point_gets_through_by_itself_or_between_letters() -> None:
    for block in every_code_point():
        alone = [char for char in block if char != "\r"]
        shown = clean("b\n".join(alone), max_chars=10**6)
        assert not FORBIDDEN & set(shown)
        for char, row in zip(alone, (shown + "b").split("\n"), strict=True):
            if unicodedata.category(char) in ESCAPED - {"Cc"}:
                assert row == f"⟨U+{ord(char):04X}⟩b"
            else:
                assert row.endswith("b")
                assert len(row) > 1
        # Beyond these lie nothing but unassigned and private code points, treated alike.
        if block[0] < "\U00030000" or block[0] == "\U000e0000":
            between = "b".join(block)
            assert not FORBIDDEN & set(line(between, 10**6))
            assert not FORBIDDEN & set(mask(between))


def test_no_code_point_is_measured_otherwise_than_by_the_renderer() -> None:
    for block in every_code_point():
        for row in clean("\u0301a\n".join(block), max_chars=10**6).split("\n"):
            if row.startswith("⟨"):
                continue
            assert cell_width(line(row, 80)) == cell_len(row), ascii(row)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x00\x07\x08\x1b\x7f", "␀␇␈␛␡"),
        ("\x1b]52;c;aGk=\x1b\\", "␛]52;c;aGk=␛\\"),
        ("\x9d52;c;aGk=\x9c", "⟨U+009D⟩52;c;aGk=⟨U+009C⟩"),
        ("a\r\nb\rc\n", "a\nb␍c\n"),
        ("x\ty\tz", "x   y   z"),
        ("\ttab", "    tab"),
        ("user\u202etxt.exe", "user⟨U+202E⟩txt.exe"),
        ("a\u200bb\ufeffc", "a⟨U+200B⟩b⟨U+FEFF⟩c"),
        ("\U000e0041\ue000\U0010ffff\ud83d", "⟨U+E0041⟩⟨U+E000⟩⟨U+10FFFF⟩⟨U+D83D⟩"),
        ("a\u2028b\u2029", "a⟨U+2028⟩b⟨U+2029⟩"),
        ("e\u0301", "e\u0301"),
        ("\u0301e", "◌\u0301e"),
        ("a\n\u0301", "a\n◌\u0301"),
        ("z" + "\u0335" * 5000, "z" + "\u0335" * 3 + "⟨+4997 marks⟩"),
        ("a\u200db", "a⟨U+200D⟩b"),
        ("a\ufe0f", "a⟨U+FE0F⟩"),
        ("\U0001f3fd", "⟨U+1F3FD⟩"),
        ("x\U000e0100", "x⟨U+E0100⟩"),
        ("[/nope][@click=app.quit]x[/]", "[/nope][@click=app.quit]x[/]"),
    ],
)
def test_known_payloads(raw: str, shown: str) -> None:
    assert clean(raw) == shown


@pytest.mark.parametrize("emoji", EMOJI)
def test_emoji_are_kept_whole(emoji: str) -> None:
    assert clean(f"a{emoji}b") == f"a{emoji}b"
    assert line(f"a{emoji}b", 4) == f"a{emoji}b"
    assert line(f"a{emoji}b", 2) == "a…"


def test_a_joined_sequence_cannot_grow_without_end() -> None:
    shown = clean("\u200d".join(["\U0001f600"] * 1000))
    assert max(part.count("\u200d") for part in shown.split("⟨U+200D⟩")) == MAX_JOINED - 1


@settings(max_examples=400)
@given(hostile, st.integers(1, 40))
def test_what_is_shown_is_safe_and_measured_as_the_renderer_does(text: str, width: int) -> None:
    shown = clean(text)
    assert not breach(shown)
    for row in shown.split("\n"):
        assert cell_width(clean(row)) == cell_len(row)
        marks = 0
        for char in row:
            marks = marks + 1 if unicodedata.category(char)[0] == "M" and char != "\ufe0f" else 0
            assert marks <= MAX_MARKS + 1
    row = line(text, width)
    assert "\n" not in row
    assert cell_len(row) <= width
    assert not breach(row)


@given(hostile)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(str(clean(text))) == clean(text)
    assert clean(clean(text)) is not None
    shown = clean(text)
    assert clean(shown) is shown


@given(hostile, st.integers(1, 60))
def test_a_line_is_cropped_only_when_it_must_be(text: str, width: int) -> None:
    whole = line(text, 10_000)
    row = line(text, width)
    assert (row == whole) == (cell_len(whole) <= width)
    if row != whole:
        assert row.endswith("…")
        assert whole.startswith(row[:-1])


def test_caps_say_what_is_missing() -> None:
    assert clean("x" * 25_000, max_line=30_000) == "x" * 20_000 + "\n… 5,000 more"
    assert clean("ab\n" + "y" * 2_500) == "ab\n" + "y" * 2_000 + "… 500 more"
    assert clean("\u4e2d" * 10, max_line=7) == "\u4e2d" * 3 + "… 7 more"
    assert clean("abc\x1bdef", max_line=2) == "ab… 5 more"
    assert len(clean("\x1b" * 2_000_000)) < 20_000
    assert len(clean("\u202e" * 2_000_000, max_line=10**9)) <= 8 * 20_000 + 40


def test_line_edges() -> None:
    assert line("", 5) == ""
    assert line("abc", 0) == ""
    assert line("abcdef", 4) == "abc…"
    assert line("abcd", 4) == "abcd"
    assert line("a\nb", 9) == "a␤b"
    assert line("\u4e2d\u4e2d", 3) == "\u4e2d…"
    assert line("\u4e2d\u4e2d", 4) == "\u4e2d\u4e2d"
    assert line("a\tb", 9) == "a b"


def test_shown_cannot_be_made_by_accident() -> None:
    with pytest.raises(TypeError):
        Shown("x")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="clean"):
        Shown("x", object())  # type: ignore[arg-type]
    shown = clean("x")
    assert type(shown[:1]) is str
    assert type(shown + "\x1b") is str
    assert type(copy.deepcopy(shown)) is str
    assert type(pickle.loads(pickle.dumps(shown))) is str  # noqa: S301


def test_mask_keeps_the_shape() -> None:
    raw = "Sure! Here:\n1. First thing\n   b) two\n- three\n```py\nx = 42;\n```\n"
    assert mask(raw) == ("▒▒▒▒! ▒▒▒▒:\n1. ▒▒▒▒▒ ▒▒▒▒▒\n   b) ▒▒▒\n- ▒▒▒▒▒\n```▒▒\n▒ = ▒▒;\n```\n")
    assert mask("I cannot help.") == "▒ ▒▒▒▒▒▒ ▒▒▒▒."
    assert mask("\u4e2de\u0301") == GLYPH * 3
    assert mask("a" * 30, max_line=10) == GLYPH * 10 + "… 20 more"
    assert mask(clean("abc")) == "▒▒▒"


@given(hostile)
def test_mask_shows_no_letter_and_no_digit(text: str) -> None:
    for row in mask(text, max_line=10**9).split("\n"):
        body = row[row.index(" ") :] if row[:1].isalnum() else row
        leading = row.lstrip(" ")
        if leading[:1].isalnum():
            marker, _, body = leading.partition(" ")
            assert marker[-1] in ".)"
            assert len(marker) <= 4
        assert not any(char.isalnum() for char in body)
        assert cell_len(row) == cell_len(row.replace("\u0301", ""))
