"""Why a space holds no valid program: what its ways run into, and where nothing is left."""

from typing import Any

from ...grammar.diagnostic import Diagnostic
from .. import errors
from .process import Process
from .states import State

MOST_REASONS = 5


def reason_of(process: Process, root: State) -> Diagnostic:
    """The error itself where every way runs into the same one, which is not the choices' fault;
    else the last choice with options before the end of the ways, and what stopped each.
    """
    if root.reason is not None:
        return root.reason
    found = _all_reasons(root)
    if len({(item.code, _place(item)) for item in found}) == 1 and not _unmet(process, root):
        return found[0]
    state, reasons = root, _messages(root)
    while not reasons:
        deeper = [child for child in state.children.values() if child.site is not None]
        if not deeper:
            return _by_costs(process, state)
        state = deeper[0]
        reasons = _messages(state)
    return _empty(state, reasons)


def _empty(state: State, reasons: tuple[str, ...]) -> Diagnostic:
    assert state.site is not None
    empty: Diagnostic = errors.spaces.EmptySpace(state.site.node.span, state.site.name, reasons)
    return empty


def _place(diagnostic: Diagnostic) -> Any:
    span = next(iter(diagnostic.labels())).span
    return span.source.name, span.start, span.end


def _messages(state: State) -> tuple[str, ...]:
    found = [child.reason.message() for child in state.children.values() if child.reason]
    return tuple(dict.fromkeys(found))[:MOST_REASONS]


def _all_reasons(root: State) -> list[Diagnostic]:
    found, waiting, seen = [], [root], {root}
    while waiting:
        for child in waiting.pop().children.values():
            if child.reason is not None:
                found.append(child.reason)
            if child not in seen:
                seen.add(child)
                waiting.append(child)
    return found


def _unmet(process: Process, root: State) -> bool:
    """Whether some way comes to its end, and only the costs are wrong there."""
    waiting, seen = [root], {root}
    while waiting:
        state = waiting.pop()
        if state.site is None and not state.dead:
            return True
        fresh = [child for child in state.children.values() if child not in seen]
        seen.update(fresh)
        waiting += fresh
    return False


def _by_costs(process: Process, state: State) -> Diagnostic:
    statements = process.requirements.statements
    reasons = tuple(f"no program fulfils `{item.span.text}`" for item in statements)
    if state.site is not None:
        return _empty(state, reasons)
    empty: Diagnostic = errors.spaces.EmptySpace(statements[0].span, "the requirements", reasons)
    return empty
