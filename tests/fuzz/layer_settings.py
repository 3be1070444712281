"""Random settings of a layer for given inputs.

Comes in: a layer's class and the types of its inputs. Goes out: settings, from what the layer calls
typical, from its domains, or from a table for those layers whose settings follow from the inputs'
axes; and their text.
"""

import ast
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from archc.compiler.hyperparameter import (
    WILDCARD,
    AxesKind,
    Between,
    BoolKind,
    Domain,
    Hyperparameter,
    NamedKind,
    OneOf,
    Symbol,
    spell,
)
from archc.compiler.layer import Layer
from archc.compiler.types import DTYPES, TensorType

Settings = dict[str, Any]


def settings_of(kind: type[Layer], inputs: Sequence[TensorType], random: Random) -> Settings:
    """Settings that are likely to suit the inputs."""
    special = SETTINGS.get(kind.name)
    if special is not None and (not kind.typical or random.random() < 0.8):
        return special(inputs, random)
    settings: Settings = {}
    if kind.typical and random.random() < 0.5:
        settings = typical_settings(kind, random.choice(kind.typical))
    for item in kind.hyperparameters():
        if item.name not in settings and (item.required or random.random() < 0.25):
            value = _draw(item, inputs, random)
            if value is not None:
                settings[item.name] = item.kind.accept(value)
    return settings


def spelled(kind: type[Layer], settings: Settings) -> str:
    """`conv(filters=4, kernel=3)`."""
    parts: list[str] = []
    for item in kind.hyperparameters():
        if item.name not in settings:
            continue
        value = settings[item.name]
        if isinstance(item.kind, NamedKind):
            parts += [f"{name}={spell(size)}" for name, size in value]
        else:
            parts.append(f"{item.name}={spell(value)}")
    return f"{kind.name}({', '.join(parts)})" if parts else kind.name


def typical_settings(kind: type[Layer], text: str) -> Settings:
    """What stands in the parentheses of a line of `Layer.typical`."""
    _, arrow, call = text.partition("->")
    if "->" in call and kind.name == "broadcast":  # a pattern in quotes has arrows too
        call = text.partition("] -> ")[2]
    node = ast.parse(call.strip() or "_", mode="eval").body
    if not arrow or not isinstance(node, ast.Call):
        return {}
    items = kind.hyperparameters()
    kinds = {item.name: item.kind for item in items}
    names = [*(item.name for item in items)][: len(node.args)]
    pairs = [*zip(names, node.args, strict=True), *((x.arg or "", x.value) for x in node.keywords)]
    return {name: kinds[name].accept(_literal(value)) for name, value in pairs}


def _literal(node: ast.expr) -> Any:
    match node:
        case ast.Name(id=name):
            return DTYPES.get(name, Symbol(name))
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return tuple(map(_literal, items))
        case _:
            return ast.literal_eval(node)


def _draw(item: Hyperparameter, inputs: Sequence[TensorType], random: Random) -> Any:
    """None where nothing can be guessed."""
    if item.domain is not None:
        return _from_domain(item.domain, random)
    if isinstance(item.kind, BoolKind):
        return random.random() < 0.5
    if isinstance(item.kind, AxesKind) and inputs and inputs[0].rank:
        axes = range(inputs[0].rank)
        return tuple(random.sample(axes, random.randint(1, min(2, len(axes)))))
    if item.name == "axis" and inputs and inputs[0].rank:
        return random.randrange(-inputs[0].rank, inputs[0].rank)
    if item.name == "number" and len(inputs) == 1:
        return random.choice([1, 2, 3] if inputs[0].dtype.is_int else [0.5, 2, -1.5])
    return None


def _from_domain(domain: Domain, random: Random) -> Any:
    """Small ones: what counts here is what the layers do, not how much."""
    match domain:
        case OneOf(options):
            option = random.choice(options)
            return _from_domain(option, random) if isinstance(option, Between | OneOf) else option
        case Between(low, high) if isinstance(low, int) and isinstance(high, int):
            return random.randint(low, min(high, low + 8))
    return random.choice([domain.low, (domain.low + domain.high) / 2])


# --- Settings that follow from the inputs --------------------------------------------------------


def _permutation(inputs: Sequence[TensorType], random: Random) -> Settings:
    return {"axes": tuple(random.sample(range(inputs[0].rank), inputs[0].rank))}


def _reshape(inputs: Sequence[TensorType], random: Random) -> Settings:
    """Axes merged, or a fixed one taken apart; at most one size is symbolic, and inferred."""
    sizes: list[Any] = list(inputs[0].shape)
    place = random.randrange(len(sizes))
    if isinstance(sizes[place], int) and sizes[place] % 2 == 0:
        sizes[place : place + 1] = [2, sizes[place] // 2]
    elif place + 1 < len(sizes):
        sizes[place : place + 2] = [sizes[place] * sizes[place + 1]]
    symbolic = [index for index, size in enumerate(sizes) if not isinstance(size, int)]
    if len(symbolic) > 1:
        # What is left of the others is one axis.
        sizes = [WILDCARD, *(size for size in sizes if isinstance(size, int))]
    elif symbolic:
        sizes[symbolic[0]] = WILDCARD
    return {"shape": tuple(sizes)}


def _parts(inputs: Sequence[TensorType], random: Random) -> Settings:
    fixed = [(place, size) for place, size in enumerate(inputs[0].shape) if isinstance(size, int)]
    place, size = random.choice(fixed)
    if size > 1 and random.random() < 0.5:
        cut = random.randint(1, size - 1)
        return {"parts": (cut, size - cut), "axis": place}
    counts = [count for count in (2, 3, 4) if size % count == 0]
    return {"parts": random.choice(counts), "axis": place}


def _stretch(inputs: Sequence[TensorType], random: Random) -> Settings:
    place = random.randrange(inputs[0].rank)
    size = inputs[0].shape[place]
    start = random.randint(0, 2)
    settings: Settings = {"axis": place, "start": start, "step": random.choice([1, 1, 2, 3])}
    if random.random() < 0.5:
        settings["stop"] = random.randint(start + 1, size) if isinstance(size, int) else -1
    return settings


def _one(inputs: Sequence[TensorType], random: Random) -> Settings:
    return {"axis": random.randrange(inputs[0].rank), "index": random.choice([0, -1, 1])}


def _widths(inputs: Sequence[TensorType], random: Random) -> Settings:
    rank = inputs[0].rank
    pairs = tuple(
        (random.randint(0, 2), random.randint(0, 2)) for _ in range(random.randint(1, min(rank, 3)))
    )
    mode = random.choice(["constant", "constant", "reflect", "replicate", "circular"])
    return {"widths": pairs, "mode": mode}


def _turns(inputs: Sequence[TensorType], random: Random) -> Settings:
    axes = tuple(random.sample(range(inputs[0].rank), random.randint(1, min(2, inputs[0].rank))))
    return {"axes": axes, "shifts": tuple(random.randint(-3, 3) for _ in axes)}


def _squeezed(inputs: Sequence[TensorType], random: Random) -> Settings:
    ones = [place for place, size in enumerate(inputs[0].shape) if size == 1]
    return {"axis": (random.choice(ones),)}


def _swapped(inputs: Sequence[TensorType], random: Random) -> Settings:
    first, second = random.sample(range(inputs[0].rank), 2)
    return {"a": first, "b": second - inputs[0].rank}


def _flattened(inputs: Sequence[TensorType], random: Random) -> Settings:
    start = random.randrange(inputs[0].rank)
    return {"start": start, "end": random.randrange(start, inputs[0].rank)}


def _letters(inputs: Sequence[TensorType], random: Random) -> tuple[list[str], list[str]]:
    names = list("abcdef"[: inputs[0].rank])
    return names, random.sample(names, len(names))


def _rearranged(inputs: Sequence[TensorType], random: Random) -> Settings:
    left, right = _letters(inputs, random)
    at = random.randrange(len(right))
    merged = [*right[:at], f"({' '.join(right[at : at + 2])})", *right[at + 2 :]]
    return {"pattern": f"{' '.join(left)} -> {' '.join(merged)}"}


def _reduced(inputs: Sequence[TensorType], random: Random) -> Settings:
    left, right = _letters(inputs, random)
    kept = right[: random.randint(1, len(right))]
    operation = random.choice(["mean", "sum", "max", "min", "prod"])
    return {"pattern": f"{' '.join(left)} -> {' '.join(kept)}", "operation": operation}


def _repeated(inputs: Sequence[TensorType], random: Random) -> Settings:
    left, right = _letters(inputs, random)
    place = random.randint(0, len(right))
    pattern = f"{' '.join(left)} -> {' '.join([*right[:place], 'r', *right[place:]])}"
    return {"pattern": pattern, "axes": (("r", random.randint(1, 3)),)}


def _equation(inputs: Sequence[TensorType], random: Random) -> Settings:
    """Sizes that are equal share a letter, now and then."""
    letters: dict[Any, str] = {}
    terms = []
    for type_ in inputs:
        term = ""
        for size in type_.shape:
            letter = letters.setdefault((size, term.count("")), "abcdefghij"[len(letters)])
            term += letter
        terms.append(term)
    names = sorted(set("".join(terms)))
    kept = "".join(random.sample(names, random.randint(1, min(4, len(names)))))
    return {"equation": f"{','.join(terms)}->{kept}"}


def _expanded(inputs: Sequence[TensorType], random: Random) -> Settings:
    sizes = [random.randint(1, 3) if size == 1 else WILDCARD for size in inputs[0].shape]
    return {"shape": (*[2] * random.randint(0, 1), *sizes)}


def _sizes(inputs: Sequence[TensorType], random: Random) -> Settings:
    return {"shape": tuple(random.choice([1, 4, 6, 8]) for _ in range(random.randint(1, 3)))}


def _value(inputs: Sequence[TensorType], random: Random) -> Settings:
    return {
        "value": tuple(random.choice([0.5, -1.25, 2.0]) for _ in range(random.choice([1, 4, 8])))
    }


def _dtype(inputs: Sequence[TensorType], random: Random) -> Settings:
    return {"dtype": DTYPES[random.choice(["f32", "f32", "i64", "i32", "bool"])]}


SETTINGS: dict[str, Callable[[Sequence[TensorType], Random], Settings]] = {
    "permute": _permutation,
    "reshape": _reshape,
    "split": _parts,
    "slice": _stretch,
    "select": _one,
    "pad": _widths,
    "roll": _turns,
    "squeeze": _squeezed,
    "transpose": _swapped,
    "flatten": _flattened,
    "rearrange": _rearranged,
    "reduce": _reduced,
    "broadcast": _repeated,
    "einsum": _equation,
    "expand": _expanded,
    "parameter": _sizes,
    "constant": _value,
    "cast": _dtype,
}
