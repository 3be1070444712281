"""Names that a function binds and nothing in it reads: most often a slip of the pen.

Comes in: the functions of a file without errors. Goes out: warnings. Nothing in a function may bear
the name of something around it, so a name that is read anywhere in the function is read.
"""

import re
from collections.abc import Iterator, Sequence

from ...grammar import ast
from ...grammar.diagnostic import Diagnostic
from ...grammar.span import Span
from .. import errors
from .session import Session


def check(functions: Sequence[ast.Function], session: Session) -> None:
    """Warns of names that are never read, where nothing is broken that might have read them."""
    for function in functions:
        nodes = list(_nodes(function))
        if any(isinstance(node, ast.Broken) for node in nodes):
            continue
        read = {node.id for node in nodes if isinstance(node, ast.Name)}
        for node in nodes:
            for diagnostic in _unread(node, read):
                session.report(diagnostic)


def _nodes(root: ast.Node) -> Iterator[ast.Node]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(ast.children(node))


def _unread(node: ast.Node, read: set[str]) -> Iterator[Diagnostic]:
    match node:
        case ast.Hyperparameter(name=name) if name not in read:
            yield errors.unread.UnreadHyperparameter(name_span(node.span, name), name)
        case ast.Let(name=name) | ast.Instance(name=name) if name not in read:
            word = "let" if isinstance(node, ast.Let) else "layer"
            yield errors.unread.UnreadLet(name_span(node.span, name), name, word)
        case ast.Bind(targets=targets):
            for name in targets:
                if name != "_" and name not in read:
                    yield errors.unread.UnreadTensor(
                        name_span(node.span, name), name, len(targets) > 1
                    )


def name_span(span: Span, name: str) -> Span:
    """Where a name first stands in a piece of text."""
    found = re.search(rf"\b{re.escape(name)}\b", span.text)
    start = span.start + (found.start() if found else 0)
    return Span(span.source, start, start + len(name))
