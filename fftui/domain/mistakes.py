"""What is wrong in a file, in words for its author: field, mistake, what is allowed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

_WORDS = {
    "string_type": "should be a text in quotes",
    "int_type": "should be a whole number",
    "int_from_float": "should be a whole number",
    "float_type": "should be a number",
    "bool_type": "should be true or false",
    "tuple_type": "should be a list",
    "model_type": "should be a table",
    "model_attributes_type": "should be a table",
    "dict_type": "should be a table",
}
_LONGEST = 60


def lines_of(error: ValidationError, model: type[BaseModel], source: str) -> Iterator[str]:
    """One line per mistake: `source`, the field, what is wrong, what is allowed."""
    errors = error.errors()
    # Around a wrong entry Pydantic also finds its list too short.
    echoes = {e["loc"][:n] for e in errors for n in range(len(e["loc"]))}
    for found in errors:
        loc = found["loc"]
        if not loc or loc not in echoes:
            yield f"{source}: {_where(loc)}{_what(dict(found), model)}"


def _where(loc: tuple[int | str, ...]) -> str:
    path = ""
    for part in loc:
        path += f"[{part + 1}]" if isinstance(part, int) else (f".{part}" if path else part)
    return f"{path}: " if path else ""


def _what(error: dict[str, Any], model: type[BaseModel]) -> str:
    kind, given, ctx = error["type"], error.get("input"), error.get("ctx", {})
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        table = _table(model, error["loc"][:-1])
        return f"is not a field; allowed here: {', '.join(table.model_fields)}"
    if kind == "value_error":
        return str(ctx["error"])
    if kind == "string_pattern_mismatch":
        return (
            f"{given!r}: letters, digits, dot, dash and underscore are allowed, the first a letter"
            " or digit"
        )
    if kind == "too_short":
        return f"should have at least {ctx['min_length']} entry (given: none)"
    message = _WORDS.get(kind) or error["msg"].replace("Input should", "should")
    return f"{message.replace('String should', 'should')} (given: {_shown(given)})"


def _table(model: type[BaseModel], loc: tuple[int | str, ...]) -> type[BaseModel]:
    for part in loc:
        if isinstance(part, str):
            model = next(_models(model.model_fields[part].annotation))
    return model


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def _shown(given: object) -> str:
    """A wrong value; of lists and tables only the kind, since a key may stand inside."""
    if isinstance(given, dict):
        return "a table"
    if isinstance(given, list | tuple):
        return "a list"
    if isinstance(given, bool):
        return str(given).lower()
    shown = repr(given)
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - 3] + "…"
