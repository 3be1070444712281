"""What is believed of a space's programs: features and a Gaussian process put together.

Comes in: the features of programs that were tried, their scores, those of programs that are being
tried. Goes out: expected improvements of others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...lazy import lazy_module
from .features import Features, Layout, squares
from .regression import Posterior, Prior, Scales, expected_improvement, fit, standard

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]
else:
    np = lazy_module("numpy")
    Array = Any


@dataclass(frozen=True, slots=True)
class Fitted:
    """Scales by what they belong to: a choice by its place in the text, a pattern by its round."""

    choices: Mapping[int, float]
    patterns: tuple[float, ...]
    noise: float

    def of(self, layout: Layout) -> Scales:
        """For another layout of the space. A choice that was not there has the prior's weight."""
        mean, _ = Prior().of(layout.choices, 0)
        weights = [
            self.choices.get(node, float(np.exp(usual)))
            for node, usual in zip(layout.nodes, mean[:-1], strict=True)
        ]
        return Scales(np.array([*weights, *self.patterns]), self.noise, layout.choices)


def fitted(programs: Sequence[Features], scores: Sequence[float]) -> Fitted:
    """The scales that some scores suggest."""
    layout = Layout(programs)
    points = layout.points(programs)
    scales = fit(squares(points, points), layout.choices, standard(scores))
    weights = [float(weight) for weight in scales.weights]
    choices = dict(zip(layout.nodes, weights[: layout.choices], strict=True))
    return Fitted(choices, tuple(weights[layout.choices :]), scales.noise)


class Surrogate:
    """A posterior over the programs of a space: `programs` and their `scores` are known, those of
    `pending` are believed.
    """

    def __init__(
        self,
        scales: Fitted,
        programs: Sequence[Features],
        scores: Sequence[float],
        pending: Sequence[Features] = (),
    ) -> None:
        every = [*programs, *pending]
        self._layout = Layout(every)
        self._points = self._layout.points(every)
        between = squares(self._points, self._points)
        self._posterior = Posterior(between, scales.of(self._layout), standard(scores))

    def improvements(self, programs: Sequence[Features]) -> list[float]:
        """How much better than the best each of the programs is expected to be, in parts of the
        deviation of the scores.
        """
        across = squares(self._layout.points(programs), self._points)
        found = expected_improvement(*self._posterior.predict(across), self._posterior.best)
        return [float(value) for value in found]
