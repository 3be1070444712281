"""Choices in `train` belong to the space too: `Space.train.optimizer.lr`.

Comes in: the `train` blocks of a network and whoever decides. They are decided after the network,
whose validity and hash they do not touch.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ...grammar import ast
from ..expand import decisions
from ..expand.builder import GraphBuilder
from ..expand.context import Context
from ..expand.environment import Environment
from ..expand.session import Session
from ..facts import Facts

PATH = "train"


def decide(blocks: Sequence[ast.Settings], env: Environment, session: Session) -> None:
    """Settles every choice in the blocks, in the order of the text."""
    builder = GraphBuilder(session.limits, Facts())
    context = Context(session, builder, {}, path=PATH)
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
