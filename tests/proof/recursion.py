"""How large programs of recursive grammars become: worked out exactly, and measured.

Comes in: how many programs to draw of each grammar. Goes out: a table, and `recursion.json` beside
this file.

    python tests/proof/recursion.py

A grammar is a branching process that its limit cuts off: a use of a block makes some layers, draws
an option by its weight, and so begins further uses. The expected number of layers follows from that
of the uses within, without a look at the compiler. An option that its limit leaves no end is not
drawn; the weights of the others are shared anew.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from math import sqrt
from pathlib import Path
from typing import Any

import archc
from archc.compiler import cost

RESULTS = Path(__file__).with_name("recursion.json")
DEPTH = 100
"""Blocks stand in one another no deeper, whatever limit they state."""
BUDGET = 2_000
"""Expansions that one draw may cost: a hundredth of what users have, so that giving up is quick."""


@dataclass(frozen=True)
class Option:
    """A way that a block goes on: its text, how likely it is, the layers that it makes itself, and
    the blocks that it uses.
    """

    text: str
    weight: int = 1
    layers: int = 0
    uses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Grammar:
    """Blocks that use themselves or one another, all under one limit; the network uses the first.
    Each begins with one layer.
    """

    name: str
    kind: str  # of limit: "recursion" or "nodes"
    most: int
    blocks: Mapping[str, Sequence[Option]] = field(hash=False)

    @property
    def text(self) -> str:
        parts = [self._block(name) for name in self.blocks]
        first = next(iter(self.blocks))
        return "\n".join(parts) + f"network Net on x: f32[N, 8] -> f32[N, 8] {{ x -> {first} }}\n"

    def _block(self, name: str) -> str:
        options = self.blocks[name]
        ways = " | ".join(option.text for option in options)
        weights = [option.weight for option in options]
        return (
            f"block {name} on x: f32[N, D] -> f32[N, D] {{\n    limit {self.kind} = {self.most}\n"
            f"    x -> relu -> ({ways}) @ {weights}\n}}\n"
        )

    @property
    def offspring(self) -> float | None:
        """How many uses a use begins on average while no limit is near: below 1 the grammar ends on
        its own, above 1 it need not. None where there are several blocks.
        """
        if len(self.blocks) > 1:
            return None
        (options,) = self.blocks.values()
        total = sum(option.weight for option in options)
        return sum(option.weight * len(option.uses) for option in options) / total

    def expected(self) -> tuple[Fraction, float]:
        """The number of layers of a program that is drawn, and its standard deviation."""
        mean, square = (by_depth if self.kind == "recursion" else by_layers)(self)
        return mean, sqrt(square - mean * mean)


Moments = tuple[Fraction, Fraction]
"""The expected number of layers, and that of its square."""


def mixed(ways: Sequence[tuple[int, Moments]]) -> Moments:
    """One of some ways, by its weight."""
    total = sum(weight for weight, _ in ways)
    mean = sum((weight * found[0] for weight, found in ways), Fraction(0)) / total
    return mean, sum((weight * found[1] for weight, found in ways), Fraction(0)) / total


def summed(parts: Sequence[Moments]) -> Moments:
    """All of some parts, which know nothing of each other."""
    mean = square = Fraction(0)
    for own, own_square in parts:
        square += 2 * mean * own + own_square
        mean += own
    return mean, square


def by_depth(grammar: Grammar) -> Moments:
    """Under `limit recursion`: what a use makes depends on the uses that are open around it."""
    names = list(grammar.blocks)

    @cache
    def use(name: str, around: tuple[int, ...]) -> Moments | None:
        """None where no program is left."""
        place = names.index(name)
        if around[place] >= grammar.most or sum(around) >= DEPTH:
            return None
        inside = (*around[:place], around[place] + 1, *around[place + 1 :])
        ways = []
        for option in grammar.blocks[name]:
            parts = [use(other, inside) for other in option.uses]
            known = [part for part in parts if part is not None]
            if len(known) == len(parts):
                own = Fraction(1 + option.layers)
                ways.append((option.weight, summed([(own, own * own), *known])))
        return mixed(ways) if ways else None

    found = use(names[0], (0,) * len(names))
    assert found is not None
    return found


def by_layers(grammar: Grammar) -> Moments:
    """Under `limit nodes`, one block: what is still made depends on how many layers are certain by
    now, those of uses that wait included at their least, and on how many uses wait.
    """
    (options,) = grammar.blocks.values()
    least = 1 + min(option.layers for option in options if not option.uses)

    @cache
    def ending(certain: int, waiting: int) -> Moments:
        if not waiting:
            return Fraction(certain), Fraction(certain * certain)
        ways = []
        for option in options:
            more = 1 + option.layers + least * (len(option.uses) - 1)
            if certain + more <= grammar.most:
                ways.append((option.weight, ending(certain + more, waiting - 1 + len(option.uses))))
        return mixed(ways)

    return ending(least, 1)


# --- the grammars ---------------------------------------------------------------------------------


def one_use(stop: int, on: int) -> Mapping[str, Sequence[Option]]:
    return {"A": [Option("identity", stop), Option("A", on, uses=("A",))]}


def two_uses(stop: int, on: int) -> Mapping[str, Sequence[Option]]:
    return {"A": [Option("identity", stop), Option("{ A -> A }", on, uses=("A", "A"))]}


def forks(stop: int, *on: int) -> Mapping[str, Sequence[Option]]:
    """`on` are the weights of one use, of a fork of two, and so on."""
    ways = [Option("identity", stop), Option("A", on[0], uses=("A",))]
    for count, weight in enumerate(on[1:], 2):
        branches = ", ".join("A" * count)
        text = f"{{ fork {{ {branches} }} -> add }}"
        ways.append(Option(text, weight, layers=1, uses=("A",) * count))
    return {"A": ways}


def in_turn(stop: int, on: int) -> Mapping[str, Sequence[Option]]:
    """Two blocks of which the second ends in the first alone."""
    return {
        "A": [Option("tanh", stop, layers=1), Option("B", on, uses=("B",))],
        "B": [Option("{ A -> A }", 1, uses=("A", "A")), Option("A", 2, uses=("A",))],
    }


def grammars() -> Iterator[Grammar]:
    for most in (6, 99):
        yield Grammar("one use, 1 of 2", "recursion", most, one_use(1, 1))
        yield Grammar("one use, 99 of 100", "recursion", most, one_use(1, 99))
    for most in (1, 6, 16, 99):
        yield Grammar("two uses, 3 of 10", "recursion", most, two_uses(7, 3))
        yield Grammar("two uses, 1 of 2", "recursion", most, two_uses(1, 1))
        yield Grammar("two uses, 6 of 10", "recursion", most, two_uses(4, 6))
    for most in (6, 16, 99):
        yield Grammar("a fork of two, 1 of 3", "recursion", most, forks(1, 1, 1))
    for most in (3, 8):
        yield Grammar("forks of two and three", "recursion", most, forks(1, 1, 1, 1))
    for most in (2, 6, 99):
        yield Grammar("two blocks in turn", "recursion", most, in_turn(1, 1))
    for most in (10, 90):
        yield Grammar("one use, 9 of 10", "nodes", most, one_use(1, 9))
    for most in (10, 20, 60, 200):
        yield Grammar("two uses, 3 of 10", "nodes", most, two_uses(7, 3))
        yield Grammar("two uses, 1 of 2", "nodes", most, two_uses(1, 1))
        yield Grammar("forks of two and three", "nodes", most, forks(1, 1, 1, 1))


# --- measuring ------------------------------------------------------------------------------------


@dataclass
class Measured:
    """Numbers of layers that came up, how many draws gave up, and how long a draw took."""

    layers: Counter[int] = field(default_factory=Counter)
    gave_up: int = 0
    seconds: float = 0.0
    slowest: float = 0.0

    @property
    def draws(self) -> int:
        return self.layers.total() + self.gave_up

    @property
    def mean(self) -> float:
        return sum(size * count for size, count in self.layers.items()) / self.layers.total()


def measure(grammar: Grammar, draws: int, seconds: float = float("inf")) -> Measured:
    """Draws programs until there are so many, or the time is over."""
    space = archc.space(grammar.text)
    space.budget = BUDGET
    found = Measured()
    known = dict[tuple[Any, ...], int]()
    while found.draws < draws and found.seconds < seconds:
        begin = time.process_time()
        try:
            (program,) = space.samples(1, seed=0, start=found.draws)
        except archc.SpaceLimit:
            program = None
        spent = time.process_time() - begin
        found.seconds += spent
        found.slowest = max(found.slowest, spent)
        if program is None:
            found.gave_up += 1
            continue
        if program.decisions not in known:
            known[program.decisions] = cost.layers(program.graph)
        found.layers[known[program.decisions]] += 1
    return found


def entry(grammar: Grammar, found: Measured) -> dict[str, Any]:
    """One row. Where draws gave up, those that came are the small ones, and their mean says nothing
    of all.
    """
    mean, deviation = grammar.expected()
    told: dict[str, Any] = {
        "grammar": grammar.name,
        "limit": f"{grammar.kind} = {grammar.most}",
        "uses begun by a use": grammar.offspring,
        "expected layers": float(f"{float(mean):.6g}"),
        "standard deviation": float(f"{deviation:.6g}"),
        "draws": found.draws,
        "gave up": found.gave_up,
    }
    if not found.gave_up:
        told["measured layers"] = round(found.mean, 3)
        told["standard error"] = float(f"{deviation / sqrt(found.layers.total()):.3g}")
        told["largest"] = max(found.layers)
    told["ms per draw"] = round(1000 * found.seconds / found.draws, 2)
    told["ms of the slowest"] = round(1000 * found.slowest)
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=10_000, help="programs of each grammar")
    parser.add_argument("--seconds", type=float, default=60, help="at most so long on each")
    parser.add_argument("--results", type=Path, default=RESULTS)
    chosen = parser.parse_args()
    rows = []
    for grammar in grammars():
        rows.append(entry(grammar, measure(grammar, chosen.draws, chosen.seconds)))
        print(*(f"{key}: {value}" for key, value in rows[-1].items()), sep=", ", flush=True)
    document = {"schema_version": 1, "budget": BUDGET, "grammars": rows}
    chosen.results.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
