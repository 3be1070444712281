"""What an edit leaves behind, cleared away: values that nothing reads, names for names, and lines
that were cut and need not be.

Comes in: an edited function. Goes out: one that computes the same with fewer statements. Where a
tensor is bound twice the order of statements matters, and only unread values go.
"""

from collections import Counter
from dataclasses import replace
from typing import Any

from ....grammar import ast
from .tree import below, pipeline, renamed

CUT = "h"
"""What a value is called that an edit gives a name: `h`, `h_2`."""


def tidy(function: ast.Function) -> ast.Function:
    """The function without what is not needed."""
    while True:
        body = _joined(_aliases(_read(function.body, function), function), function)
        if body == function.body:
            return function
        function = replace(function, body=body)


def _reads(node: Any) -> Counter[str]:
    return Counter(item.id for item in below(node) if isinstance(item, ast.Name))


def _read(body: ast.Body, function: ast.Function) -> ast.Body:
    """Without bindings that nothing reads; unless a cell's state is one."""
    read = _reads(function.body)
    kept = tuple(
        item
        for item in body.statements
        if not isinstance(item, ast.Bind) or any(read[name] for name in item.targets)
    )
    return body if len(kept) == len(body.statements) else replace(body, statements=kept)


def _bound(function: ast.Function) -> Counter[str]:
    """How often each name is bound, as an input too."""
    found = Counter(port.name for port in function.inputs if port.name is not None)
    for item in below(function.body):
        if isinstance(item, ast.Bind):
            found.update(item.targets)
        elif isinstance(item, ast.Next):
            found.update((item.state, item.state))
    return found


def _aliases(body: ast.Body, function: ast.Function) -> ast.Body:
    """`h = x` with `x` wherever `h` stands, if both mean the same throughout."""
    bound = _bound(function)
    for place, item in enumerate(body.statements):
        match item:
            case ast.Bind(targets=(target,), value=ast.Name(id=source)) if (
                is_cut(target) and bound[target] == 1 and bound[source] == 1
            ):
                kept = (*body.statements[:place], *body.statements[place + 1 :])
                made: ast.Body = renamed(replace(body, statements=kept), {target: source})
                return made
    return body


def is_cut(target: str) -> bool:
    """Whether a name was given by an edit."""
    base, _, number = target.partition("_")
    return base == CUT and (not number or number.isdecimal())


def _joined(body: ast.Body, function: ast.Function) -> ast.Body:
    """`h = a -> b` and then `h -> c` as `a -> b -> c`, where `h` is read there alone."""
    bound, read = _bound(function), _reads(function.body)
    if any(count > 1 for count in bound.values()):
        return body
    for place, item in enumerate(body.statements[:-1]):
        if not isinstance(item, ast.Bind) or len(item.targets) != 1:
            continue
        (target,) = item.targets
        following = body.statements[place + 1]
        if is_cut(target) and read[target] == 1 and _begins_with(following, target):
            joined = _continue(following, target, item.value)
            kept = (*body.statements[:place], joined, *body.statements[place + 2 :])
            return replace(body, statements=kept)
    return body


def _begins_with(statement: Any, target: str) -> bool:
    if not isinstance(statement, (ast.Bind, ast.Result, ast.Next)):
        return False
    match statement.value:
        case ast.Name(id=name) | ast.Pipeline(stages=(ast.Name(id=name), *_)):
            return name == target
        case _:
            return False


def _continue(statement: Any, target: str, value: Any) -> Any:
    rest = statement.value.stages[1:] if isinstance(statement.value, ast.Pipeline) else ()
    return replace(statement, value=pipeline((value, *rest)))
