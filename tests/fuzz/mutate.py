"""Programs made wrong: by character, by token, by tree.

Comes in: a text, others to take pieces from, a generator of random numbers. Goes out: a text.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from random import Random

from archc.grammar import ast
from archc.grammar.parse import parse

TOKEN = re.compile(r"#.*|\"[^\"\n]*\"|[A-Za-z_]\w*|[\d.]+\w*|->|\*\*|//|[=!<>]=|\.\.\.?|\s+|.")
CHARACTERS = '(){}[]->:,=+*/%|?@.#"\\ \n_09azAZé\t\0\r𝔸-'
VALUES = [
    "0", "-1", "1", "2", "1.5", "1e308", "1e-9", "2 ** 200", "9223372036854775808", "1G", "100k",
    "true", "[]", "[1, 2]", "[[1, 2], 3]", '""', '"same"', "same", "_", "...", "()", "{ }", "relu",
    "conv", "f32", "N", "x", "T", "C", "-x", "x[0]", "range(5)", "not true", "1 | 2", "1..4", "?",
    "h", "std", "(x, x)", "{ relu -> relu }", "repeat", "scan", "len", "constant(1)",
]  # fmt: skip
WRAPPERS = [
    "repeat(2) {{ {} }}", "share(2) {{ {} }}", "residual {{ {} }}", "fork {{ {}, {} }}", "({})",
    "[{}]", "-{}", "label: {}", "{}?", "{} | {}", "{} -> {}", "{} + {}", "if 1 == 1 {{ {} }}",
    "for i in range(2) {{ {} }}", "({}, {})", "{}(2)", "{}.a", "{}[0]", "let f = {}\n",
    "layer f = {}\n", "x = {}\n", "next h = {}\n", "require {}\n", "scan({})", "{}, {}",
]  # fmt: skip


def mutate(text: str, others: Sequence[str], random: Random) -> str:
    """One to four changes."""
    for _ in range(random.choice((1, 1, 1, 2, 2, 3, 4))):
        change = random.choice(CHANGES)
        text = change(text, others, random)
    return text


def _characters(text: str, others: Sequence[str], random: Random) -> str:
    start = random.randrange(len(text) + 1)
    end = min(len(text), start + random.choice((0, 1, 1, 2, 8, 40)))
    middle = random.choice(
        (
            "",
            random.choice(CHARACTERS),
            random.choice(CHARACTERS) * random.choice((2, 300)),
            text[start:end] * 2,
            text[start:end][::-1],
        )
    )
    return text[:start] + middle + text[end:]


def _tokens(text: str, others: Sequence[str], random: Random) -> str:
    tokens = TOKEN.findall(text)
    if not tokens:
        return text
    place = random.randrange(len(tokens))
    match random.randrange(5):
        case 0:
            del tokens[place]
        case 1:
            tokens.insert(place, random.choice(tokens))
        case 2:
            other = random.randrange(len(tokens))
            tokens[place], tokens[other] = tokens[other], tokens[place]
        case 3:
            tokens[place] = random.choice(VALUES)
        case _:
            tokens[place] = random.choice(TOKEN.findall(random.choice(others)) or [""])
    return "".join(tokens)


@lru_cache(maxsize=2000)
def _pieces(text: str) -> tuple[tuple[int, int], ...]:
    """Where the expressions, statements and declarations of a text stand."""
    found = []
    waiting: list[ast.Node] = list(parse(text).program.declarations)
    while waiting:
        node = waiting.pop()
        if node.span.end > node.span.start:
            found.append((node.span.start, node.span.end))
        waiting.extend(ast.children(node))
    return tuple(sorted(found))


def _tree(text: str, others: Sequence[str], random: Random) -> str:
    places = _pieces(text)
    if not places:
        return _tokens(text, others, random)
    start, end = random.choice(places)
    piece = text[start:end]
    match random.randrange(5):
        case 0:
            new = random.choice(VALUES)
        case 1:
            new = random.choice(WRAPPERS).replace("{}", "\0").format().replace("\0", piece)
        case 2:
            new = _piece_of(random.choice(others), random)
        case 3:
            new = _piece_of(text, random)
        case _:
            new = random.choice(("", f"{piece}\n{piece}", f"{piece} -> {piece}"))
    return text[:start] + new + text[end:]


def _piece_of(text: str, random: Random) -> str:
    places = _pieces(text)
    if not places:
        return ""
    start, end = random.choice(places)
    return text[start:end]


CHANGES: Sequence[Callable[[str, Sequence[str], Random], str]] = (
    _characters,
    _tokens,
    _tree,
    _tree,
)
