"""Choices in `train` belong to the space too: `Space.train.optimizer.lr`.

Comes in: the `train` blocks of a network and whoever decides. They are decided after the network,
whose validity and hash they do not touch.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from ...grammar import ast
from ...grammar.diagnostic import Fault
from ...grammar.span import Span
from ..expand import decisions, freezing
from ..expand.builder import GraphBuilder
from ..expand.context import Context
from ..expand.environment import Environment
from ..expand.meanings import meaning
from ..expand.naming import NO_NAMES
from ..expand.session import Session
from ..expand.values import Namespace, OpenLet
from ..facts import Facts
from ..open_settings import open_lets
from .states import decisions_of

PATH = "train"


def decide(blocks: Sequence[ast.Settings], env: Environment, session: Session) -> None:
    """Settles every choice in the blocks, in the order of the text. What makes no sense is
    reported.
    """
    builder = GraphBuilder(session.limits, Facts())
    context = Context(session, builder, NO_NAMES, path=PATH, text=blocks)
    for block in blocks:
        for setting in block.settings:
            try:
                _decide(setting.value, env, replace(context, hint=setting.name))
            except Fault as fault:
                session.report(fault.diagnostic)


def _decide(node: Any, env: Environment, context: Context) -> None:
    match node:
        case ast.Choice() | ast.Optional():
            _decide(decisions.option(node, env, context), env, context)
        case ast.Range():
            decisions.number(node, env, context)
        case ast.Call():
            for place, argument in enumerate(node.arguments):
                name = argument.name or str(place)
                inner = replace(context, hint=f"{context.hint}.{name}")
                _decide(argument.value, env, inner)
        case ast.Name() | ast.Attribute() if isinstance(let := meaning(node, env), OpenLet):
            mark = context.session.hold(id(node))
            freezing.of_file(let, context)
            context.session.release(mark)
        case ast.Node():
            for child in ast.children(node):
                _decide(child, env, context)


# --- each option in its turn ----------------------------------------------------------------------

MOST_VARIANTS = 100
Options = Mapping[int, Any]
"""By the id of a choice, which of its options is taken; of all others it is the first."""


def closed(block: ast.Settings, env: Environment) -> Iterator[tuple[ast.Settings, Environment]]:
    """The block with nothing open, and the names of its file with nothing open that it reads: first
    with every choice at its first option, then with each other option in its turn. What is wrong
    with an option is seen in one of them.
    """
    lets = list(open_lets(block, env))
    taken: list[Options] = [{}]
    for node in (block, *(let.declaration.value for let in lets)):
        for choice in _choices(node):
            taken += [{id(choice): option} for option in choice.options[1:]]
    for options in taken[:MOST_VARIANTS]:
        try:
            names = _names(env, lets, options) if lets else env
        except Fault:
            continue  # such an option is never drawn
        yield _close(block, options), names


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
        taken, legal = self._options.get(id(site.node)), decisions_of(site.domain)
        if isinstance(site.domain, decisions.Alternatives):
            places = [place for place in legal if site.domain.options[place] is taken]
            return places[0] if places else legal[0]
        return legal[0]


def _choices(node: Any) -> Iterator[ast.Choice]:
    if isinstance(node, ast.Choice):
        yield node
    for child in ast.children(node):
        yield from _choices(child)


def _close(node: Any, options: Mapping[int, Any]) -> Any:
    match node:
        case ast.Choice():
            return _close(options.get(id(node), node.options[0]), options)
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
