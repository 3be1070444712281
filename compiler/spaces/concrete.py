"""A drawn program written out: an ordinary `.arch` program in which nothing is open.

Comes in: an expansion, with what was decided where, and which block was used where. Goes out: the
program with every choice replaced by what was taken. Turns of a repeat that came out alike stay a
repeat, others are written out; a block that came out differently at its uses becomes several
blocks.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeGuard

from ...grammar import ast
from ...grammar.span import NOWHERE
from ..settings import loss_names
from .foreign import Imports
from .open_network import Expansion
from .process import Process
from .syntax import bare
from .writer import Writer

ANY = "_"
"""What settings call a network where its name is of no matter."""


def concretise(process: Process, expansion: Expansion, program: ast.Program) -> ast.Program:
    """The program of an expansion of `program`, with its `train`, without `search`."""
    imports = Imports(program, process.network.reference.home.names())
    writer = Writer(expansion, process.network.reference, imports)
    network = writer.network(process.network.overrides)
    losses = loss_names(program, network.name)
    others = {  # written first: they use blocks too
        id(item): writer.declaration(item)
        for item in program.declarations
        if _is_kept(item, process.network.reference.function.name)
    }
    kept: list[ast.Declaration] = []
    for declaration in program.declarations:
        if declaration is process.network.reference.function:
            kept.append(network)
        elif id(declaration) in others:
            kept.append(others[id(declaration)])
        elif isinstance(declaration, ast.Function):
            alone = declaration.name in losses
            made = [bare(declaration)] if alone else writer.versions.of(declaration, writer)
            kept += made if alone else map(_as_block, made)
    lets, foreign = writer.lets.declarations(writer), writer.versions.foreign()
    first = next(
        (place for place, item in enumerate(kept) if not isinstance(item, ast.Use)), len(kept)
    )
    kept[first:first] = [*imports.added, *lets, *foreign]
    return ast.Program(_used(kept, network.name), span=NOWHERE)


def _as_block(function: ast.Function) -> ast.Function:
    """Networks that the network uses are blocks to it: the program has one network."""
    return function if function.kind != "network" else replace(function, kind="block")


def _is_kept(
    declaration: ast.Declaration, network: str
) -> TypeGuard[ast.Settings | ast.Use | ast.Let]:
    if isinstance(declaration, ast.Settings):
        return declaration.kind == "train" and declaration.network == network
    return isinstance(declaration, (ast.Use, ast.Let))


def settings_of(program: ast.Program) -> ast.Program:
    """The `train` blocks of a program with all that they name, of no network by name."""
    blocks = [item for item in program.declarations if isinstance(item, ast.Settings)]
    kept = [item for item in _used(program.declarations) if not isinstance(item, ast.Settings)]
    return ast.Program((*kept, *(replace(block, network=ANY) for block in blocks)), span=NOWHERE)


def _used(declarations: Sequence[ast.Declaration], *start: str) -> tuple[ast.Declaration, ...]:
    """The declarations that some of them, and the settings, reach."""
    settings = [item for item in declarations if isinstance(item, ast.Settings)]
    functions = [item for item in declarations if isinstance(item, (ast.Function, ast.Let))]
    named = {item.name: _names(item) for item in functions}
    wanted = set().union(*map(_names, settings))
    reached: set[str] = set()
    waiting = [*start, *wanted]
    while waiting:
        name = waiting.pop()
        if name in named and name not in reached:
            reached.add(name)
            waiting += named[name]
    wanted = wanted.union(*(named[name] for name in reached))
    return tuple(item for item in declarations if _reached(item, reached, wanted))


def _reached(item: ast.Declaration, reached: set[str], wanted: set[str]) -> bool:
    match item:
        case ast.Function(name=name) | ast.Let(name=name):
            return name in reached
        case ast.Use(names=(), alias=alias, path=path):
            return (alias or path[-1]) in wanted
        case ast.Use(names=names):
            return bool(set(names) & wanted)
        case _:
            return True


def _names(node: ast.Node) -> set[str]:
    """The names in a node."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        item = waiting.pop()
        if isinstance(item, ast.Name):
            found.add(item.id)
        waiting += ast.children(item)
    return found
