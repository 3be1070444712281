"""Writes `layers.md` and `errors.md`: what the classes of layers and errors say of themselves.

Comes in: the registry of layers and the catalogue of errors. Goes out: the two files beside this
one, the same on every machine. `make docs` runs it; a test fails while a file is not up to date.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from archc.cli.explain import catalogue
from archc.cli.layers import Description, descriptions, entry_row

HERE = Path(__file__).parent
_NOTE = "<!-- Made by `make docs` from {source}: edit that, not this. -->"


def layers() -> str:
    """The reference of all layers."""
    return "\n".join(_layers()) + "\n"


def _layers() -> Iterator[str]:
    found = descriptions()
    yield "# The layers"
    yield ""
    yield _NOTE.format(source="the classes in `compiler/layers/`")
    yield ""
    yield (
        f"{len(found)} layers, by family. Hyperparameters stand in the order in which they come"
        " by position. A domain is what a search tries, not a bound. `archc layers NAME` prints the"
        " same. Images are `[N, C, H, W]`, sequences `[N, T, D]`; negative axes count from the end."
    )
    family = ""
    for item in found:
        if item.family != family:
            family = item.family
            yield f"\n## {family.capitalize()}\n"
            names = [
                f"[`{other.name}`](#{other.name})" for other in found if other.family == family
            ]
            yield " · ".join(names)
        yield from _layer(item)


def _layer(item: Description) -> Iterator[str]:
    yield f"\n### {item.name}\n"
    yield f"```text\n{item.call}\n```\n"
    yield _markdown(item.text)
    yield f"\nInputs: {item.inputs}." + (f" Example: `{item.example}`" if item.example else "")
    if item.hyperparameters:
        yield "\n| hyperparameter | type | default | domain |\n|---|---|---|---|"
    for entry in item.hyperparameters:
        name, kind, default, domain = map(_cell, entry_row(entry))
        yield f"| `{name}` | {kind} | {default.removeprefix('default ')} | {domain} |"


def _markdown(text: str) -> str:
    """Shapes hold `*`, `_` and `<`, which Markdown would read as its own, but not within code."""
    parts = text.split("`")
    parts[::2] = [re.sub(r"([*_<])", r"\\\1", part) for part in parts[::2]]
    return "`".join(parts)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def errors() -> str:
    """The reference of all errors and warnings."""
    return "\n".join(_errors()) + "\n"


def _errors() -> Iterator[str]:
    found = catalogue()
    yield "# The errors"
    yield ""
    yield _NOTE.format(source="the classes in the `errors` modules")
    yield ""
    yield (
        f"{len(found)} kinds. A code keeps its meaning for ever; `archc explain CODE` prints the"
        " same text. For each there is a program that provokes it, with the exact output, in"
        " `tests/golden/errors/`."
    )
    yield ""
    for kind in found.values():
        yield f"## {kind.code}: {kind.title}\n"
        yield "\n\n".join(map(_paragraph, kind.explanation.strip().split("\n\n"))) + "\n"


def _paragraph(text: str) -> str:
    """Examples, whose columns or indents matter, as they stand; prose as Markdown."""
    is_example = any("  " in line for line in text.splitlines())
    return f"```text\n{text}\n```" if is_example else _markdown(text)


FILES: dict[str, Callable[[], str]] = {"layers.md": layers, "errors.md": errors}


def main() -> None:
    for name, make in FILES.items():
        text = make().rstrip("\n") + "\n"
        (HERE / name).write_text(text, encoding="utf-8", newline="\n")
        print(f"wrote docs/{name}")


if __name__ == "__main__":
    main()
