"""A program with everything decided on the command line written into it.

Comes in: a checked file, hyperparameters, a plan. Goes out: the text of a program that trains the
same way without any flag.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..compiler.check import Checked
from ..compiler.settings import read_expression
from ..grammar import ast
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


def moved(block: ast.Settings, root: Path, folder: Path) -> ast.Settings:
    """The block as it says the same in a file of another folder: paths of files, which are relative
    to the program's own, lead there from the new one. Far ones become absolute.
    """
    settings = tuple(
        replace(item, value=_moved(item.value, root.resolve(), folder.resolve()))
        for item in block.settings
    )
    return replace(block, settings=settings)


def _moved(value: ast.Expression, root: Path, folder: Path) -> ast.Expression:
    """A call such as `csv("a.csv")` with its texts that name files below the root or beside it."""
    if not isinstance(value, ast.Call):
        return value
    arguments = tuple(
        replace(item, value=replace(item.value, value=_path_from(folder, root / item.value.value)))
        if isinstance(item.value, ast.String) and _is_file(root, item.value.value)
        else item
        for item in value.arguments
    )
    return replace(value, arguments=arguments)


def _is_file(root: Path, text: str) -> bool:
    return bool(text) and not Path(text).is_absolute() and (root / text).exists()


def _path_from(folder: Path, target: Path) -> str:
    relative = Path(os.path.relpath(target.resolve(), folder))
    far = relative.parts[:3] == ("..", "..", "..")
    return target.resolve().as_posix() if far else relative.as_posix()


def used_texts(checked: Checked, root: Path) -> dict[str, str]:
    """The files that a program uses from its own folder, by their names below it; the standard
    library travels with archc.
    """
    root = root.resolve()
    own = Path(checked.program.span.source.name).resolve()
    used = [path for path in checked.files if path.is_relative_to(root) and path != own]
    return {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in used}
