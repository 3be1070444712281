"""From reductions of the grammar to nodes.

Comes in: for each rule of `arch.lark`, its tokens and the nodes of its parts, all tokens kept. Goes
out: the node, with its exact span. Every method bears the name of a rule or alias. Raises `Fault`
for what the grammar is too coarse to refuse.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from . import ast, errors
from .diagnostic import Fault
from .operators import tree
from .span import Span
from .tokens import Token

Parts = Sequence[Any]  # tokens and nodes in one list


class Section(NamedTuple):
    """A part of a header or a list in brackets: its items and its extent."""

    items: tuple[Any, ...]
    span: Span
    word: str = ""


class Build:
    """The callbacks of the rules, called while a text is parsed. Without state, so one parser
    serves all threads.
    """

    # --- Declarations

    def path(self, parts: Parts) -> Section:
        return Section(tuple(part.text for part in parts[::2]), _extent(parts))

    def use_module(self, parts: Parts) -> ast.Use:
        return ast.Use(parts[1].items, span=_extent(parts))

    def use_alias(self, parts: Parts) -> ast.Use:
        return ast.Use(parts[1].items, alias=parts[3].text, span=_extent(parts))

    def use_names(self, parts: Parts) -> ast.Use:
        names = tuple(part.text for part in parts[3::2])
        return ast.Use(parts[1].items, names=names, span=_extent(parts))

    def function(self, parts: Parts) -> ast.Function:
        kind, name, *sections, body = parts
        items = {section.word: section.items for section in sections}
        return ast.Function(
            kind.text,
            name.text,
            items.get("(", ()),
            items.get("on", ()),
            items.get("with", ()),
            items.get("->", ()),
            body,
            span=_extent(parts),
            name_span=name.span,
        )

    def hyperparameters(self, parts: Parts) -> Section:
        return Section(_nodes(parts), _extent(parts), parts[0].text)

    inputs = states = outputs = hyperparameters

    def hyperparameter(self, parts: Parts) -> ast.Hyperparameter:
        default = parts[4] if len(parts) > 4 else None
        return ast.Hyperparameter(parts[0].text, parts[2], default, span=_extent(parts))

    def port(self, parts: Parts) -> ast.Port:
        type_ = parts[2] if len(parts) > 2 else None
        return ast.Port(parts[0].text, type_, span=_extent(parts))

    def unnamed_output(self, parts: Parts) -> ast.Port:
        return ast.Port(None, parts[0], span=parts[0].span)

    def state(self, parts: Parts) -> ast.State:
        initial = parts[4] if len(parts) > 4 else None
        return ast.State(parts[0].text, parts[2], initial, span=_extent(parts))

    def type(self, parts: Parts) -> ast.TensorType:
        dtype = parts[0].text if len(parts) > 1 else None
        return ast.TensorType(dtype, parts[-1].items, span=_extent(parts))

    def axes(self, parts: Parts) -> Section:
        return Section(_nodes(parts), _extent(parts))

    def settings(self, parts: Parts) -> ast.Settings:
        kind, network, entries = parts
        return self._settings(parts, kind, None, network, entries)

    def named_settings(self, parts: Parts) -> ast.Settings:
        kind, name, _, network, entries = parts
        return self._settings(parts, kind, name.text, network, entries)

    def _settings(
        self, parts: Parts, kind: Token, name: str | None, network: Token, entries: Section
    ) -> ast.Settings:
        whole, broken = _sound(entries)
        return ast.Settings(kind.text, name, network.text, whole, broken, span=_extent(parts))

    def setting_list(self, parts: Parts) -> Section:
        if parts[0].type == "BODY":
            return Section(parts[0].value, parts[0].span)
        return Section(_nodes(parts), _extent(parts))

    entry_list = setting_list

    def setting(self, parts: Parts) -> ast.Setting:
        return ast.Setting(parts[0].text, parts[2], span=_extent(parts))

    def vocabulary(self, parts: Parts) -> ast.Vocabulary:
        whole, broken = _sound(parts[2])
        return ast.Vocabulary(parts[1].text, whole, broken, span=_extent(parts))

    # --- Statements

    def body(self, parts: Parts) -> ast.Body:
        if parts[0].type == "BODY":
            return ast.Body(parts[0].value, span=parts[0].span)
        return ast.Body(_nodes(parts), span=_extent(parts))

    def bind(self, parts: Parts) -> ast.Bind:
        target, _, value = parts
        if isinstance(target, Token):
            return ast.Bind((target.text,), value, span=_extent(parts))
        return ast.Bind(tuple(map(_target, target.items)), value, span=_extent(parts))

    def let(self, parts: Parts) -> ast.Let:
        return ast.Let(parts[1].text, parts[3], span=_extent(parts))

    def instance(self, parts: Parts) -> ast.Instance:
        return ast.Instance(parts[1].text, parts[3], span=_extent(parts))

    def next(self, parts: Parts) -> ast.Next:
        return ast.Next(parts[1].text, parts[3], span=_extent(parts))

    def require(self, parts: Parts) -> ast.Require:
        message = parts[3].value if len(parts) > 3 else None
        return ast.Require(parts[1], message, span=_extent(parts))

    def limit(self, parts: Parts) -> ast.Limit:
        return ast.Limit(parts[1].text, parts[3], span=_extent(parts))

    def result(self, parts: Parts) -> ast.Result:
        span = parts[0].span
        if span.source.text[span.start] == "-":
            raise Fault(errors.BadBeginning(Span(span.source, span.start, span.start + 1)))
        return ast.Result(parts[0], span=span)

    # --- Expressions

    def pipeline(self, parts: Parts) -> ast.Pipeline:
        return ast.Pipeline(tuple(parts[::2]), span=_extent(parts))

    def label(self, parts: Parts) -> ast.Labelled:
        return ast.Labelled(parts[0].text, parts[2], span=_extent(parts))

    def weights(self, parts: Parts) -> ast.Choice | ast.Optional:
        choice, at, weights = parts
        span = _extent(parts)
        match choice:
            case ast.Choice(weights=None):
                return ast.Choice(choice.options, weights, span=span)
            case ast.Optional(weights=None):
                return ast.Optional(choice.stage, weights, span=span)
            case ast.Choice() | ast.Optional():
                raise Fault(errors.MisplacedWeights(at.span, "a choice that has no weights yet"))
        raise Fault(errors.MisplacedWeights(at.span))

    def choice(self, parts: Parts) -> ast.Choice:
        return ast.Choice(tuple(parts[::2]), span=_extent(parts))

    def fragment(self, parts: Parts) -> ast.Fragment:
        return ast.Fragment(parts[0], span=parts[0].span)

    def call_body(self, parts: Parts) -> ast.Call:
        arguments = parts[1].items if len(parts) > 2 else ()
        return ast.Call(parts[0], arguments, parts[-1], span=_extent(parts))

    def optional(self, parts: Parts) -> ast.Optional:
        return ast.Optional(parts[0], span=_extent(parts))

    def if_(self, parts: Parts) -> ast.If:
        otherwise = parts[4] if len(parts) > 4 else None
        if isinstance(otherwise, ast.If):
            result = ast.Result(otherwise, span=otherwise.span)
            otherwise = ast.Body((result,), span=otherwise.span)
        return ast.If(parts[1], parts[2], otherwise, span=_extent(parts))

    def for_(self, parts: Parts) -> ast.For:
        body, iterable = parts[-1], parts[-2]
        targets = tuple(part.text for part in parts[1:-3] if part.type == "NAME")
        return ast.For(targets, iterable, body, span=_extent(parts))

    def range(self, parts: Parts) -> ast.Range:
        low, high = parts[0], parts[2]
        step = parts[4] if len(parts) > 4 else None
        log = isinstance(parts[-1], Token) and parts[-1].type == "LOG"
        return ast.Range(low, high, step, log, span=_extent(parts))

    def operation(self, parts: Parts) -> ast.Expression:
        return tree(parts[0])

    def row(self, parts: Parts) -> list[Any]:
        """Operands and operators in a flat list, which grows in place."""
        match parts:
            case [list() as row, Token() as operator, operand]:
                row.append(operator)
                row.extend(operand)
                return row
            case [Section() as prefixes, primary]:
                return [*prefixes.items, primary]
        primary, operator, operand = parts
        return [primary, operator, *operand]

    def operand(self, parts: Parts) -> Parts:
        return parts if len(parts) == 1 else [*parts[0].items, parts[1]]

    def prefixes(self, parts: Parts) -> Section:
        return Section(tuple(parts), _extent(parts))

    def index(self, parts: Parts) -> ast.Index:
        return ast.Index(parts[0], tuple(parts[2:-1:2]), span=_extent(parts))

    def slice(self, parts: Parts) -> ast.Slice:
        bounds = [part for part in parts if not isinstance(part, Token)]
        present = [part.span for part in parts if part is not None]
        span = Span(present[0].source, present[0].start, present[-1].end)
        start, stop, *step = [None if part is None else part for part in bounds]
        return ast.Slice(start, stop, step[0] if step else None, span=span)

    def missing(self, parts: Parts) -> None:
        return None

    def name(self, parts: Parts) -> ast.Name:
        return ast.Name(parts[0].text, span=parts[0].span)

    def attribute(self, parts: Parts) -> ast.Attribute:
        return ast.Attribute(parts[0], parts[2].text, span=_extent(parts))

    def call(self, parts: Parts) -> ast.Call:
        return ast.Call(parts[0], parts[1].items, span=_extent(parts))

    def arguments(self, parts: Parts) -> Section:
        return Section(tuple(parts[1:-1:2]), _extent(parts))

    def argument(self, parts: Parts) -> ast.Argument:
        if len(parts) == 1:
            return ast.Argument(None, parts[0], span=parts[0].span)
        return ast.Argument(parts[0].text, parts[2], span=_extent(parts))

    def number(self, parts: Parts) -> ast.Number:
        return ast.Number(parts[0].value, parts[0].text, span=parts[0].span)

    def string(self, parts: Parts) -> ast.String:
        return ast.String(parts[0].value, span=parts[0].span)

    def true(self, parts: Parts) -> ast.Bool:
        return ast.Bool(True, span=parts[0].span)

    def false(self, parts: Parts) -> ast.Bool:
        return ast.Bool(False, span=parts[0].span)

    def wildcard(self, parts: Parts) -> ast.Wildcard:
        return ast.Wildcard(span=parts[0].span)

    def ellipsis(self, parts: Parts) -> ast.Ellipsis:
        return ast.Ellipsis(span=parts[0].span)

    def open(self, parts: Parts) -> ast.Open:
        return ast.Open(span=parts[0].span)

    def list(self, parts: Parts) -> ast.List:
        return ast.List(_nodes(parts), span=_extent(parts))

    def tuple(self, parts: Parts) -> ast.Tuple:
        return ast.Tuple(_nodes(parts), span=_extent(parts))

    def group(self, parts: Parts) -> ast.Node:
        """Parentheses leave no node; they widen the span of what they hold, which nothing else
        refers to yet.
        """
        object.__setattr__(parts[1], "span", _extent(parts))
        node: ast.Node = parts[1]
        return node


def _extent(parts: Parts) -> Span:
    first, last = parts[0].span, parts[-1].span
    return Span(first.source, first.start, last.end)


def _nodes(parts: Parts) -> tuple[Any, ...]:
    return tuple([part for part in parts if type(part) is not Token])


def _sound(section: Section) -> tuple[tuple[Any, ...], tuple[ast.Broken, ...]]:
    """The whole entries of a list, and those that recovery has set aside."""
    broken = tuple(item for item in section.items if isinstance(item, ast.Broken))
    return tuple(item for item in section.items if not isinstance(item, ast.Broken)), broken


def _target(item: ast.Expression) -> str:
    """A name to bind; `_` stands for a value that nothing reads."""
    match item:
        case ast.Name(id=name):
            return name
        case ast.Wildcard():
            return "_"
        case _:
            raise Fault(errors.BadTarget(item.span))
