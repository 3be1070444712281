"""What a `train` block can name, as text: the one table of optimisers, schedules, losses, metrics.

Comes in: nothing. Goes out: a signature per name, read by `signature`. Text, because `archc check`
reads a few of these lines on every start and must not wait for a class per name. `name: type bounds
= default`; after `*` arguments need their names. Every optimiser, schedule, loss and metric is
declared here and written in the module of its kind; the lines of data sources and augmentations
mirror the classes that do the work (a test compares them), and names that are missing here are
sought there.
"""

from typing import Any, NamedTuple

_DECAY = "weight_decay: float >=0 = {}, *, no_decay: list of str = []"

OPTIMISERS = {
    "sgd": "lr: float >=0 = 0.1, momentum: float >=0 <1 = 0.0, nesterov: bool = false, "
    + _DECAY.format("0.0"),
    "momentum": "lr: float >=0 = 0.1, momentum: float >=0 <1 = 0.9, nesterov: bool = false, "
    + _DECAY.format("0.0"),
    "adam": "lr: float >=0 = 0.001, betas: pair of float >=0 <1 = [0.9, 0.999], "
    "eps: float >=0 = 1e-8, " + _DECAY.format("0.0"),
    "adamw": "lr: float >=0 = 0.001, betas: pair of float >=0 <1 = [0.9, 0.999], "
    "eps: float >=0 = 1e-8, " + _DECAY.format("0.01"),
    "rmsprop": "lr: float >=0 = 0.01, alpha: float >=0 <1 = 0.99, eps: float >=0 = 1e-8, "
    "momentum: float >=0 <1 = 0.0, centered: bool = false, " + _DECAY.format("0.0"),
    "adagrad": "lr: float >=0 = 0.01, lr_decay: float >=0 = 0.0, eps: float >=0 = 1e-10, "
    + _DECAY.format("0.0"),
    "lamb": "lr: float >=0 = 0.001, betas: pair of float >=0 <1 = [0.9, 0.999], "
    "eps: float >=0 = 1e-6, " + _DECAY.format("0.01"),
    "lion": "lr: float >=0 = 0.0001, betas: pair of float >=0 <1 = [0.9, 0.99], "
    + _DECAY.format("0.0"),
}

_WARMUP = "warmup: float >=0 = {}"

SCHEDULES = {
    "constant": _WARMUP.format("0.0"),
    "step": "every: int >=1 = 30, factor: float >0 <=1 = 0.1, " + _WARMUP.format("0.0"),
    "cosine": _WARMUP.format("0.0") + ", final: float >=0 <=1 = 0.0",
    "onecycle": _WARMUP.format("0.3") + ", start: float >0 <=1 = 0.04, final: float >=0 <=1 = 4e-6",
    "plateau": "factor: float >0 <1 = 0.1, patience: int >=0 = 10, threshold: float >=0 = 1e-4, "
    + _WARMUP.format("0.0"),
    "linear": _WARMUP.format("0.0") + ", final: float >=0 <=1 = 0.0",
}

PORTS = '*, of: str = "", target: str = ""'

LOSSES = {
    "cross_entropy": "smoothing: float >=0 <1 = 0.0, weights: list of float >=0 = [], "
    "ignore: int = -100, axis: int = 0, " + PORTS,
    "binary_cross_entropy": PORTS,
    "mse": PORTS,
    "mae": PORTS,
    "huber": "delta: float >0 = 1.0, " + PORTS,
    "ctc": "blank: int >=0 = 0, " + PORTS,
}

_AXIS = "axis: int = 0, " + PORTS

METRICS = {
    "accuracy": _AXIS,
    "top5": _AXIS,
    "perplexity": _AXIS,
    "bits_per_char": _AXIS,
    "mse": PORTS,
    "mae": PORTS,
    "f1": _AXIS,
    "auc": _AXIS,
}

_SPLIT = (
    "*, limit: int = 4294967296, validation: float = 0.1, test: float = {}, seed: int = 0, "
    "stratify: bool = true"
)
_TABLE = (
    'path: str, target: str = "", task: "auto" | "classification" | "regression" = "auto", '
    'missing: "error" | "mean" | "drop" = "error", normalize: bool = true, '
    "ignore: list of str = [], categorical: list of str = [], numeric: list of str = [], "
    'group: str = "", '
)

SOURCES = {
    "cifar10": "path: str, normalize: bool = true, " + _SPLIT.format("0.1"),
    "cifar100": 'path: str, labels: "fine" | "coarse" = "fine", normalize: bool = true, '
    + _SPLIT.format("0.1"),
    "csv": _TABLE + 'delimiter: str = "auto", header: "auto" | "yes" | "no" = "auto", '
    + _SPLIT.format("0.1"),
    "digits": _SPLIT.format("0.2") + ", normalize: bool = true",
    "idx": "path: str, normalize: bool = true, " + _SPLIT.format("0.1"),
    "images": 'path: str, size: list of int = [], color: "rgb" | "grey" = "rgb", '
    'fit: "stretch" | "crop" = "stretch", normalize: bool = true, stream: bool = false, '
    + _SPLIT.format("0.1"),
    "npz": 'path: str, target: str = "y", inputs: list of str = [], '
    'task: "auto" | "classification" | "regression" | "sequence" = "auto", '
    'missing: "error" | "mean" | "drop" = "error", normalize: bool = true, ' + _SPLIT.format("0.1"),
    "parquet": _TABLE + _SPLIT.format("0.1"),
    "synthetic": 'task: "parity" | "spirals" | "copy" | "reverse" | "sine" | "adding" = "parity", '
    "n: int = 2048, length: int = 16, noise: float = 0.05, classes: int = 2, "
    + _SPLIT.format("0.1"),
    "text": 'path: str = "", length: int = 128, vocabulary: "ascii" | "fitted" = "ascii", '
    "validation: float = 0.1, test: float = 0.1, *, limit: int = 4294967296",
}  # fmt: skip

AUGMENTATIONS = {
    "flip": "probability: float = 0.5, vertical: float = 0.0",
    "crop": "padding: int = 4",
    "shift": "fraction: float = 0.1",
    "scale": "least: float = 0.8, most: float = 1.25",
    "rotate": "degrees: float = 15.0",
    "hue": "degrees: float = 18.0",
    "saturation": "amount: float = 0.3",
    "value": "amount: float = 0.3",
    "cutout": "fraction: float = 0.25, probability: float = 1.0",
    "mixup": "alpha: float = 0.2, classes: int = 0",
    "cutmix": "alpha: float = 1.0, classes: int = 0",
    "noise": "std: float = 0.05",
}

TABLES = {
    "optimiser": OPTIMISERS,
    "schedule": SCHEDULES,
    "loss": LOSSES,
    "metric": METRICS,
    "data source": SOURCES,
    "augmentation": AUGMENTATIONS,
}

# The settings of the block itself that are plain values; `block_reader.py` reads the others.
PLAIN = (
    "epochs: int >=1 = 10, batch: int >=1 = 64, seed: int >=0 = 0, clip: float >=0 = 0.0, "
    'accumulate: int >=1 = 1, precision: "auto" | "f32" | "bf16" = "auto", compile: bool = false, '
    'freeze: list of str = [], keep: "last" | "best" = "last", checkpoint: float >0 = 5.0'
)
PARTS = ("data", "optimizer", "schedule", "loss", "metrics", "augment")


class Field(NamedTuple):
    """One argument: `type` in words, `bounds` such as (">=", 0.0), the default as text."""

    name: str
    type: str
    bounds: tuple[tuple[str, float], ...]
    default: str | None
    positional: bool

    @property
    def wanted(self) -> str:
        """What it must be, for messages: `float >=0 <1`."""
        limits = "".join(f" {operator}{number:g}" for operator, number in self.bounds)
        return f"{self.type}{limits}"


Signature = dict[str, Field]


def signature(text: str) -> Signature:
    """The arguments of a declared line, in order."""
    fields: Signature = {}
    positional = True
    for part in _parts(text):
        if part == "*":
            positional = False
            continue
        head, equals, default = part.partition(" = ")
        name, _, typed = head.partition(": ")
        words = typed.split(" ")
        bounds = tuple(_bound(word) for word in words if word[0] in "<>")
        kind = " ".join(word for word in words if word[0] not in "<>")
        fields[name] = Field(name, kind, bounds, default if equals else None, positional)
    return fields


def _parts(text: str) -> list[str]:
    """The text between commas that stand in no brackets."""
    parts, depth, start = [], 0, 0
    for at, character in enumerate(text):
        depth += (character == "[") - (character == "]")
        if character == "," and depth == 0:
            parts.append(text[start:at].strip())
            start = at + 1
    parts.append(text[start:].strip())
    return [part for part in parts if part]


def _bound(word: str) -> tuple[str, float]:
    operator = word[:2] if word[1:2] == "=" else word[:1]
    return operator, float(word[len(operator) :])


_HOLDS: dict[str, Any] = {
    ">": float.__gt__,
    ">=": float.__ge__,
    "<": float.__lt__,
    "<=": float.__le__,
}


def fits(field: Field, value: object) -> tuple[bool, Any]:
    """Whether a value is what the field wants, and the value as that type has it."""
    form, of, inner = field.type.partition(" of ")
    if of:
        items = value if isinstance(value, tuple | list) else (value,)
        checked = [fits(field._replace(type=inner), item) for item in items]
        counted = form == "list" or len(items) == 2
        return counted and all(good for good, _ in checked), tuple(item for _, item in checked)
    if field.type.startswith('"'):
        return value in [choice.strip('"') for choice in field.type.split(" | ")], value
    if field.type in ("bool", "str"):
        return isinstance(value, bool if field.type == "bool" else str), value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False, value
    if field.type == "int" and not isinstance(value, int):
        return False, value
    if not abs(value) < 1e300:
        return False, value
    inside = all(_HOLDS[operator](float(value), number) for operator, number in field.bounds)
    return inside, float(value) if field.type == "float" else value
