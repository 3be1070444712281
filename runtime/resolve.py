"""A program with everything decided on the command line written into it.

Comes in: a checked file, hyperparameters, a plan. Goes out: the text of a program that trains the
same way without any flag, and the files it uses.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..compiler.settings import read_expression
from ..grammar import ast
from ..grammar.parse import parse_file
from ..grammar.print import print_program
from ..grammar.span import NOWHERE


def resolved_text(program: ast.Program, block: ast.Settings, values: Mapping[str, Any]) -> str:
    """The canonical text with `block` as the one `train` of its network, and `values` as the
    network's defaults. Values that are no hyperparameters (axes) are left out.
    """
    kept = replace(block, name=None)
    declarations: list[ast.Declaration] = []
    placed = False
    for node in program.declarations:
        if isinstance(node, ast.Function) and node.name == block.network:
            node = _with_defaults(node, values)
        if isinstance(node, ast.Settings) and node.kind == "train":
            if node.network == block.network and placed:
                continue
            if node.network == block.network:
                node, placed = kept, True
        declarations.append(node)
    if not placed:
        declarations.append(kept)
    return print_program(replace(program, declarations=tuple(declarations)))


def _with_defaults(function: ast.Function, values: Mapping[str, Any]) -> ast.Function:
    items = tuple(
        replace(item, default=_expression(item.name, values[item.name]))
        if item.name in values
        else item
        for item in function.hyperparameters
    )
    return replace(function, hyperparameters=items)


def _expression(name: str, value: Any) -> ast.Expression:
    """A text is read as `.arch`, as everywhere; other values are written first."""
    text = value if isinstance(value, str) else json.dumps(value)
    return _nowhere(read_expression(name, text))


def _nowhere(node: ast.Expression) -> ast.Expression:
    """The place of an override is not in the file, whose comments the printer looks up."""
    return replace(node, span=NOWHERE)


def used_files(program: ast.Program, root: Path) -> Iterator[tuple[Path, Path]]:
    """The files that a program uses from its own folder: relative path and where each lies."""
    waiting = [program]
    seen: set[Path] = set()
    while waiting:
        for node in waiting.pop().declarations:
            if not isinstance(node, ast.Use) or node.path[0] == "std":
                continue
            relative = Path(*node.path).with_suffix(".arch")
            found = root / relative
            if relative in seen or not found.is_file():
                continue
            seen.add(relative)
            yield relative, found
            waiting.append(parse_file(found).program)
