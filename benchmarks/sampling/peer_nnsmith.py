"""NNSmith's symbolic generator: networks of ten operators over its whole vocabulary for PyTorch."""

import warnings

from nnsmith.abstract.extension import activate_ext
from nnsmith.graph_gen import model_gen
from nnsmith.materialize import Model
from nnsmith.narrow_spec import auto_opset
from serve import Draw, serve


def everything() -> Draw:
    warnings.simplefilter("ignore")
    operators = auto_opset(Model.init("torch", "cpu"), None, vulops=False)
    activate_ext(opset=operators, factory=None)
    seed = 0

    def draw(count: int) -> None:
        nonlocal seed
        made = 0
        while made < count:
            seed += 1
            try:
                model_gen(opset=operators, method="symbolic", max_nodes=10, seed=seed)
            except Exception:  # a seed that leads it nowhere costs time and gives no network
                continue
            made += 1

    return draw


if __name__ == "__main__":
    serve({"everything": everything})
