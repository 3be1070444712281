"""The Python face of changes: programs with an edit made, and what differs between two.

Comes in: paths, texts or `Program`s. Goes out: programs that the checker accepts, a `Difference`.
"""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .api import as_program, compile
from .compiler.program import Program
from .grammar import ast
from .grammar.print import print_expression
from .lazy import lazy_module
from .model import Model

if TYPE_CHECKING:
    from .compiler import differences
    from .compiler.differences import Difference
    from .compiler.spaces.growth import growth as growing
    from .compiler.spaces.growth.grown import GrownProgram
    from .compiler.spaces.growth.growth import Growth, Wanted
    from .compiler.spaces.growth.vocabulary import Vocabulary
else:
    differences = lazy_module(".compiler.differences", __package__)
    growing = lazy_module(".compiler.spaces.growth.growth", __package__)


def growth(
    source: "str | os.PathLike[str] | Program",
    /,
    network: str | None = None,
    *,
    vocabulary: "Vocabulary | Program | str | os.PathLike[str] | None" = None,
) -> "Growth":
    """The edits of a complete program: `.edits`, `.places(edit)`, `.apply(place, seed)`, `.grow`.

    `source` is as for `compile`. `vocabulary` is the name of one in the program itself, a file that
    holds one, such as `layers.arch` or `layers.arch:Images`, a text or a program; without it every
    built-in layer may be drawn, with its own domains.

    Raises ProgramError for a wrong program, ValueError for one with open choices.
    """
    found = vocabulary if vocabulary is None else _vocabulary(vocabulary)
    return growing.Growth(as_program(source), network, found)


def grow(
    source: "str | os.PathLike[str] | Program",
    /,
    seed: int = 0,
    *,
    edit: "Wanted" = None,
    vocabulary: "Vocabulary | Program | str | os.PathLike[str] | None" = None,
    network: str | None = None,
) -> "GrownProgram":
    """A program with one edit made: `.made` says which. Equal seeds give equal programs.

    `edit` is the name of one (`insert`, `remove`, `replace`, `alter`, `add_skip`, `remove_skip`,
    `split`, `join`, and those of large-scale evolution), an `Edit`, several of them, or weights by
    name; without it the general ones are drawn from. Layers that stay keep the names of their
    weights.

    Raises NoEdit, a ValueError, where no valid program was found; else as `growth`.
    """
    return growth(source, network, vocabulary=vocabulary).grow(seed, edit)


def _vocabulary(
    source: "Vocabulary | Program | str | os.PathLike[str]",
) -> "Vocabulary | Program | str":
    """A path is read; `file.arch:Name` names one of several."""
    if not isinstance(source, (str, os.PathLike)):
        return source
    text = os.fspath(source)
    path, _, name = text.rpartition(":") if ".arch:" in text else (text, "", "")
    if "{" in text or "\n" in text or not path.endswith(".arch"):
        return text
    return growing.vocabulary_of(as_program(path), name or None)


def diff(
    before: "str | os.PathLike[str] | Program | Model",
    after: "str | os.PathLike[str] | Program | Model",
    /,
    network: "str | tuple[str | None, str | None] | None" = None,
    *,
    values: Mapping[str, Any] | None = None,
) -> "Difference":
    """What changed from one program to another: layers side by side, shapes, costs, weights that no
    longer fit, settings of training.

    A compiled `Model` is compared as it was compiled; otherwise `values` are hyperparameters and
    sizes of axes for both sides, and `network` names one, or one for each. `str(found)` draws it,
    `.as_json()` gives plain data. Nothing is built.

    Raises ProgramError for a program at fault, one with open choices included.
    """
    names = network if isinstance(network, tuple) else (network, network)
    models = [
        _model(source, name, values or {})
        for source, name in zip((before, after), names, strict=True)
    ]
    settings = _train_settings(models[0]), _train_settings(models[1])
    return differences.compare(models[0].graph, models[1].graph, settings)


def _model(
    source: "str | os.PathLike[str] | Program | Model",
    network: str | None,
    values: Mapping[str, Any],
) -> Model:
    if isinstance(source, Model):
        return source
    return compile(as_program(source), network, **values)


def _train_settings(model: Model) -> dict[str, str]:
    """The settings of the `train` block that has no name of its own, as texts."""
    return {
        item.name: print_expression(item.value)
        for block in model.program.tree.declarations
        if isinstance(block, ast.Settings)
        and (block.kind, block.network, block.name) == ("train", model.name, None)
        for item in block.settings
    }
