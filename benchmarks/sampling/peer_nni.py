"""The spaces as NNI writes them, without modules."""

from nni.mutable import Categorical, MutableDict, MutableList
from serve import Draw, serve


def flat() -> Draw:
    space = MutableList(
        [
            MutableDict(
                {
                    "filters": Categorical([16, 32, 64], label=f"filters{place}"),
                    "kernel": Categorical([1, 3, 5], label=f"kernel{place}"),
                    "act": Categorical(["relu", "gelu", "tanh"], label=f"act{place}"),
                    "pool": Categorical(["maxpool", "identity"], label=f"pool{place}"),
                }
            )
            for place in range(3)
        ]
    )

    def draw(count: int) -> None:
        for _ in range(count):
            space.random()

    return draw


if __name__ == "__main__":
    serve({"flat": flat})
