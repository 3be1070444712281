"""Random programs in which passes find something to do.

Comes in: a generator of random numbers. Goes out: the text of a valid program: images of a few
channels through branches, blocks, shared layers, norms, dropouts, constants and repetitions.
"""

from collections.abc import Callable
from random import Random

BLOCKS = """
block Unit(width: int, rate: float = 0.1) on x: f32[N, C, H, W] -> f32[N, width, H, W] {
    x -> conv(width, 3, bias=false) -> batchnorm -> relu -> dropout(rate)
}
block Residual on x: f32[N, C, H, W] -> f32[N, C, H, W] {
    body = x -> depthwise(3) -> batchnorm -> conv(C, 1) -> batchnorm -> drop_path(0.2)
    (x -> identity) + body -> relu
}
"""


class Writer:
    """Writes statements; `values` are the names at hand with their channels."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.values = {"x": 4}
        self.lines: list[str] = []
        self.shared: list[tuple[str, int, int]] = []

    def text(self, count: int) -> str:
        for _ in range(count):
            self.random.choice(STATEMENTS)(self)
        ends = [self.pick()[0] for _ in range(self.random.randint(1, 3))]
        pooled = ", ".join(f"{name} -> mean(axes=[2, 3])" for name in ends)
        joined = f"({pooled}) -> concat(axis=1)" if len(ends) > 1 else pooled
        body = "\n".join(
            f"    {line}" for line in [*self.lines, f"{joined} -> dense(3) -> batchnorm"]
        )
        head = "network Net on x: f32[N, 4, H, W] -> f32[N, 3]"
        return f"{BLOCKS}\n{head} {{\n    require H >= 3\n    require W >= 3\n{body}\n}}\n"

    def pick(self, channels: int = 0) -> tuple[str, int]:
        """A value, with so many channels if asked; recent ones are likelier."""
        found = [item for item in self.values.items() if channels in (0, item[1])]
        return found[-1 - min(int(self.random.expovariate(0.7)), len(found) - 1)]

    def give(self, expression: str, channels: int) -> None:
        name = f"v{len(self.values)}"
        self.lines.append(f"{name} = {expression}")
        self.values[name] = channels


def _stages(writer: Writer) -> None:
    """Something simple, which may do nothing, or be undone."""
    name, channels = writer.pick()
    stages = [
        "relu", "sigmoid", "tanh", "abs", "neg", "identity", "dropout(0.2)", "noise(0.1)",
        "stop_gradient", "pad(0)", "clip(-1, 1)", "batchnorm", "transpose(2, 3)",
        "permute([0, 1, 3, 2])", "flatten(2) -> reshape([N, {c}, H, W])", "roll([1], axes=[1])",
        "reshape([N, {c}, H, W])", "maxpool(3, stride=1, padding=1)", "softmax(axis=1)",
    ]  # fmt: skip
    chosen = writer.random.choices(stages, k=writer.random.randint(1, 3))
    chosen = chosen * 2 if writer.random.random() < 0.3 else chosen
    turns = sum("transpose" in stage or "permute" in stage for stage in chosen)
    chosen += ["transpose(2, 3)"] * (turns % 2)
    # Within an odd number of turns the axes are the other way round.
    chosen = [stage for stage in chosen if turns == 0 or "reshape" not in stage]
    writer.give(" -> ".join([name, *chosen]).replace("{c}", str(channels)), channels)


def _linear(writer: Writer) -> None:
    name, channels = writer.pick()
    width = writer.random.choice([2, 4, 6])
    groups = writer.random.choice([1, 2])
    bias = writer.random.choice(["true", "false"])
    kind, after = writer.random.choice(
        [
            (f"conv({width}, 3, groups={groups}, bias={bias})", width),
            (f"conv({width}, [1, 3], bias={bias})", width),
            (f"conv_transpose({width}, 3, groups={groups}, bias={bias})", width),
            (f"depthwise(3, multiplier=2, bias={bias})", 2 * channels),
            (f"Unit({width})", width),
            ("Residual", channels),
            ("repeat(2) { Residual }", channels),
        ]
    )
    norm = writer.random.choice(["", " -> batchnorm", " -> batchnorm(affine=false) -> relu"])
    if after <= 12:
        writer.give(f"{name} -> {kind}{norm}", after)


def _shared(writer: Writer) -> None:
    """A layer or block that is used again, now and later."""
    if not writer.shared or writer.random.random() < 0.4:
        _, channels = writer.pick()
        label = f"shared{len(writer.shared)}"
        made = writer.random.choice([f"conv({channels}, 3)", "batchnorm", "Residual"])
        writer.lines.append(f"layer {label} = {made}")
        writer.shared.append((label, channels, channels))
    label, channels, after = writer.random.choice(writer.shared)
    name, _ = writer.pick(channels)
    norm = writer.random.choice(["", " -> batchnorm"])
    writer.give(f"{name} -> {label}{norm}", after)


def _joined(writer: Writer) -> None:
    name, channels = writer.pick()
    other, _ = writer.pick(channels)
    operator = writer.random.choice(["+", "*", "-"])
    writer.give(f"{name} {operator} {other}", channels)
    if channels <= 6:
        writer.give(f"({name}, {other}) -> concat(axis=1)", 2 * channels)


def _repeated(writer: Writer) -> None:
    """A statement once more: its layers without weights compute the same."""
    copies = [line for line in writer.lines if line.startswith("v")]
    if copies:
        name, _, expression = writer.random.choice(copies).partition(" = ")
        writer.give(expression, writer.values[name])


NUMBERS = [
    "1",
    "0.5",
    "constant(2.0) * constant(0.25)",
    "arange(5) -> cast(f32) -> mean(axes=0)",
    "arange(H) -> cast(f32) -> mean(axes=0)",
    "arange(2) -> embedding(2, 300) -> tanh -> sum(axes=[0, 1])",
    "arange({c}) -> embedding({c}, 1) -> unsqueeze(2)",
    "parameter([{c}, 1, 1]) -> sigmoid",
    "parameter([{c}, 1, 200]) -> mean(axes=2, keep=true)",
]


def _with_constant(writer: Writer) -> None:
    name, channels = writer.pick()
    made = writer.random.choice(NUMBERS)
    writer.give(f"{name} * ({made})".replace("{c}", str(channels)), channels)


STATEMENTS: tuple[Callable[[Writer], None], ...] = (
    _stages, _stages, _linear, _linear, _shared, _joined, _repeated, _with_constant,
)  # fmt: skip


def program(seed: int) -> str:
    """The program of a seed."""
    random = Random(seed)
    return Writer(random).text(random.randint(3, 10))
