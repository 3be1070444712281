"""A first program for data: a network that fits them, and how to train it.

Comes in: a `Dataset`, the text of its source as a `train` block writes it, a name. Goes out: the
text of a program in canonical form. The network is small and plain, there to be changed:
convolutions for images, a perceptron for tables, a recurrent layer for sequences. What is said of
the data here, `starter_space.py` says of a space of networks as well.
"""

import re
from dataclasses import dataclass
from math import prod

from ..grammar.parse import parse
from ..grammar.print import print_program
from .data import Dataset
from .data.dataset import SPLITS, port_type
from .lazy import np

LARGE = 20_000
"""Rows from which few epochs and large batches are enough to begin with."""
BLOCK = "BasicBlock"
"""The block of the standard library that networks for images use."""
METRICS = {"classification": "accuracy", "regression": "mae", "sequence": "bits_per_char"}


@dataclass(frozen=True, slots=True)
class Input:
    """An input of the network; `kind` is image, series, table, tokens or other, `count` how many
    different tokens there are.
    """

    name: str
    type: str
    axes: tuple[int, ...]
    kind: str
    count: int


def starter(data: Dataset, source: str, name: str) -> str:
    """A program that checks and trains on these data."""
    lines = [about(data), "", *_network(data, name), "", *train_block(data, source, name)]
    return printed(lines)


def printed(lines: list[str]) -> str:
    """The canonical text."""
    return print_program(parse("\n".join(lines) + "\n").program)


def inputs_of(data: Dataset) -> list[Input]:
    """What the network is given."""
    return [input_of(data, item) for item in data.train.inputs]


def header(data: Dataset, inputs: list[Input]) -> str:
    """`on image: f32[N, 1, 8, 8] -> f32[N, 10]`."""
    ports = ", ".join(f"{port.name}: {port.type}" for port in inputs)
    return f"on {ports} -> {data.transform.target.output_type()}"


def answer(data: Dataset) -> str:
    """The last layer, and what gives its result the shape of the answers."""
    target = data.transform.target
    answers = prod(target.shape) if data.task == "regression" else target.classes
    last = f"-> dense({max(answers, 1)})"
    if data.task == "regression" and len(target.shape) != 1:
        last += f" -> reshape([{', '.join(['_', *map(str, target.shape)])}])"
    return last


def input_of(data: Dataset, name: str) -> Input:
    column = data.train.inputs[name]
    axes = tuple(column.shape[1:])
    tokens = "int" in str(column.dtype)
    kinds = {3: "image", 2: "series", 1: "table"}
    kind = ("tokens" if len(axes) == 1 else "other") if tokens else kinds.get(len(axes), "other")
    count = _count(data, name) if kind == "tokens" else 0
    return Input(name, port_type(column), axes, kind, count)


def _count(data: Dataset, name: str) -> int:
    """One more than the largest token, and no less than the classes that are told apart."""
    columns = (data.splits[split].inputs[name] for split in SPLITS if len(data.splits[split]))
    largest = max(int(np.max(column[np.arange(len(column))])) for column in columns)
    classes = data.transform.target.classes if data.task == "sequence" else 0
    return max(largest + 1, classes)


def about(data: Dataset) -> str:
    sizes = ", ".join(
        f"{len(split):,} rows to {verb}"
        for verb, split in zip(("train", "validate", "test"), data.splits.values(), strict=True)
        if len(split)
    )
    return f"# Made by `archc new` for {data.source}: {sizes}. Change anything."


# --- Networks ------------------------------------------------------------------------------------


def _network(data: Dataset, name: str) -> list[str]:
    inputs = inputs_of(data)
    head, last = header(data, inputs), answer(data)
    if data.task == "sequence":
        return _sequence(inputs[0], name, head, last)
    if len(inputs) > 1:
        lines = _several(inputs, name, head, last)
    elif inputs[0].kind == "image":
        lines = _image(inputs[0], name, head, last)
    else:
        lines = _single(inputs[0], name, head, last)
    return scaled(data, lines) if data.task == "regression" else lines


def scaled(data: Dataset, lines: list[str]) -> list[str]:
    """The result brought to the mean and deviation of the answers, which would take long to learn
    where they are far from 0 and 1.
    """
    (column,) = data.train.targets.values()
    answers = column[np.arange(len(column))].astype(np.float64)
    deviation, mean = _rounded(answers.std()) or 1.0, _rounded(answers.mean())
    # The result begins on the last line of the body that continues no other.
    at = max(index for index, line in enumerate(lines) if re.match(r" {4}\S", line))
    word = "answer_" if "answer" in data.train.inputs else "answer"
    shift = f"{'-' if mean < 0 else '+'} {abs(mean)!r}"
    return [
        *lines[:at],
        f"    {word} = {lines[at].strip()}",
        *lines[at + 1 : -1],
        f"    {word} * {deviation!r} {shift}  # the deviation and mean of the training rows",
        "}",
    ]


def _rounded(value: float) -> float:
    """Four digits are enough to begin with."""
    return float(f"{value:.4g}")


def _single(port: Input, name: str, head: str, last: str) -> list[str]:
    hidden = " -> dense(width) -> relu" if port.kind == "table" else ""
    return [
        f"network {name}(width: int = 64) {head} {{",
        f"    {port.name} {_vector(port)}{hidden} {last}",
        "}",
    ]


def _vector(port: Input) -> str:
    """What makes an input a vector."""
    match port.kind:
        case "image":
            return "-> conv(width, 3, stride=2) -> relu -> global_avgpool"
        case "series":
            return "-> gru(width, last=true)"
        case "tokens":
            return f"-> embedding({port.count}, width) -> gru(width, last=true)"
        case "table":
            return "-> dense(width) -> relu -> dropout(0.1)"
        case _:
            cast = "-> cast(f32) " if port.type.startswith(("i", "u", "bool")) else ""
            return f"{cast}-> flatten -> dense(width) -> relu"


def _several(inputs: list[Input], name: str, head: str, last: str) -> list[str]:
    """Each input becomes a vector; they are put side by side."""
    return [
        f"network {name}(width: int = 64) {head} {{",
        *(f"    from_{port.name} = {port.name} {_vector(port)}" for port in inputs),
        f"    ({', '.join(f'from_{port.name}' for port in inputs)}) -> concat(axis=1)",
        f"        -> dense(width) -> relu {last}",
        "}",
    ]


def _image(port: Input, name: str, head: str, last: str) -> list[str]:
    """A small residual network that halves the image while more than two pixels are left."""
    halvings = halvings_of(port)
    widths = ", ".join(["width", *(f"{2**power} * width" for power in range(1, halvings))])
    stride = 2 if halvings else 1
    return [
        f"use std.vision: {BLOCK}",
        "",
        f"network {name}(width: int = 16) {head} {{",
        f"    {port.name} -> stem: conv(width, 3, bias=false) -> batchnorm -> relu",
        f"        -> for w in [{widths}] {{ {BLOCK}(w, stride={stride}) -> {BLOCK}(w) }}",
        f"        -> global_avgpool {last}",
        "}",
    ]


def halvings_of(port: Input) -> int:
    """How often an image can be halved while more than two pixels are left, 4 times at most."""
    halvings, size = 0, min(port.axes[1:])
    while size > 2 and halvings < 4:
        halvings, size = halvings + 1, (size + 1) // 2
    return halvings


def _sequence(port: Input, name: str, head: str, last: str) -> list[str]:
    inner = f"embedding({port.count}, width) -> " if port.kind == "tokens" else ""
    return [
        f"network {name}(width: int = 128) {head} {{",
        f"    {port.name} -> {inner}gru(width) {last}",
        "}",
    ]


# --- Training ------------------------------------------------------------------------------------


def train_block(data: Dataset, source: str, name: str) -> list[str]:
    large = len(data.train) > LARGE
    return [
        f"train {name} {{",
        f"    data = {source}",
        "    optimizer = adamw(lr=3e-3, weight_decay=1e-2)",
        "    schedule = cosine(warmup=0.1)",
        f"    loss = {'mse' if data.task == 'regression' else 'cross_entropy'}",
        f"    metrics = [{METRICS[data.task]}]",
        f"    epochs = {5 if large else 20}",
        f"    batch = {128 if large else 32}",
        "    seed = 0",
        "}",
    ]
