"""An open `train` block closed in several ways, so that it can be read: what is wrong with one of
its options is seen where that is taken.

Comes in: a block, and the names of its file. Goes out: blocks and names with nothing open, so many
that each option is taken once; that is far fewer than there are programs.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from ..compiler.expand import decisions, freezing
from ..compiler.expand.builder import GraphBuilder
from ..compiler.expand.context import Context
from ..compiler.expand.environment import Environment
from ..compiler.expand.naming import NO_NAMES
from ..compiler.expand.session import Session
from ..compiler.expand.values import Namespace, OpenLet
from ..compiler.facts import Facts
from ..compiler.open_settings import open_lets
from ..grammar import ast
from ..grammar.diagnostic import Fault
from ..grammar.span import Span
from ..lazy import lazy_module

if TYPE_CHECKING:
    from ..compiler.spaces import states
else:  # only a block that reads an open `let` waits for what knows of spaces
    states = lazy_module("..compiler.spaces.states", __package__)

MOST_VARIANTS = 100
Options = Mapping[int, Any]
"""By the id of a choice, which of its options is taken; of all others it is the first."""


def closed(block: ast.Settings, env: Environment) -> Iterator[tuple[ast.Settings, Environment]]:
    """The block with nothing open, and the names of its file with nothing open that it reads: first
    with every choice at its first option, then with each other option in its turn.
    """
    lets = list(open_lets(block, env))
    taken: list[Options] = [{}]
    for node in (block, *(let.declaration.value for let in lets)):
        for choice in _choices(node):
            taken += [{id(choice): option} for option in _others(choice)]
    for options in taken[:MOST_VARIANTS]:
        try:
            names = _names(env, lets, options) if lets else env
        except Fault:
            continue  # such an option is never drawn
        yield _close(block, options), names


def _others(choice: ast.Choice | ast.Optional) -> Sequence[ast.Expression]:
    """The options after the first."""
    return choice.options[1:] if isinstance(choice, ast.Choice) else (decisions.IDENTITY,)


def _choices(node: Any) -> Iterator[ast.Choice | ast.Optional]:
    if isinstance(node, ast.Choice | ast.Optional):
        yield node
    for child in ast.children(node):
        yield from _choices(child)


def _close(node: Any, options: Options) -> Any:
    match node:
        case ast.Choice():
            return _close(options.get(id(node), node.options[0]), options)
        case ast.Optional() if id(node) in options:
            return ast.Name("identity", span=node.span)  # as a drawn program has it
        case ast.Range(low=part) | ast.Optional(stage=part):
            return _close(part, options)
        case ast.Node():
            parts = {item.name: getattr(node, item.name) for item in fields(node)}
            return type(node)(**{name: _close(part, options) for name, part in parts.items()})
        case Span():
            return node
        case tuple():
            return tuple(_close(item, options) for item in node)
        case _:
            return node


def _names(env: Environment, lets: Sequence[OpenLet], options: Options) -> Environment:
    """The names of a file, some `let`s of which have a value."""
    session = Session()
    session.decider = _Taken(options)
    context = Context(session, GraphBuilder(session.limits, Facts()), NO_NAMES)
    wanted = {id(let.declaration) for let in lets}

    def decided(home: Environment) -> Environment:
        inner = Environment(home)
        for name in home.names():
            bound = home.here(name)
            if bound is None:
                continue
            match bound.value:
                case OpenLet(declaration=declaration) as let if id(declaration) in wanted:
                    inner.replace(name, freezing.of_file(let, context), bound.span)
                case Namespace(name=module, exports=exports):
                    inner.replace(name, Namespace(module, decided(exports)), bound.span)
        return inner

    return decided(env)


class _Taken:
    """Decides as `Options` say."""

    def __init__(self, options: Options) -> None:
        self._options = options

    def decide(self, site: decisions.Site, context: Context) -> Any:
        taken, legal = self._options.get(id(site.node)), states.decisions_of(site.domain)
        if isinstance(site.domain, decisions.Alternatives):
            places = [place for place in legal if site.domain.options[place] is taken]
            return places[0] if places else legal[0]
        return legal[0]
