"""Names of layers under an edit: what stays keeps its name, so that its weights are inherited.

Comes in: a program as it was parsed, and an edited one in which whatever stayed has the span that
it had. Goes out: the edited program with a label wherever the numbering would have moved: on what
is new if that is enough, else on what stayed.
"""

from collections.abc import Iterator
from typing import Any

from ....grammar import ast
from ....grammar.diagnostic import Fault
from ....grammar.span import NOWHERE
from ...expand.naming import OPENS_PATH, last_part, number_uses
from .refused import Refused
from .tree import below, fresh, rebuilt

Key = tuple[int, int]
_ROUNDS = 8


def scopes(function: ast.Function) -> Iterator[Any]:
    """What numbers its stages on its own: the body, turns, labelled braces."""
    waiting: list[Any] = [function.body]
    while waiting:
        scope = waiting.pop()
        yield scope
        waiting += [inner for _, inner in opened(scope)]


def opened(scope: Any) -> Iterator[tuple[Any, Any]]:
    """The scopes directly within one, each with the node that opens it."""
    waiting = list(ast.children(scope))
    while waiting:
        node = waiting.pop()
        inner = _opened_by(node)
        if inner is None:
            waiting.extend(ast.children(node))
        else:
            yield node, inner


def _opened_by(node: Any) -> Any:
    match node:
        case ast.For(body=body):
            return body
        case ast.Call(function=called, body=ast.Body() as body) if last_part(called) in OPENS_PATH:
            return body
        case ast.Labelled(stage=stage) if opens_path(stage):
            return stage
        case _:
            return None


def opens_path(stage: Any) -> bool:
    """Whether a label on a stage opens a path: on braces that are no turns."""
    if isinstance(stage, (ast.Fragment, ast.If)):
        return True
    turns = isinstance(stage, ast.Call) and last_part(stage.function) in OPENS_PATH
    return isinstance(stage, ast.Call) and stage.body is not None and not turns


def names_of(function: ast.Function) -> dict[int, str]:
    """The name of every stage written in a function, by the id of its node."""
    found: dict[int, str] = {}
    for scope in scopes(function):
        found |= _numbered(scope)
    return found


def paths_of(function: ast.Function) -> dict[int, str]:
    """The path of every stage written in a function, as `repeat.conv_2`, by the id of its node."""
    found: dict[int, str] = {}
    waiting: list[tuple[Any, str]] = [(function.body, "")]
    while waiting:
        scope, prefix = waiting.pop()
        names = _numbered(scope)
        found |= {key: prefix + name for key, name in names.items()}
        for node, inner in opened(scope):
            label = node.label if isinstance(node, ast.Labelled) else names.get(id(node), "braces")
            waiting.append((inner, f"{prefix}{label}."))
            found[id(inner)] = prefix + label
    return found


def _numbered(scope: Any) -> dict[int, str]:
    try:
        return number_uses(scope).by_stage
    except Fault as fault:
        raise Refused(fault.diagnostic.message()) from None


def keep(before: ast.Function, after: ast.Function) -> ast.Function:
    """The edited function, in which every stage that stayed has the name it had. Raises Refused
    where no label can do that.
    """
    names = names_of(before)
    known = {_key(node): names[id(node)] for node in below(before.body) if id(node) in names}
    for _ in range(_ROUNDS):
        labels = _labels(known, after)
        if not labels:
            return after
        after = rebuilt(after, _labeller(labels))
    raise Refused("the layers that stay would not keep their names")


def _labels(known: dict[Key, str], after: ast.Function) -> dict[int, str]:
    """The labels that the next round sets, by the id of what they stand on."""
    pins: dict[int, str] = {}
    news: dict[int, str] = {}
    tensors = tensors_of(after)
    labelled = {id(node.stage) for node in below(after.body) if isinstance(node, ast.Labelled)}
    for scope in scopes(after):
        names = _numbered(scope)
        nodes = [node for node in below(scope) if id(node) in names and id(node) not in labelled]
        nodes = [node for node in nodes if not _is_value(node, tensors)]
        moved = [
            node for node in nodes if known.get(_key(node), names[id(node)]) != names[id(node)]
        ]
        bases = {_base(node) for node in moved}
        called = {_base(node) for node in nodes}
        labels = {node.label for node in below(scope) if isinstance(node, ast.Labelled)}
        taken = {*labels, *known.values()}
        for node in nodes:
            if node.span is NOWHERE and _base(node) in bases:
                news[id(node)] = fresh(_base(node), taken | (called - {_base(node)}))
                taken.add(news[id(node)])
        pins |= {id(node): known[_key(node)] for node in moved}
    return news or pins


def _labeller(labels: dict[int, str]) -> Any:
    def change(node: Any, old: Any) -> Any:
        label = labels.get(id(old))
        if label is None:
            return node
        if isinstance(node, ast.Instance):
            raise Refused(f"the shared layer `{node.name}` would not keep its name")
        return ast.Labelled(label, node, span=NOWHERE)

    return change


def _key(node: Any) -> Key:
    return node.span.start, node.span.end


def _base(node: Any) -> str:
    match node:
        case ast.For():
            return "for"
        case ast.Instance(name=name):
            return name
        case ast.Call(function=function):
            return last_part(function)
        case _:
            return last_part(node)


def tensors_of(function: ast.Function) -> set[str]:
    """The names of a function that stand for tensors."""
    found = {port.name for port in function.inputs if port.name is not None}
    found |= {state.name for state in function.states}
    for node in below(function.body):
        if isinstance(node, ast.Bind):
            found.update(node.targets)
    return found


def _is_value(node: Any, tensors: set[str]) -> bool:
    """Whether a name stands for a tensor: it owns no weights."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) and node.id in tensors
