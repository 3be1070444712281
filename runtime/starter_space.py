"""A first space for data: networks that fit them, how each is trained, and how they are searched.

Comes in: what `starter.py` takes. Goes out: the text of a program with open choices, in canonical
form. Widths, depths, activations and the learning rate are open, and a budget of parameters stands
below them: the choices that most data want tried first.
"""

from .data import Dataset
from .starter import (
    METRICS,
    Input,
    about,
    answer,
    halvings_of,
    header,
    inputs_of,
    printed,
    scaled,
    train_block,
)

EPOCHS = 5
TRIALS = 60
LARGER = {"image": "500k", "sequence": "2M"}
"""The budget of parameters, 200k for all others."""
ACTIVATION = "    let act = relu | gelu | silu"
LAYER = "dense(16 | 32 | 64 | 128) -> layernorm? -> act -> dropout(0.0 | 0.1 | 0.3)"


def starter_space(data: Dataset, source: str, name: str) -> str:
    """A program with a space that can be searched on these data."""
    inputs = inputs_of(data)
    lines = [f"network {name} {header(data, inputs)} {{", *_body(data, inputs), "}"]
    if data.task == "regression":
        lines = scaled(data, lines)
    kind = "sequence" if data.task == "sequence" else inputs[0].kind
    lines.insert(-1, f"    require params <= {LARGER.get(kind, '200k')}")
    return printed(
        [about(data), "", *lines, "", *_train(data, source, name), "", *_search(data, name)]
    )


def _body(data: Dataset, inputs: list[Input]) -> list[str]:
    last = answer(data)
    port = inputs[0]
    if data.task == "sequence":
        inner = f"embedding({port.count}, 32 | 64 | 128) -> " if port.kind == "tokens" else ""
        return [f"    {port.name} -> {inner}repeat(1..2) {{ {_recurrent('')} }} {last}"]
    if len(inputs) > 1:
        return _several(inputs, last)
    if port.kind == "image":
        return _image(port, last)
    depth = "0..2" if port.kind in ("series", "tokens") else "1..3"
    return [ACTIVATION, f"    {port.name} {_vector(port)}-> repeat({depth}) {{ {LAYER} }} {last}"]


def _several(inputs: list[Input], last: str) -> list[str]:
    """Each input becomes a vector; they are put side by side."""
    vectors = [
        f"    from_{port.name} = {port.name} "
        + (f"{_vector(port)}-> {LAYER}" if port.kind in ("table", "other") else _vector(port))
        for port in inputs
    ]
    return [
        ACTIVATION,
        *vectors,
        f"    ({', '.join(f'from_{port.name}' for port in inputs)}) -> concat(axis=1)",
        f"        -> repeat(1..2) {{ {LAYER} }} {last}",
    ]


def _vector(port: Input) -> str:
    """What makes an input a vector, as far as dense layers do not; a space stands after it."""
    match port.kind:
        case "image":
            convolution = "conv(16 | 32 | 64, 3 | 5, stride=2) -> batchnorm -> act"
            return f"-> repeat(1..2) {{ {convolution} }} -> global_avgpool "
        case "series":
            return f"-> {_recurrent(', last=true')} "
        case "tokens":
            return f"-> embedding({port.count}, 16 | 32 | 64) -> {_recurrent(', last=true')} "
        case "table":
            return ""
        case _:
            cast = "-> cast(f32) " if port.type.startswith(("i", "u", "bool")) else ""
            return f"{cast}-> flatten "


def _recurrent(options: str) -> str:
    return f"(gru(32 | 64 | 128{options}) | lstm(32 | 64 | 128{options}))"


def _image(port: Input, last: str) -> list[str]:
    """Stages that halve the image, each with some residual depthwise convolutions."""
    stem = "stem: conv(16 | 32, 3, bias=false) -> batchnorm -> act"
    kernel = "conv(16 | 32 | 64 | 128, 3 | 5, stride=2, bias=false) -> batchnorm -> act"
    inner = "repeat(0..2) { residual { depthwise(3 | 5, bias=false) -> batchnorm -> act } }"
    return [
        ACTIVATION,
        f"    {port.name} -> {stem}",
        f"        -> repeat({max(halvings_of(port), 1)}) {{ {kernel} -> {inner} }}",
        f"        -> global_avgpool -> dropout(0.0 | 0.2) {last}",
    ]


def _train(data: Dataset, source: str, name: str) -> list[str]:
    """As for one network, with the learning rate open, and shorter."""
    changed = {
        "optimizer": "adamw(lr=3e-4..3e-2 log, weight_decay=1e-2)",
        "epochs": str(EPOCHS),
    }
    lines = []
    for line in train_block(data, source, name):
        setting = line.partition("=")[0].strip()
        lines.append(f"    {setting} = {changed[setting]}" if setting in changed else line)
    return lines


def _search(data: Dataset, name: str) -> list[str]:
    metric = METRICS[data.task]
    aim = "maximize" if data.task == "classification" else "minimize"
    return [
        f"search {name} {{",
        "    method = regularized_evolution(population=20, tournament=5)",
        f"    {aim} = {metric}",
        f"    budget = trials({TRIALS})",
        "}",
    ]
