"""The parser's tables: made from `arch.lark` once, then read from a cache.

Comes in: nothing. Goes out: `parse_tokens`. The cache lies in the user's cache directory, is readable by the user alone, and
carries a checksum. A cache that is missing, damaged, foreign or unwritable costs time, never an error.
"""

import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import lark
from lark.lexer import Lexer

from .build import Build
from .tokens import Token

GRAMMAR = Path(__file__).with_name("arch.lark")
STARTS = ["declaration", "statement", "setting", "entry", "expression"]


class _Ready(Lexer):
    """Hands over tokens that are already there."""

    def __init__(self, configuration: Any) -> None:
        pass

    def lex(self, tokens: Any) -> Iterator[Any]:  # type: ignore[override]
        return iter(tokens)


class SyntaxFault(Exception):
    """The first token that does not fit, of type `$END` where tokens are missing, and the types that would."""

    def __init__(self, token: Token, expected: set[str]) -> None:
        self.token = token
        self.expected = expected
        super().__init__(token)


def parse_tokens(tokens: list[Token], start: str) -> Any:
    """The node that the tokens mean. Raises `SyntaxFault`, and `Fault` for what the grammar is too coarse to refuse."""
    try:
        return _parser().parse(tokens, start=start)  # type: ignore[arg-type]
    except lark.UnexpectedToken as error:
        raise SyntaxFault(error.token, error.expected) from None  # type: ignore[arg-type]


@cache
def _parser() -> lark.Lark:
    grammar = GRAMMAR.read_text(encoding="utf-8")
    key = hashlib.sha256(f"{grammar}{lark.__version__}{sys.version}{STARTS}".encode()).hexdigest()
    folder = _folder()
    if folder is None:
        return _build(grammar, cache=False)
    path = folder / f"grammar-{key[:32]}"
    if _is_sound(path):
        return _build(grammar, cache=str(path))
    return _store(grammar, path)


def _build(grammar: str, cache: str | bool) -> lark.Lark:
    return lark.Lark(
        grammar,
        parser="lalr",
        lexer=_Ready,
        start=STARTS,
        keep_all_tokens=True,
        maybe_placeholders=False,
        transformer=Build(),
        cache=cache,
    )


def _store(grammar: str, path: Path) -> lark.Lark:
    """Builds the tables and leaves them in the cache. The checksum comes last: without it the tables do not count."""
    checksum = path.with_suffix(".sha256")
    try:
        checksum.unlink(missing_ok=True)
        path.unlink(missing_ok=True)
    except OSError:
        return _build(grammar, cache=False)
    parser = _build(grammar, cache=str(path))
    with suppress(OSError):
        checksum.write_text(_digest(path), encoding="ascii")
    return parser


def _is_sound(path: Path) -> bool:
    """Whether the cache is what was written. Damage would otherwise go unnoticed until a file parses wrongly."""
    try:
        expected = path.with_suffix(".sha256").read_text(encoding="ascii", errors="replace")
        return _digest(path) == expected
    except OSError:
        return False


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _folder() -> Path | None:
    """The private cache directory, made if need be; None if there is none to be had."""
    base = os.environ.get("XDG_CACHE_HOME") or ""
    try:
        root = Path(base) if os.path.isabs(base) else Path.home() / ".cache"
        folder = root / "archc"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if hasattr(os, "getuid") and (
            folder.stat().st_uid != os.getuid() or folder.stat().st_mode & 0o022
        ):
            return None
    except (OSError, RuntimeError):
        return None
    return folder
