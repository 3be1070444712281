"""A vocabulary as edits draw from it: layers and blocks with domains for what they are given.

Comes in: a `vocabulary` of a program, or the built-in one. Goes out: calls in which nothing is
open, and the domains of single hyperparameters. May be assumed: ranges are written in numbers or in
`let`s of numbers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import floor
from typing import Any

from ....grammar import ast
from ....grammar.diagnostic import ProgramError
from ....grammar.parse import parse, parse_expression
from ....grammar.print import print_expression
from ....grammar.span import NOWHERE
from ...expand.naming import last_part
from ...expand.vocabularies import built_in_text
from ...hyperparameter import BoolKind
from ...program import Program
from ...registry import find_layer
from ..random import Random, cumulate, scaled
from ..syntax import bare, literal
from .tree import name, names_in

BUILT_IN = "BuiltIn"
WIDE = 16
"""A range of so many whole numbers or more is a size: it may be made to fit."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """`entries` are calls and names; `donors` the declarations that they may need, which travel
    into a program with the first entry that does; `numbers` are `let`s of numbers.
    """

    name: str
    entries: tuple[Any, ...]
    donors: tuple[ast.Declaration, ...] = ()
    numbers: Mapping[str, Any] | None = None

    def order(self, random: Random) -> list[Any]:
        """The entries in an order drawn."""
        left = list(self.entries)
        return [left.pop(random.below(len(left))) for _ in range(len(left))]

    def draw(self, entry: Any, random: Random, size: int | None = None) -> Any:
        """An entry with everything decided; with `size`, wide ranges that hold it are that."""
        return _Draw(self, random, size).entry(entry)

    def entry_of(self, called: str) -> Any:
        """The entry of a layer or block, None where the vocabulary has none."""
        return next((item for item in self.entries if _called(item) == called), None)

    def domain(self, called: str, hyperparameter: str, position: int) -> Any:
        """What a hyperparameter may be, as an expression; None where nothing is open in it."""
        entry = self.entry_of(called)
        if not isinstance(entry, ast.Call):
            return None
        for place, argument in enumerate(entry.arguments):
            given = argument.name or (place if place == position else None)
            if given in (hyperparameter, position):
                value = argument.value
                found = own_domain(called, hyperparameter) if _is_open(value) else value
                return found if _varies(found) else None
        return None

    def value(self, domain: Any, random: Random, size: int | None = None) -> Any:
        """A value of a domain, as an expression."""
        return _Draw(self, random, size).settle(domain)


def read(source: "Program | str | None", program: Program) -> Vocabulary:
    """A vocabulary: None is the built-in one, a text the name of one in the program itself, or the
    text of one; a program holds one. Raises ValueError.
    """
    if source is None or source == BUILT_IN:
        return built_in()
    if isinstance(source, str) and "{" not in source:
        return declared(program, source)
    if isinstance(source, str):
        parsed = parse(source, "<vocabulary>")
        if parsed.reports:
            raise ValueError(
                f"the vocabulary does not parse: {parsed.reports[0].diagnostic.message()}"
            )
        _expect_sound(_beside(parsed.program, program))
        return declared(Program(parsed.program, "<vocabulary>", program.folder), None)
    return foreign(source, None)


def foreign(program: Program, wanted: str | None) -> Vocabulary:
    """The vocabulary of a name in another program, or its only one. Raises ProgramError where that
    program is wrong, ValueError.
    """
    _expect_sound(program)
    return declared(program, wanted)


def _beside(text: ast.Program, program: Program) -> Program:
    """The text with what it may name of a program."""
    own = {found for item in text.declarations for found in offers(item)}
    others = (item for item in _lent(program.tree) if own.isdisjoint(offers(item)))
    tree = replace(text, declarations=(*text.declarations, *others))
    return Program(tree, "<vocabulary>", program.folder)


def _expect_sound(program: Program) -> None:
    reports = program.check().reports
    if any(report.is_error for report in reports):
        raise ProgramError(reports)


@cache
def built_in() -> Vocabulary:
    """Every layer that maps a tensor to a tensor, with its own domains."""
    parsed = parse(built_in_text(), "<built-in vocabulary>")
    return of_tree(parsed.program, BUILT_IN)


def declared(program: Program, wanted: str | None) -> Vocabulary:
    """The vocabulary of a name in a program, or its only one. Raises ValueError."""
    found = [item for item in program.tree.declarations if isinstance(item, ast.Vocabulary)]
    known = ", ".join(item.name for item in found) or "none"
    fitting = [item for item in found if wanted in (None, item.name)]
    if len(fitting) != 1:
        which = f"no vocabulary `{wanted}`" if wanted else "not one vocabulary"
        raise ValueError(f"{program.filename} holds {which}; there is {known}")
    return of_tree(program.tree, fitting[0].name)


def of_tree(tree: ast.Program, wanted: str) -> Vocabulary:
    """The vocabulary of a name, with what its entries need of the file around it."""
    vocabularies = {
        item.name: item for item in tree.declarations if isinstance(item, ast.Vocabulary)
    }
    entries = _flat(wanted, vocabularies)
    kept = tuple(map(bare, _lent(tree)))
    numbers = {item.name: item.value for item in kept if isinstance(item, ast.Let)}
    return Vocabulary(wanted, tuple(bare(item) for item in entries), kept, numbers)


def _lent(tree: ast.Program) -> list[ast.Declaration]:
    """What entries may name of a file."""
    return [
        item
        for item in tree.declarations
        if isinstance(item, ast.Let | ast.Use)
        or (isinstance(item, ast.Function) and item.kind != "network")
    ]


def _flat(wanted: str, vocabularies: Mapping[str, ast.Vocabulary]) -> list[Any]:
    """The entries of a vocabulary, those of the vocabularies in it in their place. May be assumed:
    none takes its entries from itself. Raises ValueError.
    """
    entries: list[Any] = []
    for entry in vocabularies[wanted].entries:
        inner = _nested(entry)
        if inner is None:
            entries.append(entry)
        elif not all(name in vocabularies for name in inner):
            raise ValueError(
                f"`{print_expression(entry)}` of the vocabulary {wanted} names none of its own "
                "file: grow with that one, `FILE.arch:NAME`, or write its entries out"
            )
        else:
            entries += [found for name in inner for found in _flat(name, vocabularies)]
    return entries


def _nested(entry: Any) -> tuple[str, ...] | None:
    """The vocabularies that `any(Other)` or `any(One | Two)` names, an empty text for what is no
    plain name; None for another entry.
    """
    match entry:
        case ast.Call(function=ast.Name(id="any"), arguments=(ast.Argument(value=value),)):
            options = value.options if isinstance(value, ast.Choice) else (value,)
            return tuple(item.id if isinstance(item, ast.Name) else "" for item in options)
        case _:
            return None


def own_domain(called: str, hyperparameter: str) -> Any:
    """The domain that a layer declares for a hyperparameter, as an expression; None without one."""
    layer = find_layer(called)
    items = {} if layer is None else {item.name: item for item in layer.hyperparameters()}
    item = items.get(hyperparameter)
    if item is None or (item.domain is None and not isinstance(item.kind, BoolKind)):
        return None
    text = "true | false" if item.domain is None else str(item.domain)
    return parse_expression(text, "<domain>").expression


def needed(value: Any, donors: Sequence[ast.Declaration]) -> list[ast.Declaration]:
    """The declarations that an expression reads, and those that they read."""
    wanted = names_in(value)
    found: list[ast.Declaration] = []
    grown = True
    while grown:
        grown = False
        for item in donors:
            if item not in found and not offers(item).isdisjoint(wanted):
                found.append(item)
                wanted |= names_in(item)
                grown = True
    return [item for item in donors if item in found]


def offers(item: ast.Declaration) -> set[str]:
    """The names that a declaration gives to its file."""
    match item:
        case ast.Use(names=(), path=path, alias=alias):
            return {alias or path[-1]}
        case ast.Use(names=names):
            return set(names)
        case ast.Function(name=found) | ast.Let(name=found):
            return {found}
        case _:
            return set()


def _called(entry: Any) -> str:
    return last_part(entry.function if isinstance(entry, ast.Call) else entry)


def _is_open(node: Any) -> bool:
    return isinstance(node, ast.Open)


def _varies(node: Any) -> bool:
    return isinstance(node, (ast.Choice, ast.Range, ast.Optional))


class _Draw:
    """Decides what is open in an expression."""

    def __init__(self, vocabulary: Vocabulary, random: Random, size: int | None) -> None:
        self.vocabulary = vocabulary
        self.random = random
        self.size = size

    def entry(self, entry: Any) -> Any:
        """An entry with each of its arguments decided."""
        if _is_open(entry):
            inner = built_in()
            return inner.draw(inner.order(self.random)[0], self.random, self.size)
        if not isinstance(entry, ast.Call):
            return self.settle(entry)
        called = _called(entry)
        layer = find_layer(called)
        items = [] if layer is None else [item.name for item in layer.hyperparameters()]
        arguments = []
        for place, argument in enumerate(entry.arguments):
            key = argument.name or (items[place] if place < len(items) else "")
            value = own_domain(called, key) if _is_open(argument.value) else argument.value
            if value is None:
                raise ValueError(f"`{key}` of {called} declares no domain for `?`")
            arguments.append(ast.Argument(argument.name, self.settle(value), span=NOWHERE))
        return replace(entry, arguments=tuple(arguments))

    def settle(self, node: Any) -> Any:
        match node:
            case ast.Choice(options=options, weights=weights):
                return self.settle(options[self._pick(len(options), weights)])
            case ast.Optional(stage=stage, weights=weights):
                return self.settle((stage, name("identity"))[self._pick(2, weights)])
            case ast.Range():
                return literal(self._number(node))
            case ast.Call():
                return self.entry(node)
            case ast.List(items=items):
                return ast.List(tuple(map(self.settle, items)), span=NOWHERE)
            case _:
                return bare(node)

    def _pick(self, count: int, weights: Any) -> int:
        if weights is None:
            return self.random.below(count)
        return self.random.pick(cumulate([self._constant(item) for item in weights.items]))

    def _number(self, node: ast.Range) -> int | float:
        low, high = self._constant(node.low), self._constant(node.high)
        step = None if node.step is None else self._constant(node.step)
        if any(isinstance(item, float) for item in (low, high, step)):
            return self._real(low, high, step, logarithmic=node.log)
        return self._whole(low, high, step or 1, logarithmic=node.log)

    def _real(self, low: float, high: float, step: float | None, *, logarithmic: bool) -> float:
        if step is None:
            return self.random.between(low, high, logarithmic=logarithmic)
        count = int((high - low) / step + 1e-9) + 1
        if logarithmic:
            drawn = scaled(self.random.real(), low, low + step * count, logarithmic=True)
            taken = min(int((drawn - low) / step), count - 1)
        else:
            taken = self.random.below(count)
        return float(f"{low + step * taken:.12g}")

    def _whole(self, low: int, high: int, step: int, *, logarithmic: bool) -> int:
        count = (high - low) // step + 1
        size = self.size
        if size is not None and count >= WIDE and low <= size <= high and (size - low) % step == 0:
            return size
        if not logarithmic:
            return low + step * self.random.below(count)
        drawn = scaled(self.random.real(), low, high + step, logarithmic=True)
        return min(low + step * floor((drawn - low) / step), low + step * (count - 1))

    def _constant(self, node: Any) -> Any:
        """A number that an end of a range or a weight is."""
        match node:
            case ast.Number(value=value):
                return value
            case ast.Unary(operator="-", operand=operand):
                return -self._constant(operand)
            case ast.Name(id=found) if found in (self.vocabulary.numbers or {}):
                return self._constant((self.vocabulary.numbers or {})[found])
            case _:
                raise ValueError("the ranges of a vocabulary that is grown with are of numbers")
