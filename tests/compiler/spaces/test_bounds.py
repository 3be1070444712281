"""Costs between bounds: generated small spaces with bounds at, just above and just below what their
programs cost, against all of their programs one by one.
"""

import operator
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

import archc
import pytest
from archc import ProgramError
from archc.compiler import cost
from archc.compiler.spaces.survey import survey
from brute import small_space

SHORT, LONG = 24, 400
HOLDS: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    "<": operator.lt,
    ">=": operator.ge,
    ">": operator.gt,
    "==": operator.eq,
}
TURNED = {"<=": ">=", "<": ">", ">=": "<=", ">": "<", "==": "=="}
HEADER = "network S on"


@dataclass(frozen=True)
class Bound:
    """`number` may have a name in the text."""

    cost: str
    compared: str
    number: float
    name: str

    def text(self, turned: bool) -> str:
        number = self.name or str(self.number)
        if turned:
            return f"{number} {TURNED[self.compared]} {self.cost}"
        return f"{self.cost} {self.compared} {number}"


def costs_of(program: archc.DrawnProgram) -> dict[str, int]:
    graph = program.graph
    return {
        "params": program.params,
        "flops": cost.flops(graph),
        "activations": cost.activations(graph),
        "layers": cost.layers(graph),
    }


def unbounded(seed: int) -> str:
    """The text of a small space that requires nothing."""
    lines = small_space(seed).text.splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith("require"))


def bounds(random: Random, costs: list[dict[str, int]]) -> Iterator[Bound]:
    for place in range(random.randint(1, 4)):
        which = random.choice(list(costs[0]))
        number = random.choice(costs)[which] + random.choice([0, 0, 1, -1, 0.5])
        compared = random.choice(["<=", "<=", "<", ">=", ">=", ">", "=="])
        yield Bound(which, compared, number, f"bound{place}" if random.random() < 0.3 else "")


def within(found: list[Bound], costs: dict[str, int]) -> bool:
    return all(HOLDS[item.compared](costs[item.cost], item.number) for item in found)


def bounded(text: str, found: list[Bound], random: Random) -> str:
    """The space with the bounds, those with a name as hyperparameters, or as `let`s."""
    named = [item for item in found if item.name]
    stated = [item.text(random.random() < 0.3) for item in found]
    body = [f"require {' and '.join(stated)}"] if random.random() < 0.5 else []
    body = body or [f"require {item}" for item in stated]
    header = HEADER
    if named and random.random() < 0.5:
        given = ", ".join(f"{item.name}: float = {item.number}" for item in named)
        header = f"network S({given}) on"
    else:
        body = [*(f"let {item.name} = {item.number}" for item in named), *body]
    before, after = text.split(HEADER)
    first, rest = after.split("{\n", 1)
    return f"{before}{header}{first}{{\n" + "".join(f"    {line}\n" for line in body) + rest


@pytest.mark.parametrize("part", range(4))
def test_programs_within_bounds_are_counted_and_drawn(part: int, long: bool) -> None:
    some = 0
    for seed in range(part, LONG if long else SHORT, 4):
        random, text = Random(seed), unbounded(seed)
        try:
            every = [(item, costs_of(item)) for item in archc.space(text).enumerate()]
        except ProgramError:
            continue
        for _ in range(4):  # bounds that nothing fulfils are many
            found = list(bounds(random, [costs for _, costs in every]))
            wanted = [program for program, costs in every if within(found, costs)]
            if wanted:
                break
        limited = bounded(text, found, random)
        if not wanted:
            with pytest.raises(ProgramError):
                archc.space(limited)
            continue
        some += 1
        expect_just_these(limited, wanted)
    assert some >= 3


def expect_just_these(text: str, wanted: list[archc.DrawnProgram]) -> None:
    decisions = [program.decisions for program in wanted]
    space = archc.space(text)
    assert space.size == len(wanted), text
    assert [item.decisions for item in space.enumerate()] == decisions, text
    made = Counter(name for item in wanted for name in {step.name for step in item.trace})
    for choice in survey(archc.space(text).process, 100_000).choices:
        assert choice.share == pytest.approx(made[choice.name] / len(wanted)), text
    drawn = [item.decisions for item in archc.space(text).samples(30, seed=1)]
    assert drawn == [item.decisions for item in space.samples(30, seed=1)], text  # all is known
    drawn += [item.decisions for item in space.samples(15, seed=1, uniform=True)]
    drawn += [item.decisions for item in space.samples(15, seed=1, conditioned=True)]
    assert set(drawn) <= set(decisions), text
