"""Small spaces with all their programs written out, by nothing but text.

A `Piece` is a stage with choices, as the language writes it, beside the finished stages that it
stands for, one for each way to decide it. So the programs of a space are known without the code
that is tested: those whose text the checker accepts.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product
from random import Random

from archc.compiler.check import check_text
from archc.compiler.hash import graph_hash


@dataclass(frozen=True)
class Piece:
    """`text` has choices; `finished` are its programs, as often as there are traces for them."""

    text: str
    finished: tuple[str, ...]


@dataclass
class World:
    """What a space declares beside its pipeline."""

    random: Random
    blocks: dict[str, str] = field(default_factory=dict)
    statements: list[Piece] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    in_block: bool = False  # a block reads no names of the network's body

    def fresh(self, base: str) -> str:
        self.names.append(base)
        return f"{base}{len(self.names)}"


def values(random: Random, options: list[int]) -> Piece:
    """A number, or a choice or range of numbers."""
    kept = sorted(random.sample(options, random.randint(1, min(3, len(options)))))
    if len(kept) > 1 and random.random() < 0.3:
        low, high = kept[0], kept[-1]
        step = random.choice([1, 2])
        whole = range(low, high + 1, step)
        return Piece(f"{low}..{high} step {step}", tuple(map(str, whole)))
    return Piece(" | ".join(map(str, kept)), tuple(map(str, kept)))


def combined(form: str, *parts: Piece) -> Piece:
    """A form with holes, filled with the texts, and with every combination of finished parts."""
    finished = product(*(part.finished for part in parts))
    return Piece(
        form.format(*(part.text for part in parts)), tuple(form.format(*item) for item in finished)
    )


def conv(world: World) -> Piece:
    padding = world.random.choice(["same", "valid"])
    filters = values(world.random, [2, 3, 4])
    kernel = values(world.random, [1, 3, 5])
    return combined(f"conv({{}}, {{}}, padding={padding})", filters, kernel)


def pool(world: World) -> Piece:
    return combined("maxpool({})", values(world.random, [2, 3, 4]))


def plain(world: World) -> Piece:
    name = world.random.choice(["relu", "tanh", "batchnorm"])
    return Piece(name, (name,))


def chosen(world: World, depth: int) -> Piece:
    options = [stage(world, depth - 1) for _ in range(world.random.randint(2, 3))]
    text = " | ".join(f"{{ {item.text} }}" for item in options)
    weights = f" @ {list(range(1, len(options) + 1))}" if world.random.random() < 0.3 else ""
    finished = tuple(f"{{ {one} }}" for item in options for one in item.finished)
    return Piece(f"({text}){weights}", finished)


def optional(world: World, depth: int) -> Piece:
    inner = stage(world, depth - 1)
    finished = (*(f"{{ {one} }}" for one in inner.finished), "identity")
    return Piece(f"{{ {inner.text} }}?", finished)


def repeated(world: World, depth: int) -> Piece:
    """Each turn decides anew."""
    inner = stage(world, depth - 1)
    low = world.random.randint(0, 1)
    finished: list[str] = []
    for count in range(low, 3):
        for turns in product(inner.finished, repeat=count):
            finished.append(" -> ".join(f"{{ {turn} }}" for turn in turns) or "identity")
    return Piece(f"repeat({low}..2) {{ {inner.text} }}", tuple(finished))


def looped(world: World, depth: int) -> Piece:
    """The list decides once, its items are used as they are."""
    first, second = values(world.random, [2, 3]), values(world.random, [1, 3])
    inner = stage(world, depth - 1)
    finished = tuple(
        f"conv({one}, 1) -> {{ {left} }} -> conv({two}, 1) -> {{ {right} }}"
        for one, two, left, right in product(
            first.finished, second.finished, inner.finished, inner.finished
        )
    )
    name = world.fresh("w")
    body = f"conv({name}, 1) -> {{ {inner.text} }}"
    return Piece(f"for {name} in [{first.text}, {second.text}] {{ {body} }}", finished)


def residual(world: World, depth: int) -> Piece:
    return combined("residual {{ {} }}", stage(world, depth - 1))


def forked(world: World, depth: int) -> Piece:
    parts = [stage(world, depth - 1) for _ in range(2)]
    return combined("fork {{ {{ {} }}, {{ {} }} }} -> concat(axis=1)", *parts)


def shared(world: World, depth: int) -> Piece:
    """One instance: its choices are made once for all turns."""
    return combined("share(2) {{ {} }}", stage(world, depth - 1))


def recipe(world: World, depth: int) -> Piece:
    """A `let` with choices, used twice: decided once."""
    inner = stage(world, 0)
    name = world.fresh("f")
    world.statements.append(combined(f"let {name} = {{{{ {{}} }}}}", inner))
    return Piece(f"{name} -> {name}", (f"{name} -> {name}",))


def instance(world: World, depth: int) -> Piece:
    """A `layer` with choices, used twice: decided once, weights shared."""
    name = world.fresh("g")
    world.statements.append(combined(f"layer {name} = {{}}", conv(world)))
    return Piece(f"{name} -> relu -> {name}", (f"{name} -> relu -> {name}",))


def block(world: World, depth: int) -> Piece:
    """A block with choices in its body and one in an argument, which is made once for the use."""
    name = world.fresh("B")
    outside, world.in_block = world.in_block, True
    inner = stage(world, depth - 1)
    world.in_block = outside
    world.blocks[name] = (
        f"block {name}(w: int) on x: f32[N, C, H, W] -> f32[N, _, _, _] {{\n"
        f"    x -> conv(w, 1) -> {{ {inner.text} }} -> conv(w, 1)\n}}\n"
    )
    width = values(world.random, [2, 3])
    finished = tuple(
        f"conv({one}, 1) -> {{ {body} }} -> conv({one}, 1)"
        for one, body in product(width.finished, inner.finished)
    )
    return Piece(f"{name}({width.text})", finished)


def recursive(world: World, depth: int) -> Piece:
    """A block that uses itself behind a choice, at most three times."""
    name = world.fresh("R")
    kernel = values(world.random, [1, 3])
    world.blocks[name] = (
        f"block {name} on x: f32[N, C, H, W] -> f32[N, _, _, _] {{\n    limit recursion = 3\n"
        f"    x -> conv(2, {kernel.text}, padding=valid) -> ({name} | relu)\n}}\n"
    )
    finished: list[str] = []
    for count in range(1, 4):
        for kernels in product(kernel.finished, repeat=count):
            stages = [f"conv(2, {one}, padding=valid)" for one in kernels]
            finished.append(" -> ".join([*stages, "relu"]))
    return Piece(name, tuple(finished))


LEAVES: list[Callable[[World], Piece]] = [conv, conv, pool, plain]
FORMS: list[Callable[[World, int], Piece]] = [
    chosen, optional, repeated, looped, residual, forked, shared, recipe, instance, block, recursive
]  # fmt: skip
MOST = 60


def stage(world: World, depth: int) -> Piece:
    """One stage or two, small enough to be written out."""
    while True:
        if depth <= 0 or world.random.random() < 0.3:
            found = world.random.choice(LEAVES)(world)
        else:
            kept = dict(world.blocks), list(world.statements)
            forms = [form for form in FORMS if not (world.in_block and form in (recipe, instance))]
            found = world.random.choice(forms)(world, depth)
            if len(found.finished) > MOST:
                world.blocks, world.statements = kept
        if len(found.finished) <= MOST:
            return found


REQUIRED = [
    "", "", "", "require params <= 60", "require layers <= 4", "require params >= 80",
    "require flops <= 4000", "require params <= 90 and layers >= 4", "require longest_path <= 4",
    "require params % 2 == 0",
]  # fmt: skip


@dataclass(frozen=True)
class SmallSpace:
    """A space, and the texts of all programs that it could hold."""

    text: str
    candidates: tuple[str, ...]


def small_space(seed: int, most: int = 250) -> SmallSpace:
    """The space of a seed; it has at most so many candidates."""
    random = Random(seed)
    while True:
        world = World(random)
        parts = [stage(world, 2) for _ in range(random.randint(1, 2))]
        whole = combined(" -> ".join(["{}"] * len(parts)), *parts)
        number = len(whole.finished)
        for item in world.statements:
            number *= len(item.finished)
        if 2 <= number <= most:
            return _written(world, whole, random.choice(REQUIRED))


def _written(world: World, whole: Piece, required: str) -> SmallSpace:
    def network(statements: tuple[str, ...], pipeline: str) -> str:
        lines = [*statements, f"x -> {pipeline} -> mean(axes=[2, 3]) -> dense(2)", required]
        body = "".join(f"    {line}\n" for line in lines if line)
        return f"network S on x: f32[1, 2, 6, 6] -> f32[1, 2] {{\n{body}}}\n"

    text = "".join(world.blocks.values()) + network(
        tuple(item.text for item in world.statements), whole.text
    )
    every = product(product(*(item.finished for item in world.statements)), whole.finished)
    candidates = tuple(network(statements, pipeline) for statements, pipeline in every)
    return SmallSpace(text, candidates)


@lru_cache(maxsize=100_000)
def hash_if_valid(text: str) -> str | None:
    """The hash of a finished program's network, None where the checker refuses it."""
    checked = check_text(text)
    return graph_hash(checked.graphs["S"]) if checked.ok else None


def programs(space: SmallSpace) -> Counter[str]:
    """The valid programs by hash, each as often as there are traces for it."""
    found: Iterator[str | None] = map(hash_if_valid, space.candidates)
    return Counter(item for item in found if item is not None)
