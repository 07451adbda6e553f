"""The mutations, read from the TOML files beside this module.

[[mutant]]
name = "what is taken out, in a few words"
file = "fftui/store/writer.py"
edits = [["what stands there exactly once", "what stands there instead"]]
test = "tests/store/test_writer.py::test_that_must_go_red"
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Mutant:
    """A guard that is taken out, and the test that must go red for it."""

    name: str
    file: str
    edits: tuple[tuple[str, str], ...]
    test: str
    """A pytest node id, or several separated by blanks, any of which may go red."""
    area: str
    """The file of the catalogue it stands in."""

    def problem(self, root: Path) -> str:
        """Why it cannot be applied to the tree any more; empty when it can."""
        path = root / self.file
        if not path.is_file():
            return f"{self.file}: no such file"
        text = path.read_text(encoding="utf-8")
        for search, replace in self.edits:
            if text.count(search) != 1:
                return f"{self.file}: {search!r} stands there {text.count(search)} times, not once"
            if search == replace:
                return f"{self.file}: {search!r} is replaced by itself"
        missing = [t for t in self.test.split() if not (root / t.partition("::")[0]).exists()]
        return f"{missing[0]}: no such test" if missing else ""

    def apply(self, root: Path) -> str:
        """Write it into the tree; returns the text that stood there before."""
        path = root / self.file
        before = after = path.read_text(encoding="utf-8")
        for search, replace in self.edits:
            after = after.replace(search, replace)
        path.write_text(after, encoding="utf-8")
        return before


def catalogue() -> list[Mutant]:
    """All mutations, by area and in the order of their files."""
    found = []
    for path in sorted(HERE.glob("*.toml")):
        for row in tomllib.loads(path.read_text(encoding="utf-8"))["mutant"]:
            edits = tuple((search, replace) for search, replace in row["edits"])
            found.append(Mutant(row["name"], row["file"], edits, row["test"], path.stem))
    return found
