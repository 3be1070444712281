"""The parser that runs: the tables that Lark made from `arch.lark`, as plain data, and the loop
that drives them.

Comes in: tables, callbacks and tokens. Goes out: what the callback of the start rule returns.
Reading Lark's own form of the tables, and Lark itself, would take longer than checking a program
does; so Lark is needed only when `arch.lark` has changed (`generate.py`).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

END = "$END"
Parts = list[Any]


class Rule(NamedTuple):
    """A rule as the loop needs it. `callback` is a method's name, empty where the parts are handed
    up as they are; `single` gives a lone part itself; `spliced` are the places of parts that are
    handed up lists.
    """

    origin: str
    length: int
    callback: str
    single: bool
    spliced: tuple[int, ...]


class Tables(NamedTuple):
    """For each state, what follows a terminal or rule: a state, or -1 - n to reduce by rule n."""

    states: Sequence[Mapping[str, int]]
    starts: Mapping[str, int]
    ends: Mapping[str, int]
    rules: Sequence[Rule]


class UnexpectedToken(Exception):
    """A token that does not fit, None at the end, and the types that would."""

    def __init__(self, token: Any, expected: set[str]) -> None:
        self.token = token
        self.expected = expected
        super().__init__(token)


class Parser:
    """Tables with the methods of `builder` as callbacks. Without state of its own."""

    def __init__(self, tables: Tables, builder: object) -> None:
        self.tables = tables
        self.reductions = [_reduction(Rule(*rule), builder) for rule in tables.rules]

    def parse(self, tokens: Sequence[Any], start: str) -> Any:
        states, ends = self.tables.states, self.tables.ends[start]
        reductions = self.reductions
        stack, values = [self.tables.starts[start]], list[Any]()
        for token in (*tokens, None):
            kind = END if token is None else token.type
            while True:
                row = states[stack[-1]]
                action = row.get(kind)
                if action is None:
                    raise UnexpectedToken(token, {name for name in row if name.isupper()})
                if action >= 0:
                    stack.append(action)
                    values.append(token)
                    break
                origin, length, build = reductions[-1 - action]
                parts: Parts = []
                if length:
                    parts = values[-length:]
                    del stack[-length:], values[-length:]
                values.append(build(parts))
                stack.append(states[stack[-1]][origin])
                if token is None and stack[-1] == ends:
                    return values[-1]
        raise AssertionError("the end is always reduced or refused")


def _reduction(rule: Rule, builder: object) -> tuple[str, int, Callable[[Parts], Any]]:
    build = getattr(builder, rule.callback) if rule.callback else _handed_up
    build = _single(build) if rule.single else build
    return rule.origin, rule.length, _splicing(build, rule.spliced) if rule.spliced else build


def _handed_up(parts: Parts) -> Parts:
    """A list of its own, which the rule above takes apart."""
    return parts


def _splicing(method: Callable[[Parts], Any], spliced: tuple[int, ...]) -> Callable[[Parts], Any]:
    grows = spliced[0] == 0

    def splice(parts: Parts) -> Any:
        """A list that grows on its right goes on in place, or long ones would take for ever."""
        flat: Parts = parts[0] if grows else []
        for place in range(grows, len(parts)):
            if place in spliced:
                flat += parts[place]
            else:
                flat.append(parts[place])
        return method(flat)

    return splice


def _single(build: Callable[[Parts], Any]) -> Callable[[Parts], Any]:
    def single(parts: Parts) -> Any:
        return parts[0] if len(parts) == 1 else build(parts)

    return single
