"""Hypothesis strategies for syntax trees, made from the node classes and not from text."""

from typing import Any

from archc.grammar import ast
from archc.grammar.numbers import read_number
from archc.grammar.span import NOWHERE
from hypothesis import strategies as st

WORDS = ["x", "relu", "Net", "conv_2", "_y", "step", "log", "as", "train", "cell", "block", "use"]
NUMBERS = ["0", "3", "64", "0.5", "1e-3", "2.5e4", "200k", "1.5M", "1.25k", "0.0001k", "12G", "1e3"]
INFIX = ["or", "and", "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "//", "%", "**"]

Nodes = st.SearchStrategy[Any]


def make(kind: type[ast.Node], *parts: Nodes, **named: Nodes) -> Nodes:
    return st.builds(kind, *parts, span=st.just(NOWHERE), **named)


def several(items: Nodes, least: int = 0, most: int = 3) -> Nodes:
    return st.lists(items, min_size=least, max_size=most).map(tuple)


def maybe(items: Nodes) -> Nodes:
    return st.none() | items


words = st.sampled_from(WORDS)
names = make(ast.Name, words)
texts = st.text(max_size=8)
numbers = st.sampled_from(NUMBERS).map(
    lambda text: ast.Number(read_number(text) or 0, text, span=NOWHERE)
)
dotted = st.recursive(names, lambda inner: make(ast.Attribute, inner, words), max_leaves=2)
atoms = (
    names
    | numbers
    | make(ast.String, texts)
    | make(ast.Bool, st.booleans())
    | make(ast.Wildcard)
    | make(ast.Ellipsis)
    | make(ast.Open)
)


def bodies(values: Nodes) -> Nodes:
    return make(ast.Body, several(statements(values)))


def statements(values: Nodes) -> Nodes:
    return (
        make(ast.Result, values)
        | make(ast.Bind, several(words, 1), values)
        | make(ast.Let, words, values)
        | make(ast.Instance, words, values)
        | make(ast.Next, words, values)
        | make(ast.Require, values, maybe(texts))
        | make(ast.Limit, words, values)
    )


def arguments(values: Nodes) -> Nodes:
    return several(make(ast.Argument, maybe(words), values))


def compounds(inner: Nodes) -> Nodes:
    """Expressions one level above others."""
    items = inner | make(ast.Slice, maybe(inner), maybe(inner), maybe(inner))
    weights = maybe(make(ast.List, several(inner)))
    operations = make(ast.Binary, st.sampled_from(INFIX), inner, inner) | make(
        ast.Unary, st.sampled_from(["-", "not"]), inner
    )
    stages = (
        make(ast.Pipeline, several(inner, 2))
        | make(ast.Labelled, words, inner)
        | make(ast.Choice, several(inner, 2), weights)
        | make(ast.Optional, inner, weights)
        | make(ast.Range, inner, inner, maybe(inner), st.booleans())
    )
    braced = (
        make(ast.Fragment, bodies(inner))
        | make(ast.If, inner, bodies(inner), maybe(bodies(inner)))
        | make(ast.For, several(words, 1), inner, bodies(inner))
        | make(ast.Call, dotted, arguments(inner), maybe(bodies(inner)))
    )
    postfix = make(ast.Attribute, inner, words) | make(ast.Index, inner, several(items, 1))
    rows = make(ast.List, several(inner)) | make(ast.Tuple, several(inner))
    return operations | stages | braced | postfix | rows


expressions: Nodes = st.recursive(atoms, compounds, max_leaves=10)
small: Nodes = st.recursive(atoms, compounds, max_leaves=3)
types = make(ast.TensorType, maybe(words), several(small))
ports = make(ast.Port, words, maybe(types))
outputs = ports | make(ast.Port, st.none(), types)
functions = make(
    ast.Function,
    st.sampled_from(["block", "network", "cell"]),
    words,
    several(make(ast.Hyperparameter, words, dotted, maybe(small))),
    several(ports),
    several(make(ast.State, words, types, maybe(small))),
    several(outputs),
    bodies(expressions),
    name_span=st.just(NOWHERE),
)
uses = make(ast.Use, several(words, 1), alias=maybe(words)) | make(
    ast.Use, several(words, 1), names=several(words, 1)
)
settings = make(
    ast.Settings,
    st.sampled_from(["train", "search"]),
    maybe(words),
    words,
    several(make(ast.Setting, words, expressions)),
)
entries = dotted | make(ast.Call, dotted, arguments(small))
vocabularies = make(ast.Vocabulary, words, several(entries))
declarations = functions | uses | settings | vocabularies | make(ast.Let, words, expressions)
programs: Nodes = make(ast.Program, several(declarations, most=4))
