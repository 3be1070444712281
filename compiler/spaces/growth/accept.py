"""A way of making an edit, put to the checker: names kept, text written, read again and checked.

Comes in: the view of a program and an edited tree. Goes out: the new program's view, or `Refused`
with what is wrong with it.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ....grammar import ast
from ....grammar.parse import Parsed, parse
from ....grammar.print import print_program
from ....grammar.span import NOWHERE
from ...check import Checked, check
from ...graph import Graph
from ...hash import graph_hash
from ..syntax import bare
from . import names, tidy
from .refused import Refused
from .tree import names_in, renamed
from .view import View, graphs
from .vocabulary import Vocabulary, needed, offers

LEFT_OPEN = (
    "a block of the vocabulary leaves open what is not decided here: `any`, `some`, or a range "
    "whose ends are no numbers"
)


def accept(
    view: View, edited: ast.Program, vocabulary: Vocabulary, *, identical: bool = False
) -> View:
    """The view of the edited program. Raises Refused where it is not valid, or the same;
    `identical` lets a network that computes the same pass.
    """
    supplied = _supplied(edited, vocabulary)
    _refuse(check(Parsed(supplied, ()), view.folder))  # most are wrong, and this is soon seen
    tree = _named(view, supplied)
    made: ast.Program = bare(tree, comments=())
    if made == view.tree:
        raise Refused("the program would stay as it is")
    text = print_program(made)
    parsed = parse(text, view.filename)
    checked = check(parsed, view.folder)
    _refuse(checked)
    if view.network in checked.spaces and view.network not in checked.graphs:
        raise Refused(LEFT_OPEN)
    if parsed.program != made:
        raise Refused("its text would mean something else")
    try:
        found = view.accepted(parsed.program, checked)
    except ValueError as error:
        raise Refused(str(error)) from None
    _every_layer_counts(view.graph, found.graph)
    if not identical and _is_the_same(view, found):
        raise Refused("the network would stay as it is")
    return found


def _is_the_same(before: View, after: View) -> bool:
    """Whether an edit changed nothing but text: in a branch that is never taken, or an identity."""
    if graph_hash(before.graph) != graph_hash(after.graph):
        return False
    return _settings(before.tree) == _settings(after.tree)


def _settings(tree: ast.Program) -> list[ast.Declaration]:
    """How it is trained, and the values that this may name."""
    return [item for item in tree.declarations if isinstance(item, ast.Settings | ast.Let)]


def _refuse(checked: Checked) -> None:
    wrong = next((report for report in checked.reports if report.is_error), None)
    if wrong is not None:
        raise Refused(wrong.diagnostic.message())


def adapted(vocabulary: Vocabulary, tree: ast.Program) -> Vocabulary:
    """The vocabulary with its blocks renamed where the program has others of the same names."""
    own = {name: item for item in tree.declarations for name in offers(item)}
    changes: dict[str, str] = {}
    for donor in vocabulary.donors:
        for name in offers(donor):
            if name in own and own[name] != donor and isinstance(donor, (ast.Function, ast.Let)):
                changes[name] = _free(name, donor, own, tree)
    if not changes:
        return vocabulary
    return replace(
        vocabulary,
        entries=tuple(renamed(item, changes) for item in vocabulary.entries),
        donors=tuple(_called(renamed(item, changes), changes) for item in vocabulary.donors),
    )


def _free(name: str, donor: Any, own: dict[str, Any], tree: ast.Program) -> str:
    """The first `name_2`, … that is not taken, or by the same declaration."""
    taken, count = names_in(tree), 2
    while True:
        found = f"{name}_{count}"
        if found not in taken or own.get(found) == replace(donor, name=found):
            return found
        count += 1


def _called(donor: Any, changes: dict[str, str]) -> Any:
    name = getattr(donor, "name", None)
    return replace(donor, name=changes[name]) if name in changes else donor


def _supplied(tree: ast.Program, vocabulary: Vocabulary) -> ast.Program:
    """With the declarations that came in from the vocabulary, and without those that the edit left
    without use.
    """
    networks = [item for item in tree.declarations if isinstance(item, ast.Function)]
    wanted = [item for item in vocabulary.donors if item not in tree.declarations]
    wanted = [item for function in networks for item in needed(function, wanted)]
    uses = [item for item in wanted if isinstance(item, ast.Use)]
    others = [item for item in wanted if not isinstance(item, ast.Use)]
    declarations = (*_unique(uses), *_unique(others), *tree.declarations)
    first_uses = [item for item in declarations if isinstance(item, ast.Use)]
    rest = [item for item in declarations if not isinstance(item, ast.Use)]
    return replace(tree, declarations=(*first_uses, *rest))


def _unique(items: Sequence[ast.Declaration]) -> list[ast.Declaration]:
    found: list[ast.Declaration] = []
    for item in items:
        if item not in found:
            found.append(item)
    return found


def _named(view: View, tree: ast.Program) -> ast.Program:
    """With every function tidy, and every stage that stayed under its name."""
    before = {view.function(place).name: view.function(place) for place in view.functions}
    declarations: list[ast.Declaration] = []
    for item in tree.declarations:
        known = before.get(item.name) if isinstance(item, ast.Function) else None
        if known is not None and isinstance(item, ast.Function) and item is not known:
            item = names.keep(known, tidy.tidy(item))
        declarations.append(item)
    return ast.Program(_reached(view.tree, declarations), span=NOWHERE)


def _reached(
    before: ast.Program, declarations: Sequence[ast.Declaration]
) -> tuple[ast.Declaration, ...]:
    """Without blocks that were used before and are not any more."""
    used, still = _used(before.declarations), _used(declarations)
    old = {name for item in before.declarations for name in offers(item)}
    return tuple(
        item
        for item in declarations
        if not offers(item) or still & offers(item) or (old - used) & offers(item)
    )


def _used(declarations: Sequence[ast.Declaration]) -> set[str]:
    """The names that networks, settings and vocabularies reach."""
    reached: set[str] = set()
    waiting = [item for item in declarations if not offers(item) or _is_network(item)]
    while waiting:
        new = names_in(waiting.pop()) - reached
        reached |= new
        waiting += [item for item in declarations if offers(item) & new]
    return reached


def _is_network(item: ast.Declaration) -> bool:
    return isinstance(item, ast.Function) and item.kind == "network"


def _every_layer_counts(before: Graph, after: Graph) -> None:
    """No layer may lose its way to the outputs, and no input its use."""
    if len(_idle(after)) > len(_idle(before)):
        raise Refused(f"the output would not depend on {min(_idle(after))}")
    lost = _inputs_read(before) - _inputs_read(after)
    if lost:
        raise Refused(f"the output would not depend on the input {min(lost)}")


def _wanted(graph: Graph) -> set[int]:
    """The values that the outputs depend on."""
    wanted = {port.value for port in graph.outputs}
    for node in reversed(graph.nodes):
        if not wanted.isdisjoint(node.outputs):
            wanted.update(node.inputs)
    return wanted


def _idle(graph: Graph) -> set[str]:
    return {
        node.name
        for inner in graphs(graph)
        for node in inner.nodes
        if _wanted(inner).isdisjoint(node.outputs)
    }


def _inputs_read(graph: Graph) -> set[str]:
    wanted = _wanted(graph)
    return {port.name for port in graph.inputs if port.value in wanted}
