"""Parsing and checking long files, against Lark's own tree of the same text.

Comes in: copies of a page of `.arch` in one file. Ours is the whole way from text to checked graphs
with every span. The reference stops at Lark's untyped tree: the same grammar, the same tokens after
the same newline filter, no transformer. It is measured twice, as Lark comes and with the collector
of garbage paused, as ours is.
"""

import gc
import math
from collections.abc import Callable
from functools import partial
from typing import Any

import lark
from archc.compiler.check import check_text
from archc.grammar import tables
from archc.grammar.brackets import match
from archc.grammar.newlines import split
from archc.grammar.parse import parse
from archc.grammar.span import Source
from archc.grammar.tokens import Token, scan
from harness import Bar, Report, main, require, timed

PAGE = """
# A residual network, number {n}.
block Residual{n}(width: int, stride: int = 1) on x: f32[N, C, H, W] -> f32[N, width, _, _] {{
    body = x -> conv(width, 3, stride=stride, bias=false) -> batchnorm -> relu
        -> conv(width, 3, bias=false) -> batchnorm
    skip = x
        -> if stride == 1 and C == width {{
            identity
        }} else {{
            conv(width, 1, stride=stride, bias=false) -> batchnorm
        }}
    body + skip -> relu
}}

block Attend{n}(heads: int) on x: f32[N, T, D] -> f32[N, T, D] {{
    require D % heads == 0: "the heads divide the width"
    (q, k, v) = x -> project: dense(3 * D) -> split(3, axis=-1)
    (q, k, v)
        -> attention(heads)
        -> out: dense(D)
}}

network Net{n}(
    width: int = 16,
    classes: int = 10,
)
    on image: f32[N, 3, H, W]
    -> f32[N, classes] {{
    a = image -> stem: conv(width, 3) -> batchnorm -> relu
    b = a -> Residual{n}(2 * width, stride=2)
    c = b
        -> fork {{
            conv(width, 1) -> relu
            conv(width, 3) -> relu
        }}
        -> concat(axis=1)
    d = c
        -> flatten(start=2)
        -> transpose(1, 2)
        -> Attend{n}(4)
    # The mean of all places.
    d -> mean(axes=[1])
        -> head: dense(classes)
}}
"""


def program(lines: int) -> str:
    """A file of so many lines, or a page more."""
    pages = math.ceil(lines / PAGE.count("\n"))
    return "".join(PAGE.format(n=n) for n in range(pages))


def trees_of_lark(text: str) -> Callable[[], list[Any]]:
    """What makes Lark's trees of a text, one for each declaration.

    It finds the tokens as ours does. Lark wants tokens of its own class, though: those are made
    before any clock starts.
    """
    with open(tables.GRAMMAR, encoding="utf-8") as file:
        grammar = file.read()
    parser = lark.Lark(grammar, parser="lalr", lexer=_Ready, start="declaration")
    ready = [[_of_lark(token) for token in chunk] for chunk in tokens_of(text)]

    def trees() -> list[Any]:
        tokens_of(text)
        return [parser.parse(chunk) for chunk in ready]

    return trees


def tokens_of(text: str) -> list[list[Token]]:
    tokens, _ = match(scan(Source("", text)).tokens)
    return split(tokens)


def _of_lark(token: Token) -> lark.Token:
    return lark.Token(token.type, token.text, token.span.start, end_pos=token.span.end)


class _Ready(lark.lexer.Lexer):
    """Hands over tokens that are already there."""

    def __init__(self, configuration: Any) -> None:
        pass

    def lex(self, tokens: Any) -> Any:  # type: ignore[override]
        return iter(tokens)


def paused(work: Callable[[], object]) -> None:
    gc.disable()
    try:
        work()
    finally:
        gc.enable()


def measure(report: Report) -> None:
    lines = 1_000 if report.quick else 10_000
    text = program(lines)
    checked = check_text(text)
    require(checked.ok, f"the program is wrong: {checked.reports[:1]}")
    trees = trees_of_lark(text)
    require(len(trees()) == len(checked.program.declarations), "the trees differ")
    del checked
    ours, reference = partial(check_text, text), trees
    title = f"parse + check of {lines:,} lines"
    report.compare(title, ours, reference, turns=7, bar=Bar(most=3))
    paused_tree = partial(paused, reference)
    report.compare(f"{title}, Lark's collector paused", ours, paused_tree, turns=7)
    parsing = partial(parse, text)
    report.compare(f"parse alone of {lines:,} lines", parsing, reference, turns=7)
    report.facts = growth(report.quick)


def growth(quick: bool) -> dict[str, object]:
    """Seconds by lines, and the exponent of the growth: 1 is linear."""
    sizes = [250, 1_000] if quick else [1_000, 10_000, 100_000]
    texts = {size: program(size) for size in sizes}
    seconds = {size: timed(partial(check_text, texts[size])) for size in sizes}
    if not quick:  # the quickest of several, for what is quick: noise only ever adds
        for size in (1_000, 1_000, 1_000, 10_000, 10_000, 100_000):
            seconds[size] = min(seconds[size], timed(partial(check_text, texts[size])))
    ends = sizes[0], sizes[-1]
    grown = math.log(seconds[ends[1]] / seconds[ends[0]]) / math.log(ends[1] / ends[0])
    return {
        "seconds of parse + check by lines": {f"{size:,}": seconds[size] for size in sizes},
        "lines per second": round(sizes[-1] / seconds[sizes[-1]]),
        "exponent": round(grown, 3),
    }


if __name__ == "__main__":
    main("parse", "Long files, against Lark's own tree of the same text", measure)
