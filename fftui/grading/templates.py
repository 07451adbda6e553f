"""Prompts of classifiers that other people made, filled in by HarmBench's names."""

from __future__ import annotations

import re
from collections.abc import Sequence

_PLACE = re.compile(r"\{(behavior|generation|context)\}")
_CONTEXT = "\n\n---\n\n"
"""What `corpus.harmbench` puts between a behaviour's context and the behaviour."""


def filled(template: str, turns: Sequence[str], answer: str) -> str:
    """The prompt for one answer.

    `{generation}` is the answer, `{behavior}` what was asked last, `{context}` what came before
    it: earlier turns, or the context of one of HarmBench's contextual behaviours. A template
    without `{context}` has all of that in `{behavior}`. Other braces stay as they are.
    """
    *before, behavior = turns
    if "{context}" not in template:
        behavior = "\n\n".join(turns)
    elif not before:
        context, mark, last = behavior.rpartition(_CONTEXT)
        before, behavior = ([context], last) if mark else ([], behavior)
    found = {"behavior": behavior, "generation": answer, "context": "\n\n".join(before)}
    # In one pass: what an answer holds in braces is no place.
    return _PLACE.sub(lambda place: found[place[1]], template)
