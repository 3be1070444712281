"""`archc new`: a small project that fits some data and runs as it is.

Comes in: a folder's name and, if there are any, data: a table, a NumPy archive, a text, a folder of
pictures or of MNIST's files. Goes out: `net.arch` with a network and a `train` block, `space.arch`
with a space of networks to search, and an `archc.toml`. The data stay where they are.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..compiler.check import check_text
from ..compiler.hyperparameter import spell
from ..grammar.diagnostic import InternalError
from ..lazy import lazy_module
from ..runtime.errors import DataError

if TYPE_CHECKING:
    from ..runtime import data as data_sets
    from ..runtime import files, starter, starter_space
    from ..runtime.data import npy
else:
    data_sets = lazy_module("..runtime.data", __package__)
    files = lazy_module("..runtime.files", __package__)
    starter = lazy_module("..runtime.starter", __package__)
    starter_space = lazy_module("..runtime.starter_space", __package__)
    npy = lazy_module("..runtime.data.npy", __package__)

PROGRAM, SPACE, SETTINGS = "net.arch", "space.arch", "archc.toml"
BY_ENDING = {
    ".csv": "csv",
    ".tsv": "csv",
    ".npz": "npz",
    ".parquet": "parquet",
    ".txt": "text",
    ".md": "text",
    ".rst": "text",
}
PICTURE_SIZE = (64, 64)
TARGETS = ("y", "target", "label", "labels")
TOML = """\
# Defaults for the options of archc's commands in this folder; a flag on the command line wins.

[train]
device = "auto"           # cuda where it works, else mps, else cpu
# set = { width = 32 }    # the same as --set width=32

[compile]
opset = 20

[search]
jobs = 2                  # trials at once, each in a process of its own
"""


@click.command(short_help="Make a small project, fitting some data.")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--data",
    metavar="F",
    type=click.Path(path_type=Path, exists=True),
    help="A .csv, .npz, .parquet or text file, or a folder of pictures or MNIST files.",
)
@click.option("--target", metavar="NAME", help="The column or array to predict.")
def command(folder: Path, data: Path | None, target: str | None) -> None:
    """Make a small project in DIR: a network that fits the data, a space of networks to search,
    how they are trained, settings.

    Without --data it learns scikit-learn's handwritten digits.
    """
    for name in (PROGRAM, SPACE):
        if (folder / name).exists():
            raise click.UsageError(f"{folder / name} is there already; name another folder")
    kind = "digits" if data is None else source_of(data)
    settings = {} if target is None or data is None else {"target": target}
    found, settings = _load(kind, data, settings)
    where = [] if data is None else [_path_from(folder, data)]
    source = f"{kind}({', '.join([*map(_word, where), *_named(settings)])})"
    name = network_name(folder)
    texts = {
        PROGRAM: starter.starter(found, source, name),
        SPACE: starter_space.starter_space(found, source, f"{name}Space"),
    }
    for file, text in texts.items():
        checked = check_text(text, str(folder / file))
        if not checked.ok:
            raise InternalError(f"{file} for {kind} does not check: {checked.reports[0].code}")
    _write(folder, texts)
    _say(folder, found.signature())


def _write(folder: Path, texts: Mapping[str, str]) -> None:
    """The programs; settings that are there already stay."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = {} if (folder / SETTINGS).exists() else {SETTINGS: TOML}
    try:
        for name, text in {**texts, **settings}.items():
            files.write_text(folder / name, text)
    except files.WriteError as error:
        raise click.ClickException(error.message) from None


def source_of(path: Path) -> str:
    """Which data source reads a file or folder. Raises DataError."""
    if path.is_dir():
        return _source_of_folder(path)
    known = BY_ENDING.get(path.suffix.lower())
    if known is None:
        endings = ", ".join(BY_ENDING)
        raise DataError(
            f"{path} is of no kind that archc reads",
            f"give a file ending in {endings}, or a folder",
        )
    return known


def _source_of_folder(path: Path) -> str:
    names = [item.name for item in path.iterdir()]
    if any(re.search(r"[-.]idx[13]-ubyte(\.gz)?$", name) for name in names):
        return "idx"
    if any(re.fullmatch(r"(data|test)_batch(_\d)?\.bin", name) for name in names):
        return "cifar10"
    if {"train.bin", "test.bin"} <= set(names):
        return "cifar100"
    if any(item.is_dir() for item in path.iterdir()):
        return "images"
    raise DataError(
        f"{path} holds neither a folder of pictures for each class nor MNIST's or CIFAR's files",
        "sort the pictures into a folder for each class",
    )


def _load(
    kind: str, data: Path | None, settings: Mapping[str, Any]
) -> "tuple[data_sets.Dataset, dict[str, Any]]":
    """The data, and the settings without which they could not be read."""
    chosen = dict(settings)
    if kind == "npz" and data is not None and "target" not in chosen:
        chosen |= _target_of(data)
    where = [] if data is None else [str(data.resolve())]
    for _ in range(3):
        try:
            return data_sets.load(kind, chosen, Path.cwd(), where), chosen
        except DataError as error:
            remedy = _remedy(error, chosen)
            if not remedy:
                raise
            chosen |= remedy
    return data_sets.load(kind, chosen, Path.cwd(), where), chosen


def _target_of(path: Path) -> dict[str, str]:
    """The array of an archive that is called as targets are."""
    names = set(npy.members("npz", path))
    found = next((name for name in TARGETS if name in names), "y")
    return {} if found == "y" else {"target": found}


def _remedy(error: DataError, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """A setting that the data turn out to need: one size for pictures, what to do about gaps."""
    if error.setting == "size" and "size" not in chosen:
        return {"size": PICTURE_SIZE}
    if error.setting == "missing" and "missing" not in chosen:
        return {"missing": "mean"}
    return {}


def _path_from(folder: Path, data: Path) -> str:
    """Relative to the folder if the two are neighbours, so that both can move together."""
    relative = os.path.relpath(data.resolve(), folder.resolve())
    far = relative.startswith(os.path.join("..", "..", ".."))
    return str(data.resolve()) if far else relative


def network_name(folder: Path) -> str:
    """A name for the network from that of the folder: `iris-net` gives `IrisNet`."""
    words = re.findall(r"[A-Za-z0-9]+", folder.resolve().name)
    name = "".join(word[:1].upper() + word[1:] for word in words)
    name = name if name[:1].isalpha() else f"Net{name}"
    return f"{name}Net" if name == starter.BLOCK else name


def _word(path: str) -> str:
    return spell(Path(path).as_posix())


def _named(settings: Mapping[str, Any]) -> list[str]:
    return [f"{name}={spell(value)}" for name, value in settings.items()]


def _say(folder: Path, signature: str) -> None:
    click.echo(f"wrote {folder / PROGRAM}: a network on {signature}")
    click.echo(f"wrote {folder / SPACE}: a space of networks on the same")
    click.echo(f"wrote {folder / SETTINGS}")
    click.echo(
        f"\nnext:\n  archc show {folder / PROGRAM}\n  archc train {folder / PROGRAM}\n"
        f"  archc search {folder / SPACE}"
    )
