"""The objects of a JSONL log, one at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fftui.corpus.lines import CorpusError, TextLines, opened
from fftui.corpus.rows import json_rows
from fftui.exchange.imports.log import ImportFault


@dataclass
class Objects:
    """A JSONL file while it is read, and what is known of it then."""

    path: Path
    bytes: int = 0
    sha256: str = ""
    remarks: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """(line, object) of each record. Raises ImportFault at the first that is none."""
        try:
            with opened(self.path) as file:
                lines = TextLines(file, self.path.name)
                for row in json_rows(lines, lines):
                    if row.number:
                        yield row.line, dict(row.fields)
                    else:
                        self.remarks.append(f"line {row.line}: {row.problem}")
                self.bytes, self.sha256 = lines.bytes, lines.sha256
        except CorpusError as error:
            raise ImportFault(str(error)) from None
        except OSError as error:
            raise ImportFault(f"{self.path}: cannot be read: {error.strerror}") from None

    def fault(self, line: int, what: str) -> ImportFault:
        """A mistake in a record."""
        return ImportFault(f"{self.path.name}:{line}: {what}")


def first_object(path: Path) -> dict[str, Any]:
    """The first line's object; empty where that is none."""
    try:
        with opened(path) as file:
            head = file.readline(1 << 24)
        value = json.loads(head.removeprefix(b"\xef\xbb\xbf"))
    except CorpusError as error:
        raise ImportFault(str(error)) from None
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def text_of(value: object) -> str:
    """A text, empty for anything else."""
    return value if isinstance(value, str) else ""


def table(value: object) -> dict[str, Any]:
    """An object, empty for anything else."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[Any]:
    """A list, empty for anything else."""
    return value if isinstance(value, list) else []
