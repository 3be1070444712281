"""The parser's tables: made from `arch.lark` once, then read from a cache.

Comes in: nothing. Goes out: `parse_tokens`. The cache lies in the user's cache directory, is
readable by the user alone, and carries a checksum. A cache that is missing, damaged, foreign or
unwritable costs time, never an error.
"""

import hashlib
import marshal
import os
import sys
from contextlib import suppress
from functools import cache
from importlib import import_module
from typing import Any

from .build import Build
from .lalr import Parser, Tables, UnexpectedToken
from .tokens import Token

GRAMMAR = os.path.join(os.path.dirname(__file__), "arch.lark")
CHECKSUM = ".sha256"
STARTS = ["declaration", "statement", "setting", "entry", "expression"]
FORM = 1  # of what is cached; another form gets another number


class SyntaxFault(Exception):
    """The first token that does not fit, None where tokens are missing, and the types that
    would.
    """

    def __init__(self, token: Token | None, expected: set[str]) -> None:
        self.token = token
        self.expected = expected
        super().__init__(token)


def parse_tokens(tokens: list[Token], start: str) -> Any:
    """The node that the tokens mean. Raises `SyntaxFault`, and `Fault` for what the grammar is too
    coarse to refuse.
    """
    try:
        return _parser().parse(tokens, start=start)
    except UnexpectedToken as error:
        raise SyntaxFault(error.token, error.expected) from None


@cache
def _parser() -> Parser:
    with open(GRAMMAR, encoding="utf-8") as file:
        grammar = file.read()
    key = hashlib.sha256(f"{FORM}{grammar}{sys.version}{STARTS}".encode()).hexdigest()
    folder = _folder()
    if folder is None:
        return Parser(_made(grammar), Build())
    path = os.path.join(folder, f"grammar-{key[:32]}")
    if _is_sound(path):
        with open(path, "rb") as cached:
            return Parser(Tables(*marshal.load(cached)), Build())
    return _store(grammar, path)


def _made(grammar: str) -> Tables:
    """The tables from the grammar. Lark is imported here and nowhere else."""
    tables: Tables = import_module(".generate", __package__).make_tables(grammar, STARTS, Build)
    return tables


def _store(grammar: str, path: str) -> Parser:
    """Makes the tables and leaves them in the cache. The checksum comes last: without it the
    tables do not count.
    """
    tables = _made(grammar)
    plain: Any = (*tables[:-1], [tuple(rule) for rule in tables.rules])
    data = marshal.dumps(plain)
    with suppress(OSError):
        for stale in (path + CHECKSUM, path):
            if os.path.lexists(stale):
                os.unlink(stale)
        temporary = f"{path}.{os.getpid()}"
        with open(temporary, "wb") as file:
            file.write(data)
        os.replace(temporary, path)
        with open(path + CHECKSUM, "w", encoding="ascii") as checksum:
            checksum.write(hashlib.sha256(data).hexdigest())
    return Parser(tables, Build())


def _is_sound(path: str) -> bool:
    """Whether the cache is what was written. Damage would otherwise go unnoticed until a file
    parses wrongly.
    """
    try:
        with open(path + CHECKSUM, encoding="ascii", errors="replace") as file:
            return _digest(path) == file.read(100)
    except OSError:
        return False


def _digest(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def _folder() -> str | None:
    """The private cache directory, made if need be; None if there is none to be had."""
    base = os.environ.get("XDG_CACHE_HOME") or ""
    if not os.path.isabs(base):
        base = os.path.join(os.path.expanduser("~"), ".cache")
    folder = os.path.join(base, "archc")
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        status = os.stat(folder)
    except OSError:
        return None
    foreign = hasattr(os, "getuid") and (status.st_uid != os.getuid() or status.st_mode & 0o022)
    return None if foreign or not os.path.isabs(folder) else folder
