"""The spaces as NePS writes them."""

import neps
from neps import ByName, Categorical, Operation, PipelineSpace
from neps.space.neps_spaces import neps_space, sampling
from serve import Draw, serve


def cell() -> Operation:
    """Four choices that no other cell shares."""
    return Operation(
        "cell",
        kwargs={
            "filters": Categorical(choices=(16, 32, 64)),
            "kernel": Categorical(choices=(1, 3, 5)),
            "act": Categorical(choices=("relu", "gelu", "tanh")),
            "pool": Categorical(choices=("maxpool", "identity")),
        },
    )


def flat() -> Draw:
    class Flat(PipelineSpace):
        net = Operation("net", args=(cell(), cell(), cell()))

    return drawing(Flat())


def choices() -> Draw:
    class Twenty(PipelineSpace):
        net = Operation(
            "net", args=tuple(Categorical(choices=("relu", "gelu", "tanh")) for _ in range(20))
        )

    return drawing(Twenty())


def nested() -> Draw:
    def tree(depth: int) -> Categorical:
        if depth == 0:
            return Categorical(choices=("relu", "gelu", "tanh"))
        inner = Operation("both", args=(tree(depth - 1), tree(depth - 1)))
        return Categorical(choices=(inner, Operation("one", args=(tree(depth - 1),))))

    class Nested(PipelineSpace):
        net = tree(4)

    return drawing(Nested())


def recursive() -> Draw:
    class Grammar(PipelineSpace):
        stage = Categorical(
            choices=(
                "relu",
                "tanh",
                Operation("then", args=(ByName("stage").resample(),)).resample(),
                Operation("residual", args=(ByName("stage").resample(),)).resample(),
            )
        )

    return drawing(Grammar())


def drawing(space: PipelineSpace) -> Draw:
    def draw(count: int) -> None:
        for _ in range(count):
            _, context = neps_space.resolve(space, domain_sampler=sampling.RandomSampler({}))
            dict(context.samplings_made)

    return draw


if __name__ == "__main__":
    assert neps.__name__
    serve({"flat": flat, "choices": choices, "nested": nested, "recursive": recursive})
