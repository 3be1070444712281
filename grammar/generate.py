"""The parser's tables from `arch.lark`, by Lark.

Comes in: the text of the grammar, its start rules, the class whose methods are the callbacks. Goes
out: `lalr.Tables`. Imported only where no tables are cached.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import lark
from lark.lexer import Lexer
from lark.parsers.lalr_analysis import Shift

from .lalr import Rule, Tables


class _Unused(Lexer):
    """Our own scanner makes the tokens."""

    def __init__(self, configuration: Any) -> None:
        pass

    def lex(self, lexer_state: Any, parser_state: Any = None) -> Iterator[Any]:
        raise NotImplementedError


def make_tables(grammar: str, starts: Sequence[str], builder: type) -> Tables:
    """Tables of plain data: numbers, texts, tuples, lists and dicts."""
    made = lark.Lark(
        grammar,
        parser="lalr",
        lexer=_Unused,
        start=list(starts),
        keep_all_tokens=True,
        maybe_placeholders=False,
    )
    table: Any = made.parser.parser._parse_table
    numbers = {id(rule): number for number, rule in enumerate(made.rules)}
    states = [
        {
            name: where if action is Shift else -1 - numbers[id(where)]
            for name, (action, where) in table.states[state].items()
        }
        for state in range(len(table.states))
    ]
    rules = [_rule(rule, builder) for rule in made.rules]
    return Tables(states, dict(table.start_states), dict(table.end_states), rules)


def _rule(rule: Any, builder: type) -> Rule:
    assert rule.options.keep_all_tokens
    name = rule.alias or rule.origin.name
    spliced = [
        place
        for place, symbol in enumerate(rule.expansion)
        if not symbol.is_term and symbol.name.startswith("_")
    ]
    return Rule(
        str(rule.origin.name),
        len(rule.expansion),
        str(name) if hasattr(builder, name) else "",
        bool(rule.options.expand1 and not rule.alias),
        tuple(spliced),
    )
