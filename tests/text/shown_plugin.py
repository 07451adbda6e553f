"""A mypy plugin: a widget that is fed with a `str` which nobody cleaned is an error of type.

Fed to widgets may be: what `fftui.text` made (`Shown`), numbers, members of enums, literals, and
whatever is put together of these on the spot or in a local variable. An f-string with a plain
`str` in it is not: pass it through `clean` or `line`. `make lint` runs this with mypy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mypy.errorcodes import ErrorCode
from mypy.nodes import (
    AssignmentStmt,
    Block,
    CallExpr,
    ConditionalExpr,
    Expression,
    ForStmt,
    FuncItem,
    GeneratorExpr,
    IfStmt,
    IndexExpr,
    ListExpr,
    MatchStmt,
    MemberExpr,
    NameExpr,
    OperatorAssignmentStmt,
    OpExpr,
    RefExpr,
    StarExpr,
    Statement,
    StrExpr,
    TryStmt,
    TupleExpr,
    Var,
    WhileStmt,
    WithStmt,
)
from mypy.plugin import FunctionContext, MethodContext, Plugin
from mypy.types import (
    AnyType,
    Instance,
    LiteralType,
    NoneType,
    TupleType,
    Type,
    UnionType,
    get_proper_type,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

UNCLEAN = ErrorCode("unclean", "A widget is fed with text that was not cleaned", "fftui")
_CLEAN = {
    "fftui.text.Shown",
    "textual.content.Content",
    "rich.text.Text",
    "builtins.int",
    "builtins.float",
}
_FIRST = {
    "textual.content.Content",
    "textual.content.Content.styled",
    "textual.widgets._static.Static",
    "textual.widgets._label.Label",
    "rich.text.Text",
}
_ALL = {"textual.content.Content.assemble"}
_MARKUP = {
    "textual.content.Content.from_markup",
    "textual.content.Content.from_text",
    "rich.text.Text.from_markup",
    "rich.text.Text.from_ansi",
}
_OWN = ("fftui.tui.draw.numbers.", "fftui.tui.bindings.display")
"""Functions that make words of numbers and of keys."""
_OWN_WORDS = {
    "fftui.tui.words.Said",
    "fftui.tui.bindings.Key",
    "fftui.tui.draw.glyphs.Glyphs",
    "fftui.domain.labels.Label",
    "fftui.domain.labels.Tier",
}
"""Classes whose texts all stand in the source."""
_DEEPEST = 30


def _assigned(block: Block, var: Var) -> Iterator[Expression | None]:
    """Everything that is assigned to a variable; `None` where that cannot be told."""
    for statement in block.body:
        match statement:
            case AssignmentStmt():
                for target in statement.lvalues:
                    yield from _taken(target, statement.rvalue, var)
            case OperatorAssignmentStmt(lvalue=NameExpr(node=node)) if node is var:
                yield statement.rvalue
            case ForStmt():
                yield from _taken(statement.index, None, var)
        for inner in _blocks(statement):
            yield from _assigned(inner, var)


def _taken(target: Expression, value: Expression | None, var: Var) -> Iterator[Expression | None]:
    if isinstance(target, NameExpr) and target.node is var:
        yield value
    elif isinstance(target, TupleExpr):
        parts = value.items if isinstance(value, TupleExpr) else [None] * len(target.items)
        for item, part in zip(target.items, parts, strict=False):
            yield from _taken(item, part, var)


def _blocks(statement: Statement) -> Iterator[Block]:
    match statement:
        case Block():
            yield statement
        case IfStmt():
            yield from statement.body
        case ForStmt() | WhileStmt() | WithStmt():
            yield statement.body
        case TryStmt():
            yield statement.body
            yield from statement.handlers
        case MatchStmt():
            yield from statement.bodies
    for name in ("else_body", "finally_body"):
        inner = getattr(statement, name, None)
        if inner is not None:
            yield inner


class _Judge:
    """Whether what one call is given has been cleaned."""

    def __init__(self, context: FunctionContext | MethodContext) -> None:
        self._api = context.api
        self._depth = 0
        self._asked: set[Var] = set()

    def clean(self, value: Expression) -> bool:
        if self._depth > _DEEPEST:
            return False
        self._depth += 1
        try:
            return self._of_parts(value) or self._of_type(self._type(value))
        finally:
            self._depth -= 1

    def _of_parts(self, value: Expression) -> bool:
        match value:
            case StrExpr():
                return True
            case ConditionalExpr():
                return self.clean(value.if_expr) and self.clean(value.else_expr)
            case OpExpr(op="+" | "or" | "and"):
                return self.clean(value.left) and self.clean(value.right)
            case OpExpr(op="*"):
                return self.clean(value.left) or self.clean(value.right)
            case TupleExpr() if value.items:
                return self.clean(value.items[0])  # the rest is style
            case StarExpr():
                return self.clean(value.expr)
            case GeneratorExpr():
                return self.clean(value.left_expr)
            case ListExpr():
                return all(self.clean(item) for item in value.items)
            case CallExpr(callee=MemberExpr(name="join" | "format", expr=StrExpr())):
                # What mypy makes of an f-string, and the same by hand.
                return self.clean(value.args[0])
            case CallExpr(callee=RefExpr(fullname=name)) if name.startswith(_OWN):
                return True
            case CallExpr(callee=MemberExpr(expr=owner)) if self._is_own(owner):
                return True
            case MemberExpr(expr=owner) if self._is_own(owner):
                return True
            case IndexExpr(base=base):
                return self._of_parts(base)
            case RefExpr(node=Var() as var) if var.fullname.startswith("fftui.") and not (
                isinstance(value, MemberExpr) and var.info
            ):
                return True  # a constant of a module
            case NameExpr(node=Var() as var):
                return self._of_variable(var)
        return False

    def _is_own(self, value: Expression) -> bool:
        kind = get_proper_type(self._type(value))
        return isinstance(kind, Instance) and kind.type.fullname in _OWN_WORDS

    def _of_variable(self, var: Var) -> bool:
        function = self._api.scope.current_function()  # type: ignore[attr-defined]
        if not isinstance(function, FuncItem):
            return False
        if var in self._asked:
            return True  # what it is put together of is being looked at
        self._asked.add(var)
        values = list(_assigned(function.body, var))
        found = bool(values) and all(v is not None and self.clean(v) for v in values)
        self._asked.discard(var)
        return found

    def _type(self, value: Expression) -> Type | None:
        try:
            found: Type = self._api.lookup_type(value)  # type: ignore[attr-defined]
        except KeyError:
            return None
        return found

    def _of_type(self, kind: Type | None) -> bool:
        kind = get_proper_type(kind)
        match kind:
            case NoneType() | LiteralType():
                return True
            case UnionType():
                return all(self._of_type(item) for item in kind.items)
            case TupleType():
                return bool(kind.items) and self._of_type(kind.items[0])
            case AnyType() | None:
                return False
            case Instance():
                if kind.last_known_value is not None or kind.type.is_enum:
                    return True
                names = {base.fullname for base in kind.type.mro}
                if names & _CLEAN:
                    return True
                holds = "typing.Iterable" in names and "builtins.str" not in names and kind.args
                return bool(holds) and self._of_type(kind.args[0])
        return False


def _look(context: FunctionContext | MethodContext, *, every: bool) -> Type:
    if not context.api.path.startswith("fftui/"):
        return context.default_return_type
    judge = _Judge(context)
    for given in context.args if every else context.args[:1]:
        for value in given:
            if not judge.clean(value):
                words = "a widget is fed with text that was not cleaned; use fftui.text"
                context.api.fail(words, value, code=UNCLEAN)
    return context.default_return_type


def _first(context: FunctionContext | MethodContext) -> Type:
    return _look(context, every=False)


def _every(context: FunctionContext | MethodContext) -> Type:
    return _look(context, every=True)


def _markup(context: FunctionContext | MethodContext) -> Type:
    words = "markup lets text act; use Content(text) or Content.styled"
    context.api.fail(words, context.context, code=UNCLEAN)
    return context.default_return_type


class ShownPlugin(Plugin):
    """Looks at the places where text enters a widget."""

    def get_function_hook(self, fullname: str) -> Callable[[FunctionContext], Type] | None:
        return self._hook(fullname)

    def get_method_hook(self, fullname: str) -> Callable[[MethodContext], Type] | None:
        owner, _, name = fullname.rpartition(".")
        if name == "update" and self._is_static(owner):
            return _first
        return self._hook(fullname)

    def _hook(self, name: str) -> Callable[[FunctionContext | MethodContext], Type] | None:
        if name in _MARKUP:
            return _markup
        if name in _ALL:
            return _every
        return _first if name in _FIRST else None

    def _is_static(self, owner: str) -> bool:
        found = self.lookup_fully_qualified(owner)
        info = getattr(found, "node", None)
        mro = getattr(info, "mro", ())
        return any(base.fullname == "textual.widgets._static.Static" for base in mro)


def plugin(version: str) -> type[Plugin]:
    """mypy's way in."""
    del version
    return ShownPlugin
