"""Long short-term memory."""

from typing import ClassVar

from ._recurrent import Recurrent


class Lstm(Recurrent):
    """Long short-term memory: i, f, o = sigmoid(..), g = tanh(..), c' = f * c + i * g, h' = o *
    tanh(c').

    Inputs: x, or `(x, h, c)` with first states. `last` gives the last h of the top layer alone,
    both directions side by side; `states` returns the last h and c as well. `dropout` acts between
    layers, `weight_dropout` on the recurrent weights, once for each sequence.
    Shapes: [N, T, D] -> [N, T, units * directions]. Weights: for each layer weight_ih [4 * units,
    D], weight_hh [4 * units, units], bias_ih and bias_hh [4 * units]; initialised as PyTorch's,
    uniform with bound 1 / sqrt(units).
    Source: Hochreiter and Schmidhuber 1997; Merity et al. 2018 for `weight_dropout`.
    """

    arity: ClassVar[tuple[int, int | None]] = (1, 3)
    example: ClassVar[str] = "x -> lstm(128, layers=2, dropout=0.2)"
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, T, 3] -> lstm(4)",
        "f32[N, T, 3] -> lstm(2, layers=2, bidirectional=True)",
        "f32[N, T, 3], f32[N, 4], f32[N, 4] -> lstm(4, last=True, states=True)",
        "f32[N, T, 3], f32[4, N, 2], f32[4, N, 2] -> lstm(2, 2, True, 0.5, 0.5, states=True)",
        "f32[N, T, 3] -> lstm(2, 2, True, last=True)",
    )
    gates: ClassVar[int] = 4
    order: ClassVar[tuple[int, ...]] = (0, 3, 1, 2)  # i f g o -> i o f g
    carried: ClassVar[int] = 2
    onnx_op: ClassVar[str] = "LSTM"
    step_cost: ClassVar[int] = 9
