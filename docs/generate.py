"""Writes `layers.md`, `library.md`, `training.md` and `errors.md`: what the classes of layers, the
standard library, the table of what a `train` block can name, and the errors say of themselves.

Comes in: the registries. Goes out: the files beside this one, the same on every machine. `make
docs` runs it; a test fails while a file is not up to date.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from archc.cli.explain import catalogue
from archc.cli.layers import Description, descriptions, entry_row
from archc.compiler import initialisers
from archc.compiler.hyperparameter import spell
from archc.compiler.modules import STANDARD_LIBRARY
from archc.runtime import declared

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
    yield "\n## Initialisers\n"
    yield (
        "Every layer with weights takes `init=`, which fills its weight; a bare word is an"
        " initialiser with its defaults. Without it a layer is filled as PyTorch fills it.\n"
    )
    yield "| initialiser | what it fills a weight with |\n|---|---|"
    for name, rule in initialisers.RULES.items():
        settings = ", ".join(f"{key}={spell(value)}" for key, value in rule.defaults.items())
        call = f"{name}({settings})" if settings else name
        yield f"| `{call}` | {_markdown(rule.summary)} |"


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


def library() -> str:
    """The reference of the standard library: what its files say of each block."""
    return "\n".join(_library()) + "\n"


def _library() -> Iterator[str]:
    yield "# The standard library"
    yield ""
    yield _NOTE.format(source="`compiler/std/`")
    yield ""
    yield (
        "`use std.vision` offers `vision.BasicBlock`, `use std.vision: BasicBlock` the name alone."
        " The files are programs like any other: read them where a block is almost what you want."
    )
    for path in sorted(Path(STANDARD_LIBRARY).glob("*.arch")):
        head, *parts = path.read_text(encoding="utf-8").split("\n\n")
        yield f"\n## std.{path.stem}\n\n{_markdown(_comment(head))}"
        for part in parts:
            found = re.search(r"^(?:block|cell) (\w+)(?:.|\n)*?(?= \{\n)", part, re.MULTILINE)
            if found is not None:
                yield f"\n### {found[1]}\n\n```text\n{found[0]}\n```"
                yield from ("", _markdown(_comment(part))) if part.startswith("#") else ()


def _comment(text: str) -> str:
    """What stands behind the first signs for a comment."""
    lines = re.match(r"(?:#.*\n?)*", text)
    return re.sub(r"^# ?", "", lines[0] if lines else "", flags=re.MULTILINE).strip()


_KINDS = {
    "optimiser": '`no_decay` are patterns of weights that do not decay, such as `["*.bias"]`.',
    "schedule": "How the learning rate changes. `warmup` is a share of all steps below 1, from 1"
    " on a number of epochs.",
    "loss": "`of` names the output that is meant, where there are several; `target` an input of the"
    " network that it is compared with instead of the data's answers. `loss = [a, b * 0.1]` is a"
    " sum. A `network` of the file is a loss as well:"
    " [how](language.md#a-network-as-a-loss).",
    "metric": "`of` and `target` as for losses.",
    "data source": "`limit` takes so many rows at most, `validation` and `test` are shares.",
    "augmentation": "Changes what is trained on, on the device; evaluation sees the data as they"
    " are.",
}


def training() -> str:
    """The reference of what a `train` block can name."""
    return "\n".join(_training()) + "\n"


def _training() -> Iterator[str]:
    yield "# What a `train` block can name"
    yield ""
    yield _NOTE.format(source="`runtime/declared.py`")
    yield ""
    yield (
        "Types and bounds stand after the colon; what has a default may be left out; what stands"
        " after `*` needs its name. The [language reference](language.md#training) shows a block."
    )
    yield "\n## Settings\n"
    yield (
        "`data optimizer schedule loss metrics augment` name parts from the tables below; `loss`,"
        " `metrics` and `augment` also take lists. The others are plain values:\n"
    )
    yield "| setting | type | default |\n|---|---|---|"
    for field in declared.signature(declared.PLAIN).values():
        yield f"| `{field.name}` | {_cell(field.wanted)} | {field.default} |"
    for kind, table in declared.TABLES.items():
        plural = "losses" if kind == "loss" else f"{kind}s"
        yield f"\n## {plural.capitalize()}\n"
        yield f"{_KINDS[kind]}\n"
        yield "| name | arguments |\n|---|---|"
        for name, line in table.items():
            yield f"| `{name}` | `{_cell(line)}` |"


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


FILES: dict[str, Callable[[], str]] = {
    "layers.md": layers,
    "library.md": library,
    "training.md": training,
    "errors.md": errors,
}


def main() -> None:
    for name, make in FILES.items():
        text = make().rstrip("\n") + "\n"
        (HERE / name).write_text(text, encoding="utf-8", newline="\n")
        print(f"wrote docs/{name}")


if __name__ == "__main__":
    main()
