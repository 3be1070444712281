"""A Gaussian process over programs: Rasmussen and Williams 2006, chapters 2 and 5.

Comes in: squared distances between programs, by block, and scores. Goes out: how the blocks are
weighed, what other programs will score and how sure that is, and the improvement to expect. May be
assumed: scores are about standard, as `standard` makes them; nothing here is drawn at random.

The correlation of two programs is a Matern-5/2 function of the distance of their choices, times an
exponential of the distance of their graphs' patterns:

    k = (1 + s + s^2 / 3) exp(-s) exp(-sum_h v_h p_h),   s^2 = 5 sum_d w_d q_d

with the squares q_d of each choice and p_h of each round of patterns. A weight is the inverse
square of a length scale.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...lazy import lazy_module

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from scipy import linalg, optimize, special

    Array = npt.NDArray[np.float64]
else:
    np = lazy_module("numpy")
    linalg = lazy_module("scipy.linalg")
    optimize = lazy_module("scipy.optimize")
    special = lazy_module("scipy.special")
    Array = Any

LEAST_NOISE = 1e-5
PRIOR_POINTS = 2
"""The variance of the scores has an inverse gamma prior, worth so many points of variance one."""
BOUNDS = (-14.0, 8.0)
MOST_STEPS = 50
REACH = 30.0


@dataclass(frozen=True, slots=True)
class Prior:
    """Normal priors of logarithms: of a choice's weight, less the logarithm of how many choices
    there are (Hvarfner et al. 2024, equation 8, whose length scales these are), of a pattern's
    weight, and of the noise's share of the variance.
    """

    choice: tuple[float, float] = (-1.0, 1.5)
    pattern: tuple[float, float] = (-1.0, 2.0)
    noise: tuple[float, float] = (-5.0, 2.0)

    def of(self, choices: int, rounds: int) -> tuple[Array, Array]:
        """Means and deviations in the order of the parameters."""
        pairs = [(self.choice[0] - np.log(max(1, choices)), self.choice[1])] * choices
        pairs += [self.pattern] * rounds + [self.noise]
        mean, deviation = np.array(pairs).T
        return mean, deviation


@dataclass(frozen=True, slots=True)
class Scales:
    """A weight for each block, of which the first `choices` are choices, and the variance of the
    noise, in parts of the variance of the process.
    """

    weights: Array
    noise: float
    choices: int


def matern(squared: Array) -> tuple[Array, Array]:
    """The Matern-5/2 function of a squared distance, and its derivative by that square."""
    root = np.sqrt(5.0 * squared)
    decay = np.exp(-root)
    return (1.0 + root + root * root / 3.0) * decay, -5.0 / 6.0 * (1.0 + root) * decay


def correlations(between: Array, scales: Scales) -> Array:
    """The correlation of every two programs, from their squares [blocks, m, n]: [m, n]."""
    return _parts(between, scales.weights, scales.choices)[0]


def _parts(between: Array, weights: Array, choices: int) -> tuple[Array, Array]:
    """The correlations, and their derivatives by the squared distance of the choices."""
    value, slope = matern(np.tensordot(weights[:choices], between[:choices], 1))
    alike = np.exp(-np.tensordot(weights[choices:], between[choices:], 1))
    return value * alike, slope * alike


# --- scales ---------------------------------------------------------------------------------------


def fit(between: Array, choices: int, scores: Array, prior: Prior | None = None) -> Scales:
    """The most probable scales, given squares [blocks, n, n] and n scores: the marginal likelihood
    times the prior, climbed from the prior's mean by its gradient. For the prior the squares of
    patterns are in parts of their mean.
    """
    mean, deviation = (prior or Prior()).of(choices, len(between) - choices)
    spans = between.mean(axis=(1, 2))
    spans[:choices] = 1.0
    spans[spans == 0.0] = 1.0
    even = between / spans[:, None, None]
    found = optimize.minimize(
        lambda logs: loss(logs, even, choices, scores, mean, deviation),
        mean, jac=True, method="L-BFGS-B", bounds=[BOUNDS] * len(mean),
        options={"maxiter": MOST_STEPS, "gtol": 1e-3},
    )  # fmt: skip
    *weights, noise = np.exp(found.x)
    return Scales(np.array(weights) / spans, float(noise) + LEAST_NOISE, choices)


def loss(
    logs: Array, between: Array, choices: int, scores: Array, mean: Array, deviation: Array
) -> tuple[float, Array]:
    """Minus the logarithm of the posterior density of the logarithms of weights and noise, but for
    a constant, and its gradient. The variance of the process is at its best value.
    """
    weights, noise = np.exp(logs[:-1]), np.exp(logs[-1])
    value, slope = _parts(between, weights, choices)
    count = len(scores)
    factor = linalg.cholesky(value + (noise + LEAST_NOISE) * np.eye(count), lower=True)
    pull = linalg.cho_solve((factor, True), scores)
    variance = _variance(scores, pull)
    inverse = linalg.cho_solve((factor, True), np.eye(count))
    by_entry = 0.5 * (inverse - np.outer(pull, pull) / variance)
    gradient = np.append(
        weights
        * np.append(
            np.tensordot(between[:choices], by_entry * slope, 2),
            np.tensordot(between[choices:], by_entry * -value, 2),
        ),
        noise * np.trace(by_entry),
    )
    away = (logs - mean) / deviation
    total = 0.5 * (count + PRIOR_POINTS) * np.log(variance) + np.log(np.diag(factor)).sum()
    return float(total + 0.5 * away @ away), gradient + away / deviation


def _variance(scores: Array, pull: Array) -> float:
    """Of the process: at the mode, given the scores and the inverse of the correlations times
    them.
    """
    return float((scores @ pull + PRIOR_POINTS) / (len(scores) + PRIOR_POINTS))


# --- predictions ----------------------------------------------------------------------------------


class Posterior:
    """What is believed after some scores. `between` are the squares of the programs scored, then of
    `pending` ones, which are taken to score what is predicted of them (the kriging believer of
    Ginsbourger et al. 2010): so nothing is expected twice of a place that is being tried.
    """

    def __init__(self, between: Array, scales: Scales, scores: Array) -> None:
        known = len(scores)
        self.scales = scales
        values = correlations(between, scales)
        noisy = values + scales.noise * np.eye(len(values))
        pull = linalg.cho_solve((linalg.cholesky(noisy[:known, :known], lower=True), True), scores)
        self.variance = _variance(scores, pull)
        believed = np.append(scores, values[known:, :known] @ pull)
        self._factor = linalg.cholesky(noisy, lower=True)
        self._pull = linalg.cho_solve((self._factor, True), believed)
        self.best = float(believed.max())

    def predict(self, across: Array) -> tuple[Array, Array]:
        """Mean and standard deviation of the process at m programs, of which `across` tells the
        squares to those known: [blocks, m, n].
        """
        values = correlations(across, self.scales)
        explained = linalg.solve_triangular(self._factor, values.T, lower=True)
        left = np.maximum(1.0 - (explained**2).sum(axis=0), 1e-12)
        return values @ self._pull, np.sqrt(self.variance * left)


def expected_improvement(mean: Array, deviation: Array, best: float) -> Array:
    """(mean - best) Phi(z) + deviation phi(z) with z = (mean - best) / deviation (Jones, Schonlau
    and Welch 1998, equation 15).
    """
    z = (mean - best) / deviation
    density = np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi)
    improvement: Array = (mean - best) * special.ndtr(z) + deviation * density
    return improvement


def standard(scores: Sequence[float]) -> Array:
    """Scores with mean 0 and variance 1. Those further below the median than `REACH` times what the
    best is above it count as if they were there: how bad a diverged training is says nothing.
    """
    found = np.array(scores, dtype=float)
    middle = np.median(found)
    found = np.maximum(found, middle - REACH * (found.max() - middle))
    standardised: Array = (found - found.mean()) / (found.std() or 1.0)
    return standardised
