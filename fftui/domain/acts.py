"""What a reviewer can do: the kinds of events of which a review consists."""

from __future__ import annotations

READ, ADJUDICATE, CONTROL, UNDO = "read", "adjudicate", "control", "undo"
"""A reading, a decision, a reading that measures its reader, and what takes one of them back."""
SKIP, PASS, UNMASK, NOTE, QUERY, FLAG, REVEAL, FIGURES = (
    "skip", "pass", "unmask", "note", "query", "flag", "reveal", "figures",
)  # fmt: skip
"""The others; they say nothing of what an answer is."""
