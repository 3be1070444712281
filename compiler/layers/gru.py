"""Gated recurrent unit."""

from typing import Any, ClassVar

from ._recurrent import Recurrent


class Gru(Recurrent):
    """Gated recurrent unit: r, z = sigmoid(..), n = tanh(W x + r * (U h + b)), h' = (1 - z) * n + z
    * h.

    Inputs: x, or `(x, h)` with a first state. `last` gives the last h of the top layer alone, both
    directions side by side; `states` returns the last h as well. `dropout` acts between layers,
    `weight_dropout` on the recurrent weights.
    Shapes: [N, T, D] -> [N, T, units * directions]. Weights: for each layer weight_ih [3 * units,
    D], weight_hh [3 * units, units], bias_ih and bias_hh [3 * units]; initialised as PyTorch's,
    uniform with bound 1 / sqrt(units).
    Source: Cho et al. 2014, with the reset gate after the product as in cuDNN.
    """

    example: ClassVar[str] = "x -> gru(128, last=true)"
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, T, 3] -> gru(4)",
        "f32[N, T, 3] -> gru(2, layers=2, bidirectional=True)",
        "f32[N, T, 3], f32[N, 4] -> gru(4, last=True, states=True)",
        "f32[N, T, 3], f32[4, N, 2] -> gru(2, 2, True, 0.5, 0.5, states=True)",
    )
    gates: ClassVar[int] = 3
    order: ClassVar[tuple[int, ...]] = (1, 0, 2)  # r z n -> z r n
    onnx_op: ClassVar[str] = "GRU"
    step_cost: ClassVar[int] = 9

    def attributes(self) -> dict[str, Any]:
        return {"linear_before_reset": 1}
