"""`archc layers`: the built-in vocabulary, or one layer in full.

Comes in: a layer's name, or none. Goes out: families of names with what each does; or one layer's
hyperparameters, shapes, weights and an example. All of it stands in the layer's class, and
`docs/layers.md` is made from the same facts.
"""

import inspect
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import click

from ..compiler.expand import vocabularies
from ..compiler.hyperparameter import Hyperparameter, spell
from ..compiler.layer import Layer
from ..compiler.registry import (
    BrokenLayer,
    broken_layers,
    built_in_names,
    find_layer,
    layer_names,
)
from ..grammar.parse import parse
from ..grammar.print import print_program
from .options import json_option, print_json, terminal_width
from .settings import did_you_mean

FAMILIES = (
    "convolution", "linear", "normalisation", "activation", "pooling", "regularisation", "joining",
    "parting", "form", "reduction", "element-wise", "attention", "recurrent", "source", "control",
)  # fmt: skip
"""The order in which families are shown; others follow."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One hyperparameter as text; `default` is None where it must be given, `value` is the default
    as plain data.
    """

    name: str
    type: str
    default: str | None
    domain: str | None
    value: Any = None


@dataclass(frozen=True, slots=True)
class Description:
    """What is known of a layer. `text` holds the paragraphs of its docstring."""

    name: str
    family: str
    summary: str
    text: str
    hyperparameters: tuple[Entry, ...]
    inputs: str
    example: str

    @property
    def call(self) -> str:
        """`conv(filters, kernel, stride=1, …)`."""
        parts = [
            item.name if item.default is None else f"{item.name}={item.default}"
            for item in self.hyperparameters
        ]
        return f"{self.name}({', '.join(parts)})" if parts else self.name


def describe(layer: type[Layer]) -> Description:
    """The facts of a layer, from its class."""
    text = inspect.cleandoc(layer.__doc__ or "")
    return Description(
        layer.name,
        layer.family,
        _summary(text),
        text,
        tuple(_entry(item) for item in layer.hyperparameters() if _is_written(layer, item)),
        _inputs(layer.arity),
        layer.example,
    )


def descriptions() -> list[Description]:
    """Every layer by family, then by name; without those from outside that cannot be used."""
    broken = {item.name for item in broken_layers()} - built_in_names()
    layers = [find_layer(name) for name in layer_names() if name not in broken]
    found = [describe(layer) for layer in layers if layer is not None]
    return sorted(found, key=lambda item: (_rank(item.family), item.name))


def _rank(family: str) -> tuple[int, str]:
    return (FAMILIES.index(family) if family in FAMILIES else len(FAMILIES), family)


def _summary(text: str) -> str:
    """The first sentence."""
    paragraph = " ".join(text.split("\n\n")[0].split())
    head, full_stop, _ = paragraph.partition(". ")
    return head + full_stop.strip() if full_stop else paragraph


def _is_written(layer: type[Layer], item: Hyperparameter) -> bool:
    """The settings of `scan` that the checker fills in, a cell's graph above all, are not."""
    return layer.name != "scan" or item.name in ("reverse", "last")


def _entry(item: Hyperparameter) -> Entry:
    domain = None if item.domain is None else str(item.domain)
    if item.required:
        return Entry(item.name, str(item.kind), None, domain)
    return Entry(item.name, str(item.kind), _default(item), domain, _plain(item.default))


def _plain(value: Any) -> Any:
    """A default for JSON: numbers, texts and lists stay, an initialiser or dtype is its text."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case tuple():
            return [_plain(item) for item in value]
        case _:
            return str(value)


def _default(item: Hyperparameter) -> str:
    """Own words of the hyperparameter stand without quotes."""
    value: Any = item.default
    if isinstance(value, str) and value in item.kind.symbols:
        return value
    return spell(value)


def _inputs(arity: tuple[int, int | None]) -> str:
    low, high = arity
    if high is None:
        return f"{low} or more"
    return str(low) if low == high else f"{low} to {high}"


@click.command(short_help="List the layers, or say all about one.")
@click.argument("name", required=False)
@click.option(
    "--as-vocabulary", is_flag=True, help="Print the built-in vocabulary as a program has it."
)
@json_option
def command(name: str | None, as_vocabulary: bool, as_json: bool) -> None:
    """List the layers by family; with NAME, say all about one."""
    if as_vocabulary:
        _print_vocabulary(name, as_json)
        return
    chosen = descriptions() if name is None else [describe(_find(name))]
    for problem in broken_layers() if name is None else ():
        click.echo(f"warning: {problem}", err=True)
    if as_json:
        print_json({"layers": [_facts(item) for item in chosen]})
    elif name is None:
        click.echo("\n".join(_overview(chosen, terminal_width(sys.stdout))))
    else:
        click.echo("\n".join(_in_full(chosen[0])))


def _print_vocabulary(name: str | None, as_json: bool) -> None:
    """What `?` draws from, with domains that can be changed before `any(…)` draws from them."""
    if name is not None:
        raise click.UsageError("--as-vocabulary prints every layer: leave NAME out")
    try:
        text = vocabularies.built_in_text()
    except BrokenLayer as error:
        raise click.ClickException(str(error)) from None
    text = print_program(parse(text, "<built-in vocabulary>").program)
    if as_json:
        print_json({"vocabulary": text})
    else:
        click.echo(text, nl=False)


def _find(name: str) -> type[Layer]:
    try:
        layer = find_layer(name) if name.isidentifier() else None
    except BrokenLayer as error:
        raise click.ClickException(str(error)) from None
    if layer is not None:
        return layer
    guess = did_you_mean(name, layer_names())
    raise click.BadParameter(f"there is no layer {name!r}{guess}; `archc layers` lists all")


def _facts(item: Description) -> dict[str, object]:
    return {
        "name": item.name,
        "family": item.family,
        "summary": item.summary,
        "text": item.text,
        "inputs": item.inputs,
        "example": item.example,
        "hyperparameters": [
            {
                "name": entry.name,
                "type": entry.type,
                "required": entry.default is None,
                "default": entry.value,
                "domain": entry.domain,
            }
            for entry in item.hyperparameters
        ],
    }


def _overview(found: Sequence[Description], width: int | None) -> Iterator[str]:
    indent = max(len(item.name) for item in found) + 4
    family = ""
    for item in found:
        if item.family != family:
            yield f"\n{item.family}" if family else item.family
            family = item.family
        yield _cut(f"  {item.name:<{indent - 2}}{item.summary}", width)


def _cut(line: str, width: int | None) -> str:
    return line if width is None or len(line) <= width else line[: max(width - 1, 1)] + "…"


def _in_full(item: Description) -> Iterator[str]:
    yield item.call
    yield f"\n{item.text}\n"
    yield f"family: {item.family}; inputs: {item.inputs}"
    if item.example:
        yield f"example: {item.example}"
    if item.hyperparameters:
        yield "\nhyperparameters"
        yield from _table([entry_row(entry) for entry in item.hyperparameters])


def entry_row(entry: Entry) -> tuple[str, str, str, str]:
    """Name, type, default and domain, as people read them."""
    default = "must be given" if entry.default is None else f"default {entry.default}"
    return entry.name, entry.type, default, entry.domain or ""


def _table(rows: list[tuple[str, str, str, str]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield ("  " + "  ".join(cells)).rstrip()
