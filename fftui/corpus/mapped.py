"""A table or JSONL of any form, whose columns the plan names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fftui.corpus.rows import Item, RowError, bool_field, key_field, text_field, texts_field


class Mapped:
    """Reads the columns that it was told of. Names of a table's columns are in any case."""

    NAME = "mapped"
    LICENCE = ""

    def __init__(self, columns: Mapping[str, str], head: Mapping[str, Any]) -> None:
        """`columns` by what they hold: prompt, id, family, benign; `head` is the first record.

        Raises RowError where the file has no such column.
        """
        known = {name.lower(): name for name in reversed(list(head))}
        self._columns = {}
        for what, name in columns.items():
            found = name if name in head else known.get(name.strip().lower())
            if found is None:
                raise RowError(what, f"the first record has no {name[:40]!r}")
            self._columns[what] = found

    def recognises(self, fields: Mapping[str, Any]) -> bool:
        """Every record."""
        del fields
        return True

    def item(self, fields: Mapping[str, Any]) -> Item:
        """Read one record. Raises RowError for a field of the wrong type."""
        family = self._columns.get("family", "")
        return Item(
            turns=texts_field(fields, self._columns["prompt"]),
            key=key_field(fields, self._columns.get("id", "")),
            family=key_field(fields, family) or text_field(fields, family),
            benign=bool_field(fields, self._columns.get("benign", "")),
        )
