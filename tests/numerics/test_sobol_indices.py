"""Sobol indices against the exact ones of Ishigami's function and of Sobol's G function."""

import numpy as np
import pytest

from gridscan.numerics.sobol_indices import sobol_indices
from gridscan.uncertainty.designs import Design, uniforms

A, B = 7.0, 0.1
_ALONE = [0.5 * (1 + B * np.pi**4 / 5) ** 2, A**2 / 8, 0.0]
_BOTH = B**2 * np.pi**8 * (1 / 18 - 1 / 50)
ISHIGAMI_VARIANCE = sum(_ALONE) + _BOTH
ISHIGAMI_FIRST = np.array(_ALONE) / ISHIGAMI_VARIANCE
ISHIGAMI_TOTAL = np.array([_ALONE[0] + _BOTH, _ALONE[1], _BOTH]) / ISHIGAMI_VARIANCE
G = np.array([0.0, 1.0, 4.5, 9.0, 99.0, 99.0])


def ishigami(points):
    x = np.pi * (2 * points - 1)
    return np.sin(x[0]) + A * np.sin(x[1]) ** 2 + B * x[2] ** 4 * np.sin(x[0])


def g_function(points):
    factors = (np.abs(4 * points - 2) + G[:, None]) / (1 + G[:, None])
    return factors.prod(axis=0)


def g_indices():
    parts = 1 / (3 * (1 + G) ** 2)
    variance = np.prod(1 + parts) - 1
    return parts / variance, parts * np.prod(1 + parts) / (1 + parts) / variance


def estimated(function, inputs, replicates, points, seed):
    first, second, exchanged = [], [], []
    for replicate in range(replicates):
        found = uniforms(Design(points=points, seed=seed + replicate), {f"x{k}": k for k in range(2 * inputs)})
        numbers = np.array([item.lower for item in found.values()])
        one, other = numbers[:inputs], numbers[inputs:]
        first.append(function(one))
        second.append(function(other))
        rows = [function(np.where(np.arange(inputs)[:, None] == k, other, one)) for k in range(inputs)]
        exchanged.append(rows)
    return np.array(first), np.array(second), np.moveaxis(np.array(exchanged), 0, 1)


@pytest.mark.parametrize(
    ("function", "exact", "size"),
    [(ishigami, (ISHIGAMI_FIRST, ISHIGAMI_TOTAL), 3), (g_function, g_indices(), 6)],
    ids=["ishigami", "g"],
)
def test_indices_are_the_exact_ones_within_their_errors(function, exact, size):
    found = sobol_indices(*estimated(function, size, 16, 256, 5))
    # Of 18 intervals of 90 % some miss; how many do is the question of the next test. These are 4.4 standard errors.
    assert (np.abs(found.first_order - exact[0]) <= 2.5 * found.first_order_error).all()
    assert (np.abs(found.total - exact[1]) <= 2.5 * found.total_error).all()
    assert found.first_order_error.max() < 0.03
    assert found.total_error.max() < 0.03


def test_intervals_hold_the_exact_indices_as_often_as_they_say():
    held = np.zeros((2, 3))
    for repetition in range(200):
        found = sobol_indices(*estimated(ishigami, 3, 16, 16, 1000 * repetition))
        held[0] += np.abs(found.first_order - ISHIGAMI_FIRST) <= found.first_order_error
        held[1] += np.abs(found.total - ISHIGAMI_TOTAL) <= found.total_error
    assert ((held >= 0.85 * 200) & (held <= 0.95 * 200)).all()


def test_an_idle_input_has_indices_and_errors_of_zero():
    first, second, exchanged = estimated(ishigami, 3, 4, 64, 1)
    found = sobol_indices(first, second, np.concatenate([exchanged, first[None]]))
    assert found.first_order[3] == found.total[3] == found.first_order_error[3] == found.total_error[3] == 0.0


def test_a_constant_function_has_no_shares():
    constant = np.full((4, 16), 3.0)
    found = sobol_indices(constant, constant, np.stack([constant, constant]))
    assert found.variance == 0.0
    assert found.mean == 3.0
    assert (found.total == 0).all()


def test_points_that_are_not_finite_are_left_out_of_all():
    first, second, exchanged = estimated(ishigami, 3, 8, 128, 1)
    whole = sobol_indices(first[:, 1:], second[:, 1:], exchanged[:, :, 1:])
    first[:, 0] = np.nan
    found = sobol_indices(first, second, exchanged)
    np.testing.assert_allclose(found.total, whole.total, rtol=1e-9)
    np.testing.assert_allclose(found.first_order, whole.first_order, atol=1e-9)


def test_a_large_mean_costs_no_digits():
    first, second, exchanged = estimated(ishigami, 3, 8, 128, 1)
    found = sobol_indices(first + 1e9, second + 1e9, exchanged + 1e9)
    np.testing.assert_allclose(found.total, sobol_indices(first, second, exchanged).total, rtol=1e-5)
    assert found.mean == pytest.approx(1e9 + 3.5, abs=0.5)


def test_without_any_finite_point_there_is_nothing_to_say():
    nothing = np.full((2, 4), np.nan)
    with pytest.raises(ValueError, match="no point of the design has a finite value"):
        sobol_indices(nothing, nothing, nothing[None])
