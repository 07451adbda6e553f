"""`make lint` finds a widget that is fed with text which nobody cleaned."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
HEAD = """
from textual.content import Content
from textual.widgets import Label, Static
from rich.text import Text
from fftui.text import clean, line
class Own(Static): ...
def show(answer: str, count: int, own: Own, more: list[str]) -> None:
"""
REFUSED = (
    "Static(answer)",
    "Label(answer, markup=False)",
    "Content(answer)",
    "Content.styled(answer, 'bold')",
    "Content.styled(f'said: {answer}', 'bold')",
    "Content.assemble('said', (answer, 'bold'))",
    "Content.assemble('said', *more)",
    "Content('said: ' + answer)",
    "Content(line(answer, 9) + answer)",
    "Content(', '.join(more))",
    "own.update(answer)",
    "Static('x').update(Content(answer))",
    "Text(answer)",
    "Content(clean(answer)[:3])",
    "Content.from_markup('[b]x')",
    "said = answer if count else ''; Content(said)",
    "said = ''; said += answer; Content(said)",
)
ALLOWED = (
    "Static('fixed')",
    "Content(clean(answer))",
    "Content.styled(f'{line(answer, 9)}: {count:>3}', 'bold')",
    "Content.assemble('said', (clean(answer), answer), ' ' * count)",
    "own_words = f'{count} read' if count else 'none'; Content(own_words)",
    "own.update(Content(clean(answer)))",
    "Text('  '.join([clean(answer), 'x']))",
)


def test_unclean_text_is_an_error_of_type_and_clean_text_is_none(tmp_path: Path) -> None:
    package = tmp_path / "fftui" / "tui"
    package.mkdir(parents=True)
    rows = [f"    {row}" for row in (*REFUSED, *ALLOWED)]
    module = package / "snippets.py"
    module.write_text(HEAD + "\n".join(rows) + "\n")
    (tmp_path / "mypy.ini").write_text(
        f"[mypy]\nplugins = {ROOT}/tests/text/shown_plugin.py\nmypy_path = {ROOT}\n"
        "explicit_package_bases = True\nfollow_imports = silent\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", "mypy.ini", "--cache-dir", "cache",
         "fftui/tui/snippets.py"],
        cwd=tmp_path, capture_output=True, text=True, timeout=170, check=False,
    )  # fmt: skip
    first = HEAD.count("\n") + 1
    found = {
        int(row.split(":")[1]) - first for row in done.stdout.splitlines() if "[unclean]" in row
    }
    assert found == set(range(len(REFUSED))), done.stdout + done.stderr


def test_the_lint_runs_with_it() -> None:
    assert '"tests/text/shown_plugin.py"' in (ROOT / "pyproject.toml").read_text()
