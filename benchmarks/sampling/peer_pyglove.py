"""The spaces as PyGlove writes them. A program is its DNA, which is quicker than the object that
the DNA stands for; the trace is the DNA's numbers.
"""

from random import Random

import pyglove as pg
import pyglove.ext.evolution as evolution
from serve import Draw, serve


def cells() -> pg.List:
    return pg.List(
        [
            pg.Dict(
                filters=pg.oneof([16, 32, 64]),
                kernel=pg.oneof([1, 3, 5]),
                act=pg.oneof(["relu", "gelu", "tanh"]),
                pool=pg.oneof(["maxpool", "identity"]),
            )
            for _ in range(3)
        ]
    )


def flat() -> Draw:
    specification, random = pg.dna_spec(cells()), Random(0)

    def draw(count: int) -> None:
        for _ in range(count):
            pg.random_dna(specification, random).to_numbers()

    return draw


def mutations() -> Draw:
    parent = pg.random_dna(pg.dna_spec(cells()), Random(0))
    mutator = evolution.mutators.Uniform(seed=1)

    def draw(count: int) -> None:
        for _ in range(count):
            mutator.mutate(parent).to_numbers()

    return draw


if __name__ == "__main__":
    serve({"flat": flat, "mutations": mutations})
