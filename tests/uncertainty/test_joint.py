"""Random numbers that several parameters share, against closed forms."""

import numpy as np
import pytest

from gridscan.uncertainty.designs import Design, Uniforms, uniforms
from gridscan.uncertainty.joint import correlated_normals, picked


def numbers_of(*lower):
    """Return random numbers with these values."""
    values = np.array(lower)
    return Uniforms(values, 1.0 - values)


def test_each_position_has_its_share_of_the_unit_interval():
    weights = np.array([0.25, 0.5, 0.25])
    assert picked(numbers_of(0.1, 0.2499, 0.25, 0.7499, 0.75, 0.9), weights).tolist() == [0, 0, 1, 1, 2, 2]


def test_what_has_no_weight_is_never_drawn_even_at_the_ends():
    ends = numbers_of(2.0**-53, 0.5, 1.0 - 2.0**-53)
    assert picked(ends, np.array([0.0, 0.5, 0.0, 0.5, 0.0])).tolist() == [1, 3, 3]
    assert picked(ends, np.array([0.0, 1.0, 0.0])).tolist() == [1, 1, 1]


@pytest.mark.parametrize("size", [3, 7, 10, 49, 1000])
def test_equal_weights_whose_sum_is_not_exact_reach_the_last_row(size):
    found = picked(uniforms(Design(points=1 << 14), {"x": 0})["x"], np.full(size, 1.0 / size))
    assert np.bincount(found, minlength=size).min() >= (1 << 14) // size - 1
    assert found.max() == size - 1


def test_normal_numbers_have_the_correlation():
    correlation = np.array([[1.0, 0.6, -0.3], [0.6, 1.0, 0.2], [-0.3, 0.2, 1.0]])
    found = uniforms(Design(points=1 << 14, seed=2), {"a": 0, "b": 1, "c": 2})
    together = correlated_normals(np.linalg.cholesky(correlation), list(found.values()))
    np.testing.assert_allclose(np.cov(together), correlation, atol=3e-3)


def test_more_numbers_do_not_change_a_digit_of_fewer():
    root = np.linalg.cholesky(np.full((5, 5), 0.4) + 0.6 * np.eye(5))
    names = {name: index for index, name in enumerate("abcde")}
    few, many = (correlated_normals(root, list(uniforms(Design(points=count), names).values())) for count in (33, 4096))
    assert all(np.array_equal(one, other[:33]) for one, other in zip(few, many, strict=True))


def test_independent_numbers_reach_as_far_in_both_tails():
    (found,) = correlated_normals(np.eye(1), [numbers_of(2.0**-53, 0.5, 1.0 - 2.0**-53)])
    assert found[0] == -found[2] == pytest.approx(-8.2095361516013868, rel=1e-12)
    assert found[1] == 0.0
