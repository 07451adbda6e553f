"""Escape payloads of the kinds that terminals, pagers and chat clients were attacked with.

Every one carries the mark `owned`, so what became of it can be found. They say nothing; what
matters is the bytes around the mark. Kinds follow ECMA-48 and the sequences known to xterm, VTE,
kitty, iTerm2, screen and tmux, in 7-bit and 8-bit form, whole, nested, unterminated and split.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

MARK = "owned"
ESC, BEL, CAN, SUB = "\x1b", "\x07", "\x18", "\x1a"
ST, ST8 = "\x1b\\", "\x9c"
_STRINGS = {"OSC": ("\x1b]", "\x9d"), "DCS": ("\x1bP", "\x90"), "APC": ("\x1b_", "\x9f"),
            "PM": ("\x1b^", "\x9e"), "SOS": ("\x1bX", "\x98")}  # fmt: skip
_OSC = (
    "0;owned", "1;owned", "2;owned", "4;1;rgb:ff/00/00", "7;file://host/owned", "8;;http://owned/",
    "8;id=1;javascript:owned", "9;owned", "9;4;1;50", "10;?", "11;#000000", "12;?", "22;owned",
    "50;owned", "52;c;b3duZWQ=", "52;p;b3duZWQ=", "52;c;?", "104", "133;A", "133;C;owned",
    "777;notify;owned;owned", "1337;File=inline=1:b3duZWQ=", "1337;SetUserVar=owned=b3duZWQ=",
    "1337;CopyToClipboard=owned", "5522;type=read:owned", "99;i=1;owned", "633;E;owned", "L;owned",
    "l;owned", "I;owned",
)  # fmt: skip
_DCS = ("+q6f776e6564", "$qm", "1$r0m", "tmux;\x1b\x1b]52;c;b3duZWQ=\x07", "q#0;2;0;0;0owned",
        "1000p%owned", "0;1|17/6f776e6564")  # fmt: skip
_APC = ("Ga=T,f=100;b3duZWQ=", "owned", "Gi=1,a=q;AAAA")
_CSI_FINALS = "@ABCDEFGHIJKLMPSTXZ`abcdefghilmnpqrstuvwxyz{|}~"
_CSI = ("2J", "3J", "?1049h", "?1049l", "?25l", "?2004h", "?1000h", "?1003h", "?2026h", "6n", "c",
        ">c", "=c", "18t", "21t", "22;0t", "8;1;1t", "5i", "4i", "!p", "?69h", "999;999H", "31;5m",
        "38;2;1;2;3m", "20h", "?5h", "1;1r", ">4;2m", "?u", "=31u", "5n", "?15n", "0x", "1000b",
        "999999999A", "?1047$p", "61\"p", "1 q", "1;2'z", "2*x", "1;1;5;5$z")  # fmt: skip
_TWO = "78=>cDEHMNOVWZlmno|}~6#8%G%@(0(B)0*0+0 F G#3#4#5#6"
_BIDI = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c"
_HIDING = (
    "\u200b\u200c\u200d\u2060\u2061\u2062\u2063\u2064\ufeff\u00ad\u034f\u115f\u1160\u17b4\u17b5"
    "\u180e\u3164\uffa0\ufe00\ufe0f\U000e0100\U000e0001\U000e0041\U000e007f\u2028\u2029\ufff9"
    "\ufffa\ufffb\ufffe\uffff\ue000\U000f0000\U0010fffd\U0001d173\u0378"
)
_MARKUP = (
    "[/nope]owned", "[@click=app.quit]owned[/]", "[bold red]owned[/bold red]", "[link=file:///]owned",
    "[owned", "owned]", "\\[owned]", "[[owned]]", "[/]owned", "[@click=app.bell()]owned[/@click]",
    "[$error]owned[/]", "[on red]owned", "[b]owned[/i]", "[#zzzzzz]owned[/]", "[=]owned", "[]owned",
    "<script>owned()</script>", "<img src=x onerror=owned>", "</td></table><h1>owned",
    "&lt;b&gt;owned", "![owned](http://owned/x.png)", "[owned](javascript:owned)",
    "| owned | cell |\n|---|", "`owned`", "# owned", "<a href='javascript:owned'>owned</a>",
)  # fmt: skip


def payloads() -> list[str]:
    """At least 500, all different."""
    return list(dict.fromkeys(_all()))


def _all() -> Iterator[str]:
    bodies = {"OSC": _OSC, "DCS": _DCS, "APC": _APC, "PM": ("owned",), "SOS": ("owned",)}
    for kind, (seven, eight) in _STRINGS.items():
        for body in bodies[kind]:
            for start, end in ((seven, ST), (seven, BEL), (eight, ST8), (seven, ""), (eight, BEL)):
                yield f"{start}{body}{end}{MARK}"
            yield f"{seven}{body[:2]}\n{body[2:]}{ST}{MARK}"
            yield f"{seven}{body}{CAN}{MARK}"
            yield f"{seven}{seven}{body}{ST}{ST}{MARK}"
    for body in _CSI:
        for start in (f"{ESC}[", "\x9b", f"{ESC}{ESC}["):
            yield f"{start}{body}{MARK}"
    for final in _CSI_FINALS:
        yield f"{ESC}[1;2{final}{MARK}"
    for at in range(len(_TWO)):
        yield f"{ESC}{_TWO[at]}{MARK}"
    for code in (*range(0x20), 0x7F, *range(0x80, 0xA0)):
        yield f"a{chr(code)}{MARK}"
        yield f"{chr(code)}{chr(code)}[31m{MARK}"
    for char in _BIDI:
        yield f"{MARK}{char}gnp.exe"
    yield f"{_BIDI}{MARK}"
    for char in _HIDING:
        yield f"o{char}wned {MARK}"
    for base in ("a", " ", "\u4e2d", "\U0001f600", "[", "\n"):
        yield base + "\u0335" * 2000 + MARK
        yield base + "\u200d".join(["\U0001f469"] * 200) + MARK
    for lone in ("\ud800", "\udfff", "\ud83d", "\ude00"):
        yield f"{lone}{MARK}"
    yield from _MARKUP
    yield f"{ESC}]0;{'A' * 5000}{MARK}"
    yield f"{'x' * 5000}{ESC}[2J{MARK}"
    yield f"{MARK}\r\x1b[K\x1b[1Afaked line"
    yield f"{MARK}\b\b\b\b\bclean"
    yield f"{MARK}{ESC}"
    yield f"{ESC}[{MARK}"
    yield f"{ESC}]{MARK}"
    yield f"\\x1b[31m{MARK} \\033[0m \\u001b[0m ^[[31m"


def one_of_each_category() -> list[str]:
    """The first and the last code point of every general category of Unicode."""
    found: dict[str, list[str]] = {}
    for code in range(0x110000):
        found.setdefault(unicodedata.category(chr(code)), []).append(chr(code))
    return [char for chars in found.values() for char in dict.fromkeys((chars[0], chars[-1]))]
