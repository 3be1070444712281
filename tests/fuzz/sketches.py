"""Random programs over the whole vocabulary.

Comes in: a seed, and the dtype that floats have. Goes out: a program whose layers are chained by
their own rules, forked and joined. Layers are drawn from the registry, settings from `typical` and
from their domains, and what a layer refuses is drawn again. Now and then a cell runs over time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from archc.compiler.checks import Checks
from archc.compiler.dims import axis
from archc.compiler.errors.base import Site
from archc.compiler.facts import Facts
from archc.compiler.layer import Layer
from archc.compiler.registry import all_layers
from archc.compiler.types import DTYPES, TensorType
from archc.grammar.diagnostic import Fault
from archc.grammar.span import NOWHERE
from layer_settings import settings_of, spelled

PLAIN = ("f32", "i64", "i32", "bool")
"""Dtypes that every operator of ONNX Runtime and every kernel of PyTorch has on the CPU, nearly."""
WIDTHS = ("f64", "f16", "bf16")
LEAST = {"H": 8, "W": 8, "T": 4, "S": 4}
INPUTS = (
    "f32[N, 4, H, W]", "f32[N, 6, 8, 9]", "f32[N, 2, 5, 6, 7]", "f32[N, T, 8]", "f32[N, 4, T]",
    "f32[N, 6]", "f32[N, 4]", "f32[N, S, 8]", "f32[4, 6]", "i64[N, T]", "i64[N]", "bool[N, T]",
    "f32[N, 1, T]", "f32[N, 3, 4, 4]", "f32[6, 4, 5]",
)  # fmt: skip
INDEXING = {"embedding": 0, "one_hot": 0, "gather": 1, "take_along": 1}
"""Which input holds indices: those come from the network's inputs, which are in their range."""
POSITIVE = {"log": 0, "sqrt": 0, "rsqrt": 0, "reciprocal": 0, "pow": 0, "div": 1}
LAYERS = [layer for layer in all_layers() if layer.name not in ("scan", "zero")]
CELLS = {
    "Gate": """
cell Gate(units: int) on x: [N, D] with h: [N, units] -> [N, units] {
    gate = (x, h) -> concat(axis=1) -> dense(units) -> sigmoid
    next h = gate * h + (1 - gate) * (x -> dense(units) -> tanh)
    h
}
""",
    "Decay": """
cell Decay(units: int) on x: [N, D] with h: [N, units], count: [N, 1] -> [N, units] {
    next count = count * 0.5 + 1.0
    for rate in [0.5, 0.25] { x = x -> residual { dense(D) -> relu } }
    next h = 0.9 * h + (x -> dense(units)) / count
    h -> layernorm(eps=0.0009765625)
}
""",
    "Memory": """
cell Memory(units: int) on x: [N, D] with m: [N, units, 2] = 0.5 -> [N, units] {
    key = x -> dense(2) -> softmax -> unsqueeze(1)
    next m = 0.7 * m + (x -> dense(units) -> unsqueeze(2)) * key
    m -> max(axes=[2])
}
""",
}
_CELL_SHARE = 0.06
_TRIES = 24


@dataclass(frozen=True, slots=True)
class Statement:
    """`outputs = text`, where `{0}` stands for the first of `inputs`."""

    outputs: tuple[str, ...]
    inputs: tuple[str, ...]
    text: str

    def __str__(self) -> str:
        left = ", ".join(self.outputs)
        return (
            f"{f'({left})' if len(self.outputs) > 1 else left} = {self.text.format(*self.inputs)}"
        )


@dataclass(frozen=True, slots=True)
class Sketch:
    """A program before it is text: types by the names of inputs, statements, and the output."""

    inputs: dict[str, str]
    statements: tuple[Statement, ...]
    result: str
    dtype: str
    rank: int

    def text(self) -> str:
        ports = ", ".join(f"{name}: {type_}" for name, type_ in self.inputs.items())
        named = "".join(self.inputs.values())
        facts = [f"require {name} >= {size}" for name, size in LEAST.items() if name in named]
        lines = [*facts, *map(str, self.statements), self.result]
        holes = ", ".join("_" * self.rank)
        body = "\n".join(f"    {line}" for line in lines)
        used = [text for name, text in CELLS.items() if f"scan({name}(" in body]
        head = f"network Fuzz on {ports} -> {self.dtype}[{holes}]"
        return f"{''.join(used)}{head} {{\n{body}\n}}\n"


# --- Drawing -------------------------------------------------------------------------------------


class Drawing:
    """A sketch that grows; `types` are those of the values at hand."""

    def __init__(self, random: Random, dtype: str = "f32") -> None:
        self.random = random
        self.allowed = (dtype, *PLAIN[1:])
        self.scans = dtype != "f16"  # ONNX Runtime 1.31 dies of some while it loads them
        inputs = [text.replace("f32", dtype) for text in INPUTS]
        chosen = random.sample(inputs, random.randint(2, 4))
        self.inputs = {f"x{index}": text for index, text in enumerate(chosen, 1)}
        self.types = {name: type_of(text) for name, text in self.inputs.items()}
        self.statements: list[Statement] = []
        self.unread: set[str] = set()
        self.facts = Facts()
        for name, size in LEAST.items():
            if name in "".join(chosen):
                self.facts = self.facts.assume(">=", axis(name), size)

    def sketch(self) -> Sketch | None:
        for _ in range(self.random.randint(5, 14)):
            self._grow()
        if not self.statements:
            return None
        result = self.statements[-1].outputs[-1]
        type_ = self.types[result]
        kept = tuple(needed(self.statements, result))
        used = {name for statement in kept for name in statement.inputs}
        inputs = {name: text for name, text in self.inputs.items() if name in used}
        return Sketch(inputs or self.inputs, kept, result, str(type_.dtype), type_.rank)

    def _grow(self) -> None:
        if self.scans and self.random.random() < _CELL_SHARE and self._scan():
            return
        for _ in range(_TRIES):
            kind = self.random.choice(LAYERS)
            names = self._sources(kind)
            if names is not None and self._apply(kind, names):
                return

    def _sources(self, kind: type[Layer]) -> list[str] | None:
        low, high = kind.arity
        count = self.random.randint(max(low, 1 if high == 1 else low), high or max(low, 3))
        names: list[str] = []
        for place in range(count):
            pool = list(self.inputs) if INDEXING.get(kind.name) == place else list(self.types)
            alike = [name for name in pool if names and self.types[name] == self.types[names[0]]]
            if kind.name == "where":
                of_bool = [name for name in pool if self.types[name].dtype.is_bool]
                pool = of_bool if place == 0 else [name for name in pool if name not in of_bool]
                alike = alike if place == 0 else []
            if not pool:
                return None
            if alike and self.random.random() < 0.6:
                pool = alike
            unread = [name for name in pool if name in self.unread]
            if unread and self.random.random() < 0.8:
                pool = unread[-2:]
            names.append(self.random.choice(pool))
        return names

    def _scan(self) -> bool:
        """A cell over axis 1 of something with features of a fixed size."""
        found = [
            name
            for name, type_ in self.types.items()
            if type_.rank == 3 and type_.dtype.is_float and isinstance(type_.shape[2], int)
        ]
        if not found:
            return False
        name, units = self.random.choice(found), self.random.randint(1, 4)
        cell = self.random.choice([*CELLS])
        reverse, last = self.random.random() < 0.3, self.random.random() < 0.3
        options = f"{', reverse=true' * reverse}{', last=true' * last}"
        batch, time, _ = self.types[name].shape
        shape = (batch, units) if last else (batch, time, units)
        output = self.types[name].with_shape(*shape)
        made = f"v{len(self.statements) + 1}"
        self.types[made] = output
        self.unread.discard(name)
        self.unread.add(made)
        text = f"{{0}} -> scan({cell}({units}){options})"
        self.statements.append(Statement((made,), (name,), text))
        return True

    def _apply(self, kind: type[Layer], names: Sequence[str]) -> bool:
        inputs = [self.types[name] for name in names]
        if kind.name in ("prod", "reduce") and inputs[0].dtype.is_int:
            return False  # products of many integers go round, each runtime in its way
        try:
            settings = settings_of(kind, inputs, self.random)
            layer = kind(**settings)
            check = Checks(self.facts, Site(kind.name, NOWHERE))
            check.inputs(inputs, *kind.arity)
            found = layer.infer(check, *inputs)
        except (Fault, ValueError, TypeError, LookupError):
            return False  # settings of another rank, or a refusal
        outputs = found if isinstance(found, tuple) else (found,)
        if not all(output.dtype.name in self.allowed and _is_small(output) for output in outputs):
            return False
        base = f"v{len(self.statements) + 1}"
        made = [base] if len(outputs) == 1 else [f"{base}_{slot}" for slot in range(len(outputs))]
        self.types.update(zip(made, outputs, strict=True))
        self.unread.difference_update(names)
        self.unread.update(made)
        places = [f"{{{index}}}" for index in range(len(names))]
        if kind.name in POSITIVE and inputs[0].dtype.is_float and POSITIVE[kind.name] < len(names):
            place = POSITIVE[kind.name]
            places[place] = f"(({places[place]} -> abs) + 0.5)"
        flow = f"({', '.join(places)}) -> " if len(places) > 1 else "".join(places) + " -> "
        text = f"{flow if names else ''}{spelled(kind, settings)}"
        self.statements.append(Statement(tuple(made), tuple(names), text))
        return True


def needed(statements: Sequence[Statement], result: str) -> Iterator[Statement]:
    """The statements that a result needs, in order."""
    wanted = {result}
    kept: list[Statement] = []
    for statement in reversed(statements):
        if not wanted.isdisjoint(statement.outputs):
            wanted.update(statement.inputs)
            kept.append(statement)
    yield from reversed(kept)


def type_of(text: str) -> TensorType:
    dtype, _, axes = text.rstrip("]").partition("[")
    labels = (label.strip() for label in axes.split(","))
    return TensorType(
        DTYPES[dtype], tuple(int(label) if label.isdigit() else axis(label) for label in labels)
    )


def _is_small(type_: TensorType) -> bool:
    fixed = 1
    for size in type_.shape:
        fixed *= size if isinstance(size, int) else 4
    return fixed <= 4096 and type_.rank <= 6


def sketch_of(seed: int, dtype: str = "f32") -> Sketch:
    """The sketch of a seed; the same with another dtype is another one."""
    random = Random(seed if dtype == "f32" else f"{dtype} {seed}")
    while True:
        found = Drawing(random, dtype).sketch()
        if found is not None:
            return found
