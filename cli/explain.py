"""`archc explain`: what an error code means.

Comes in: a code, or none. Goes out: its title and explanation, or the list of all codes. Every kind
of error is a class in one of the `errors` modules; this finds them all, and the docs use it too.
"""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

import click

from ..grammar.diagnostic import Diagnostic
from .options import json_option, print_json
from .settings import did_you_mean

HOMES = ("..grammar.errors", "..compiler.errors", "..runtime.errors")


def catalogue() -> dict[str, type[Diagnostic]]:
    """Every kind of error and warning by its code, in order of the codes."""
    kinds = {kind.code: kind for home in HOMES for kind in kinds_in(home)}
    return dict(sorted(kinds.items()))


def kinds_in(home: str) -> Iterator[type[Diagnostic]]:
    """The kinds of error defined in a module, or in the modules of a package."""
    for module in _modules(import_module(home, __package__)):
        for value in vars(module).values():
            if _is_kind(value) and value.__module__ == module.__name__:
                yield value


def _modules(home: ModuleType) -> Iterator[ModuleType]:
    yield home
    for found in iter_modules(getattr(home, "__path__", [])):
        yield import_module(f"{home.__name__}.{found.name}")


def _is_kind(value: object) -> bool:
    """A diagnostic with a code; bases of a family have none."""
    return isinstance(value, type) and issubclass(value, Diagnostic) and hasattr(value, "code")


@click.command(short_help="Say what an error code means.")
@click.argument("code", required=False)
@json_option
def command(code: str | None, as_json: bool) -> None:
    """Say what an error CODE such as E201 means; without CODE, list them all."""
    kinds = catalogue()
    chosen = list(kinds.values()) if code is None else [_find(code, kinds)]
    if as_json:
        print_json({"errors": [_facts(kind) for kind in chosen]})
    elif code is None:
        for kind in chosen:
            click.echo(f"{kind.code}  {kind.title}")
    else:
        click.echo(f"{chosen[0].code}: {chosen[0].title}\n\n{chosen[0].explanation}")


def _find(code: str, kinds: dict[str, type[Diagnostic]]) -> type[Diagnostic]:
    wanted = code.strip().strip("[]").upper()
    if wanted in kinds:
        return kinds[wanted]
    guess = did_you_mean(wanted, kinds)
    raise click.BadParameter(f"there is no code {code!r}{guess}; `archc explain` lists all")


def _facts(kind: type[Diagnostic]) -> dict[str, object]:
    return {
        "code": kind.code,
        "severity": kind.severity,
        "title": kind.title,
        "explanation": kind.explanation,
    }
