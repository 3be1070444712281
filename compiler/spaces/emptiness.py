"""Why a space holds no valid program: what its ways run into, and where nothing is left; or which
requirements of costs no program fulfils.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from ...grammar.diagnostic import Diagnostic, Report, Step
from .. import errors
from ..expand.requirements import names_read
from .costs import Requirements, Totals, plus
from .limit import SpaceLimit
from .process import Process
from .states import State, decisions_of, edge
from .sums import Sums
from .trace import value_of

HOPELESS = "nothing that may follow makes what is wanted at the end"
SUMS_BUDGET = 1_000
"""How many expansions may find out what the programs of a space cost."""
MOST_QUESTIONS = 20_000
"""How often it may be asked whether costs fulfil a requirement."""


def reason_of(process: Process, root: State) -> Report:
    """The error itself where every way runs into the same one: it is not the choices' fault, unless
    it is told in the numbers of each, which names the choice too. Else the last choice with options
    before the end of the ways, and what stopped each.
    """
    ends = _ends(root)
    found = [item.reason for item in ends if item.reason is not None]
    if root.reason is not None and not found:
        return Report(root.reason)
    totals = _totals(process, root)
    if totals:
        return Report(unfulfilled(process.network.requirements, totals))
    alike = len({(item.code, _place(item)) for item in found}) == 1
    alike = alike and not any(item.hopeless for item in ends)
    last = _last_choice(root)
    if alike and not _unmet(process, root):
        told = {(item.message(), *item.notes()) for item in found}
        return Report(found[0], _whatever(last) if len(told) > 1 else ())
    stopped = process.outlook.reason or root.reason
    if last is None and stopped is not None:
        return Report(stopped)
    if last is None:
        return Report(unfulfilled(process.network.requirements, ()))
    return Report(_empty(last))


def _last_choice(root: State) -> State | None:
    """The first that is met of the choices of which an option is refused for itself."""
    state = root
    while not _refuses(state):
        deeper = [child for child in _children(state) if child.site is not None]
        if not deeper:
            return None
        state = deeper[0]
    return state


def _children(state: State) -> Iterable[State]:
    """Where the decisions of a state are known to lead, in the order of the text."""
    keys = (edge(state, decision) for decision in decisions_of(state.domain))
    return [state.children[key] for key in keys if key in state.children]


def _whatever(choice: State | None) -> tuple[Step, ...]:
    if choice is None or choice.site is None:
        return ()
    name = choice.site.name
    return (Step(choice.site.node.span, f"so it ends with every option of `{name}` here"),)


def _empty(state: State) -> Diagnostic:
    """The options of a choice with what each runs into first."""
    assert state.site is not None
    stopped: dict[str, list[str]] = {}
    for decision in decisions_of(state.domain):
        message = _first_end(state.children.get(edge(state, decision)))
        if message is not None:
            option = "" if state.real else str(value_of(state.domain, decision))
            stopped.setdefault(message, []).append(option)
    reasons = tuple((tuple(options), message) for message, options in stopped.items())
    empty: Diagnostic = errors.emptiness.EmptySpace(state.site.node.span, state.site.name, reasons)
    return empty


def _first_end(state: State | None) -> str | None:
    """What stopped the first way from a state on."""
    while state is not None and not state.hopeless:
        if state.reason is not None:
            return state.reason.message()
        state = next((child for child in _children(state) if child.dead), None)
    return None if state is None else HOPELESS


def _place(diagnostic: Diagnostic) -> Any:
    span = next(iter(diagnostic.labels())).span
    return span.source.name, span.start, span.end


def _refuses(state: State) -> bool:
    """Whether an option of a choice is refused for itself."""
    return any(child.reason is not None or child.hopeless for child in _children(state))


def _ends(root: State) -> list[State]:
    """What is refused for itself, wherever it stands."""
    found, waiting, seen = [], [root], {root}
    while waiting:
        for child in _children(waiting.pop()):
            if child.reason is not None or child.hopeless:
                found.append(child)
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


# --- requirements of costs ------------------------------------------------------------------------


def _totals(process: Process, root: State) -> Sequence[Totals]:
    """What programs of the space cost, whether or not they fulfil what is required; nothing where
    that takes too long to find out.
    """
    if not process.network.requirements.statements:
        return ()
    try:
        with process.budget.allowance(SUMS_BUDGET):
            rests = Sums(process).of(root)
    except SpaceLimit:
        return ()
    if len(rests) * len(process.network.requirements.statements) > MOST_QUESTIONS:
        return ()
    costs = len(process.network.requirements.names)
    return [plus(process.start, rest)[:costs] for rest in rests]


def unfulfilled(requirements: Requirements, totals: Sequence[Totals]) -> Diagnostic:
    """The requirements at fault: each that no program fulfils; where there is none, the fewest
    found that no program fulfils together. Without totals it is all of them.
    """
    every = range(len(requirements.statements))
    fulfilled = {tuple(requirements.each(total)) for total in totals}
    alone = [one for one in every if not any(answers[one] for answers in fulfilled)]
    single = bool(totals and alone) or len(every) == 1
    at_fault = alone if single else _together(every, fulfilled)
    statements = [requirements.statements[one] for one in at_fault]
    spans = tuple(item.span for item in statements)
    read = {name for item in statements for name in names_read(item.condition)}
    costs = tuple(
        (name, min(column), max(column))
        for name, column in zip(requirements.names, zip(*totals, strict=True), strict=False)
        if name in read
    )
    none: Diagnostic = errors.emptiness.NoneFulfils(spans, costs, together=not single)
    return none


def _together(every: Sequence[int], fulfilled: set[tuple[bool, ...]]) -> list[int]:
    """Requirements that nothing fulfils all of: without any one of them, something does."""
    kept = list(every)
    for one in every if fulfilled else ():
        others = [item for item in kept if item != one]
        if not any(all(answers[item] for item in others) for answers in fulfilled):
            kept = others
    return kept
