"""Choices in `train` belong to the space too: `Space.train.optimizer.lr`.

Comes in: the `train` blocks of a network and whoever decides. They are decided after the network,
whose validity and hash they do not touch.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ...grammar import ast
from ...grammar.diagnostic import Fault
from ..expand import decisions, freezing
from ..expand.builder import GraphBuilder
from ..expand.context import Context
from ..expand.environment import Environment
from ..expand.meanings import meaning
from ..expand.naming import NO_NAMES
from ..expand.session import Session
from ..expand.values import OpenLet
from ..facts import Facts

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
