"""Whether choices decide how deep a block uses itself.

Comes in: a function that is used within itself, and the names of its file. Goes out: whether any
use that leads back to it depends on what is chosen: it is an option, or what an `if`, a `for` or a
count around it reads is open, or what it hands to a hyperparameter that is read there. Else the
first use has settled how deep it goes, as in a finished network. What cannot be told from the text
alone counts as chosen.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from ...grammar import ast
from . import matching
from .environment import Environment
from .holding import Identity
from .meanings import meaning
from .values import (
    FragmentStage,
    FunctionReference,
    FunctionStage,
    OpenLet,
    VocabularyValue,
)


class _Use(NamedTuple):
    """A function that is used in a body: the arguments, what is asked around it, and whether an
    option holds it.
    """

    called: FunctionReference
    call: ast.Call | None
    asked: tuple[ast.Expression, ...]
    chosen: bool


@lru_cache(maxsize=1_000)
def chooses_depth(function: Identity, home: Environment) -> bool:
    """Whether choices decide how often a function is open inside itself."""
    bodies: dict[int, _Body] = {}
    waiting = [FunctionReference(function.node, home)]
    while waiting:
        found = waiting.pop()
        if id(found.function) not in bodies:
            body = bodies[id(found.function)] = _Body(found)
            waiting += [use.called for use in body.uses]
    in_turn = {key for key in bodies if _leads(key, id(function.node), bodies)}
    if id(function.node) not in in_turn:
        return True  # what leads back was handed over
    open_text = any(bodies[key].is_open for key in in_turn)
    for key in in_turn:
        bodies[key].keep(in_turn, axes_open=open_text)
    parts = [bodies[key] for key in in_turn]
    while sum(body.reads_more(bodies) for body in parts):
        pass
    return any(body.chooses(bodies) for body in parts)


def _leads(start: int, end: int, bodies: Mapping[int, "_Body"]) -> bool:
    """Whether the uses of one function lead to another."""
    reached, waiting = set(), [start]
    while waiting:
        key = waiting.pop()
        for use in bodies[key].uses:
            after = id(use.called.function)
            if after == end:
                return True
            if after not in reached:
                reached.add(after)
                waiting.append(after)
    return False


class _Body:
    """One function: what it uses, and what its names are made of."""

    def __init__(self, reference: FunctionReference) -> None:
        self.function, self.home = reference.function, reference.home
        self.uses: Sequence[_Use] = list(self._uses(self.function.body, (), chosen=False))
        self.is_open = _is_open(self.function.body)
        self.made: dict[str, list[ast.Expression]] = {}  # what local names are made of
        _collect(self.function.body, self.made)
        self.axes: set[str] = set()
        self.relevant: set[str] = set()  # names on which the depth rests

    def keep(self, in_turn: set[int], *, axes_open: bool) -> None:
        """Keeps the uses that lead back. Sizes of what flows in are open if any choice is near."""
        self.uses = [use for use in self.uses if id(use.called.function) in in_turn]
        if axes_open:
            axes = [item for port in self.function.inputs if port.type for item in port.type.axes]
            self.axes = {node.id for node in axes if isinstance(node, ast.Name)}
        self.relevant = {name for use in self.uses for part in use.asked for name in _names(part)}

    def reads_more(self, bodies: Mapping[int, "_Body"]) -> bool:
        """Adds the names on which those known so far rest. Whether there were any."""
        before = len(self.relevant)
        for name in tuple(self.relevant):
            for part in self.made.get(name, ()):
                self.relevant |= _names(part)
        for _, part in self._handed_on(bodies):
            self.relevant |= _names(part)
        return len(self.relevant) > before

    def chooses(self, bodies: Mapping[int, "_Body"]) -> bool:
        """Whether any of what the depth rests on is open."""
        if any(use.chosen for use in self.uses) or self.relevant & self.axes:
            return True
        asked = [part for use in self.uses for part in use.asked]
        made = [part for name in self.relevant for part in self.made.get(name, ())]
        handed = [part for _, part in self._handed_on(bodies)]
        return any(map(_is_open, (*asked, *made, *handed)))

    def _handed_on(self, bodies: Mapping[int, "_Body"]) -> Iterator[tuple[str, ast.Expression]]:
        """What the uses give to hyperparameters on which the depth rests."""
        for use in self.uses:
            function = use.called.function
            given = matching.of_function(function, use.call, function.span).by_name
            wanted = bodies[id(function)].relevant
            for item in function.hyperparameters:
                part = given.get(item.name, item.default)
                if item.name in wanted and part is not None:
                    yield item.name, part

    # --- uses

    def _uses(
        self, node: ast.Node, asked: tuple[ast.Expression, ...], *, chosen: bool
    ) -> Iterator[_Use]:
        match node:
            case ast.Choice() | ast.Optional() | ast.Let() | ast.Instance():
                chosen = True  # a name may stand in an option
            case ast.If(condition=condition):
                asked = (*asked, condition)
            case ast.For(iterable=iterable):
                asked = (*asked, iterable)
            case ast.Name() | ast.Attribute():
                yield from self._named(meaning(node, self.home), asked, chosen=chosen)
                return
            case ast.Call():
                yield from self._in_call(node, asked, chosen=chosen)
                return
        for child in ast.children(node):
            yield from self._uses(child, asked, chosen=chosen)

    def _named(
        self, found: Any, asked: tuple[ast.Expression, ...], *, chosen: bool
    ) -> Iterator[_Use]:
        """A function, or those that a vocabulary or a `let` of a file holds."""
        if isinstance(found, FunctionReference):
            yield _Use(found, None, asked, chosen)
        else:
            yield from (_Use(held, None, asked, True) for held in _held(found))

    def _in_call(
        self, node: ast.Call, asked: tuple[ast.Expression, ...], *, chosen: bool
    ) -> Iterator[_Use]:
        """A function that is handed to another may be used by it in any way."""
        found = meaning(node.function, self.home)
        if isinstance(found, FunctionReference):
            yield _Use(found, node, asked, chosen)
        else:
            yield from self._named(found, asked, chosen=chosen)
        values = [argument.value for argument in node.arguments]
        for value in values:
            yield from self._uses(value, asked, chosen=True)
        if node.body is not None:
            yield from self._uses(node.body, (*asked, *values), chosen=chosen)


def _held(value: Any) -> Iterator[FunctionReference]:
    """The functions that a value names, itself or by other names."""
    waiting, seen = [value], set[int]()
    while waiting:
        match waiting.pop():
            case FunctionReference() as reference:
                yield reference
                continue
            case FunctionStage(reference=reference):
                yield reference
                continue
            case (
                VocabularyValue(choice=text, home=home)
                | FragmentStage(expression=text, environment=home)
                | OpenLet(declaration=ast.Let(value=text), home=home)
            ):
                pass
            case _:
                continue
        if id(text) not in seen:
            seen.add(id(text))
            bound = [home.find(name) for name in _names(text)]
            waiting += [item.value for item in bound if item is not None]


def _collect(node: ast.Node, made: dict[str, list[ast.Expression]]) -> None:
    """What each name in a body is made of: of tensors, whatever is read."""
    match node:
        case ast.Let(name=name, value=value):
            made.setdefault(name, []).append(value)
        case ast.For(targets=targets, iterable=iterable):
            for name in targets:
                made.setdefault(name, []).append(iterable)
    for child in ast.children(node):
        _collect(child, made)


def _is_open(node: ast.Node) -> bool:
    match node:
        case ast.Choice() | ast.Range() | ast.Optional() | ast.Open():
            return True
        case ast.Call(function=ast.Name(id="any" | "some")):
            return True
        case _:
            return any(map(_is_open, ast.children(node)))


def _names(node: ast.Node) -> set[str]:
    if isinstance(node, ast.Name):
        return {node.id}
    return set[str]().union(*map(_names, ast.children(node)))
