"""Elman's recurrent network."""

from typing import Any, ClassVar

from ..checks import Checks
from ..hyperparameter import one_of, option
from ..layer import Types
from ..types import TensorType
from ._recurrent import Recurrent


class Rnn(Recurrent):
    """h' = tanh(W x + U h + b); `activation` may be relu instead.

    Inputs: x, or `(x, h)` with a first state. `last` gives the last h of the top layer alone, both
    directions side by side; `states` returns the last h as well. `dropout` acts between layers,
    `weight_dropout` on the recurrent weights.
    Shapes: [N, T, D] -> [N, T, units * directions]. Weights: for each layer weight_ih [units, D],
    weight_hh [units, units], bias_ih and bias_hh [units]; initialised as PyTorch's, uniform with
    bound 1 / sqrt(units).
    Source: Elman 1990.
    """

    example: ClassVar[str] = "x -> rnn(64)"
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, T, 3] -> rnn(4)",
        'f32[N, T, 3] -> rnn(2, layers=2, bidirectional=True, activation="relu")',
        "f32[N, T, 3], f32[N, 4] -> rnn(4, last=True, states=True)",
        'f32[N, T, 3], f32[2, N, 2] -> rnn(2, 2, weight_dropout=0.5, last=True, activation="relu")',
    )
    gates: ClassVar[int] = 1
    order: ClassVar[tuple[int, ...]] = (0,)
    onnx_op: ClassVar[str] = "RNN"
    step_cost: ClassVar[int] = 2

    activation: str = option(default="tanh", domain=one_of("tanh", "relu"))

    def infer(self, check: Checks, *inputs: TensorType) -> Types:
        found = super().infer(check, *inputs)
        accepted = self.activation in ("tanh", "relu")
        check.setting(accepted, "activation", self.activation, "tanh or relu")
        return found

    def settings(self) -> dict[str, Any]:
        return super().settings() | ({"nonlinearity": "relu"} if self.activation == "relu" else {})

    def attributes(self) -> dict[str, Any]:
        return {"activations": [self.activation.capitalize()] * self._directions}
