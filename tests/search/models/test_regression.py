"""The Gaussian process against scikit-learn, its gradient and its expectations against numbers."""

import math

import numpy as np
import pytest
from archc.search.models.regression import (
    LEAST_NOISE,
    Posterior,
    Prior,
    Scales,
    correlations,
    expected_improvement,
    fit,
    loss,
    matern,
    standard,
)
from scipy.integrate import quad
from scipy.optimize import approx_fprime
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern


def squares(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """One block for each column."""
    return (first.T[:, :, None] - second.T[:, None, :]) ** 2


@pytest.fixture
def points() -> np.ndarray:
    return np.random.default_rng(0).random((30, 4))


@pytest.fixture
def scores(points: np.ndarray) -> np.ndarray:
    return standard(np.sin(6 * points[:, 0]) + points[:, 1] ** 2)


def test_the_correlation_is_scikit_learns_matern(points: np.ndarray) -> None:
    lengths = np.array([0.3, 1.0, 2.5, 0.7])
    ours = correlations(squares(points, points), Scales(lengths**-2.0, 0.0, 4))
    assert np.allclose(ours, Matern(lengths, nu=2.5)(points), atol=1e-12)


def test_patterns_multiply_it(points: np.ndarray) -> None:
    between = squares(points, points)
    weights = np.array([2.0, 1.0, 0.5, 3.0])
    ours = correlations(between, Scales(weights, 0.0, 2))
    choices = correlations(between[:2], Scales(weights[:2], 0.0, 2))
    assert np.allclose(ours, choices * np.exp(-0.5 * between[2] - 3.0 * between[3]))
    assert np.linalg.eigvalsh(ours).min() > -1e-9


def test_the_slope_of_the_matern_function() -> None:
    where = np.array([0.0, 1e-3, 0.2, 1.0, 7.0])
    step = 1e-6
    _, slope = matern(where)
    rise = (matern(where + step)[0] - matern(where)[0]) / step
    assert np.allclose(slope, rise, atol=1e-3)


@pytest.mark.parametrize("choices", [0, 2, 4])
def test_the_gradient_of_the_loss(points: np.ndarray, scores: np.ndarray, choices: int) -> None:
    between = squares(points, points)
    mean, deviation = Prior().of(choices, 4 - choices)
    for shift in (-1.0, 0.0, 0.7):
        logs = mean + shift * np.linspace(0.5, 1.5, 5)
        _, gradient = loss(logs, between, choices, scores, mean, deviation)
        number = approx_fprime(
            logs, lambda at: loss(at, between, choices, scores, mean, deviation)[0], 1e-6
        )
        assert np.allclose(gradient, number, rtol=1e-3, atol=1e-3)


def test_predictions_are_scikit_learns(points: np.ndarray, scores: np.ndarray) -> None:
    lengths, noise = np.array([0.5, 0.8, 3.0, 3.0]), 1e-3
    others = np.random.default_rng(1).random((20, 4))
    ours = Posterior(squares(points, points), Scales(lengths**-2.0, noise, 4), scores)
    kernel = ConstantKernel(ours.variance, "fixed") * Matern(lengths, "fixed", nu=2.5)
    theirs = GaussianProcessRegressor(kernel, alpha=noise * ours.variance, optimizer=None)
    theirs.fit(points, scores)
    mean, deviation = theirs.predict(others, return_std=True)
    found = ours.predict(squares(others, points))
    assert np.allclose(found[0], mean, atol=1e-9)
    assert np.allclose(found[1], deviation, atol=1e-6)


def test_scales_tell_what_matters(points: np.ndarray, scores: np.ndarray) -> None:
    scales = fit(squares(points, points), 4, scores)
    assert scales.weights[0] > scales.weights[1] > 5 * max(scales.weights[2:])
    assert LEAST_NOISE <= scales.noise < 0.05


def test_noise_is_found(points: np.ndarray, scores: np.ndarray) -> None:
    between = squares(points, points)
    noisy = standard(scores + 0.5 * np.random.default_rng(2).standard_normal(30))
    assert fit(between, 4, noisy).noise > 10 * fit(between, 4, scores).noise


def test_expected_improvement_is_the_expectation() -> None:
    for mean, deviation, best in ((0.0, 1.0, 0.0), (1.0, 0.5, 0.3), (-1.0, 0.8, 0.9)):

        def gain(score: float, m: float = mean, s: float = deviation, b: float = best) -> float:
            density = math.exp(-0.5 * ((score - m) / s) ** 2) / (s * math.sqrt(2 * math.pi))
            return max(0.0, score - b) * density

        found = expected_improvement(np.array([mean]), np.array([deviation]), best)
        assert found[0] == pytest.approx(quad(gain, best, best + 12)[0], abs=1e-9)


def test_what_is_being_tried_is_believed(points: np.ndarray, scores: np.ndarray) -> None:
    """The mean stays, the doubt goes."""
    scales = Scales(np.array([4.0, 4.0, 0.1, 0.1]), 1e-3, 4)
    known = Posterior(squares(points[:20], points[:20]), scales, scores[:20])
    both = Posterior(squares(points, points), scales, scores[:20])
    mean, deviation = known.predict(squares(points[20:], points[:20]))
    believed, rest = both.predict(squares(points[20:], points))
    assert np.allclose(mean, believed, atol=1e-6)
    assert (rest < 0.5 * deviation).all()
    assert both.variance == known.variance


def test_scores_without_bounds() -> None:
    found = standard([0.1, 0.2, 0.3, -1e30])
    assert found[2] - found[0] > 0.01
    assert standard([1.0, 1.0]).tolist() == [0.0, 0.0]
    assert np.allclose(standard([1.0, 2.0, 3.0]), [-(1.5**0.5), 0, 1.5**0.5])
