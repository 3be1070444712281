"""Choices in `train` belong to the space too: `Space.train.optimizer.lr`.

Comes in: the `train` blocks of a network and whoever decides. They are decided after the network,
whose validity and hash they do not touch.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from ...grammar import ast
from ...grammar.span import Span
from ..expand import decisions
from ..expand.builder import GraphBuilder
from ..expand.context import Context
from ..expand.environment import Environment
from ..expand.naming import NO_NAMES
from ..expand.session import Session
from ..facts import Facts

PATH = "train"


def blocks_of(program: ast.Program, network: str) -> tuple[ast.Settings, ...]:
    """The `train` blocks of a network, whose choices belong to its space."""
    blocks = (item for item in program.declarations if isinstance(item, ast.Settings))
    return tuple(item for item in blocks if item.kind == "train" and item.network == network)


def decide(blocks: Sequence[ast.Settings], env: Environment, session: Session) -> None:
    """Settles every choice in the blocks, in the order of the text."""
    builder = GraphBuilder(session.limits, Facts())
    context = Context(session, builder, NO_NAMES, path=PATH, text=blocks)
    for block in blocks:
        for setting in block.settings:
            _decide(setting.value, env, replace(context, hint=setting.name))


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
        case ast.Node():
            for child in ast.children(node):
                _decide(child, env, context)


MOST_VARIANTS = 100


def closed(block: ast.Settings) -> Iterator[ast.Settings]:
    """The block with nothing open: first with every choice at its first option, then with each
    other
    option in its turn. What is wrong with an option is seen in one of them.
    """
    taken: list[Mapping[int, Any]] = [{}]
    for choice in _choices(block):
        taken += [{id(choice): option} for option in choice.options[1:]]
    for options in taken[:MOST_VARIANTS]:
        yield _close(block, options)


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
