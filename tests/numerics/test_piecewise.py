import numpy as np
import pytest

from gridscan.numerics.piecewise import Pieces, estimate, in_blocks, integrate_pieces


def pieces(lower, upper, below=False, above=False, owner=None):
    lower, upper = np.atleast_1d(np.asarray(lower, dtype=float)), np.atleast_1d(np.asarray(upper, dtype=float))
    flags = (np.full(len(lower), flag) for flag in (below, above))
    return Pieces(np.zeros(len(lower), dtype=int) if owner is None else np.array(owner), lower, upper, *flags)


def exact(function):
    def integrand(points, _):
        return function(points), np.zeros_like(points)

    return integrand


@pytest.mark.parametrize(("below", "above"), [(False, False), (True, False), (False, True), (True, True)])
def test_all_ways_along_a_piece_give_the_integral(below, above):
    value, error = integrate_pieces(exact(np.cos), pieces(0.3, 1.7, below, above), 1, 1e-10, 4)
    truth = np.sin(1.7) - np.sin(0.3)
    assert value[0] == pytest.approx(truth, rel=1e-12)
    assert abs(value[0] - truth) <= error[0] <= 1e-10 * truth


def test_a_constant_has_the_error_of_its_rounding():
    value, error = integrate_pieces(exact(np.ones_like), pieces(0.0, 3.0), 1, 1e-10, 4)
    assert abs(value[0] - 3.0) <= error[0]
    assert 1e-15 < error[0] < 1e-13


@pytest.mark.parametrize(("below", "above"), [(True, False), (False, True), (True, True)])
def test_a_root_at_a_rough_end_needs_no_bisection(below, above):
    def height(x):
        return np.sqrt(x if below else 1.0) * np.sqrt(1.0 - x if above else 1.0)

    truth = np.pi / 8.0 if below and above else 2.0 / 3.0
    value, error = integrate_pieces(exact(height), pieces(0.0, 1.0, below, above), 1, 1e-9, 0)
    # Both roots at once, x sqrt(3 - 2 x), are not a polynomial.
    assert value[0] == pytest.approx(truth, rel=1e-9 if below and above else 1e-13)
    assert abs(value[0] - truth) <= error[0] <= 1e-6
    smooth, large = integrate_pieces(exact(height), pieces(0.0, 1.0), 1, 1e-9, 0)
    assert 1e-6 < abs(smooth[0] - truth) <= large[0]


SHAPES = {
    "a peak": (lambda x: 1.0 / (x**2 + 1e-4), 200.0 * np.arctan(100.0)),
    "a narrow peak": (lambda x: 1.0 / ((x - 0.3) ** 2 + 1e-8), 1e4 * (np.arctan(7e3) + np.arctan(13e3))),
    "a kink": (lambda x: np.abs(x - 0.1234), 0.5 * (1.1234**2 + 0.8766**2)),
    "a step": (lambda x: np.where(x > 0.1234, 1.0, 2.0), 2.0 + 1.1234),
    "a root": (lambda x: np.abs(x - 0.1234) ** 0.5, 2.0 / 3.0 * (1.1234**1.5 + 0.8766**1.5)),
    "a wave": (lambda x: 1.0 + np.cos(40.0 * x), 2.0 + np.sin(40.0) / 20.0),
}


@pytest.mark.parametrize("rounds", [0, 1, 3, 30])
@pytest.mark.parametrize("shape", SHAPES)
def test_errors_bound_the_truth_however_far_the_bisection_has_come(shape, rounds):
    function, truth = SHAPES[shape]
    value, error = integrate_pieces(exact(function), pieces(-1.0, 1.0), 1, 1e-6, rounds)
    # Nothing knows of a peak between two nodes.
    if "peak" not in shape or rounds > 3:
        assert abs(value[0] - truth) <= error[0] + 1e-14 * truth
    if rounds == 30:
        assert error[0] <= 1e-6 * value[0]


def test_integrals_have_the_pieces_and_the_errors_of_their_own():
    def integrand(points, piece):
        heights = points ** np.array([1.0, 2.0, 3.0])[piece]
        return heights, 0.01 * heights

    value, error = integrate_pieces(integrand, pieces([0.0, 0.0, 1.0], [1.0, 2.0, 2.0], owner=[0, 2, 2]), 4, 1e-8, 5)
    expected = np.array([0.5, 0.0, 8.0 / 3.0 + 15.0 / 4.0, 0.0])
    np.testing.assert_allclose(value, expected, rtol=1e-13)
    # The errors of the heights are not bisected away, and added.
    np.testing.assert_allclose(error, 0.01 * expected, rtol=1e-10)


def test_only_what_has_not_converged_is_bisected():
    calls = []

    def integrand(points, piece):
        calls.append(sorted(set(piece.tolist())))
        return np.where(piece == 1, np.abs(points - 1.2345), points), np.zeros_like(points)

    integrate_pieces(integrand, pieces([0.0, 1.0, 0.0], [1.0, 2.0, 1.0], owner=[0, 0, 1]), 2, 1e-8, 6)
    assert calls == [[0, 1, 2], *[[1]] * 6]


def test_blocks_and_estimates_keep_their_order():
    value, error = in_blocks(lambda block: (block * 1.0, block * 0.1), 7, 3)
    assert value.tolist() == [0, 1, 2, 3, 4, 5, 6]
    found = estimate(value, error, 0.2, (7, 1))
    assert found.value.shape == found.error.shape == found.converged.shape == (7, 1)
    assert found.converged.all()
    assert estimate(value, error, 0.05, (7,)).converged.tolist() == [True, *[False] * 6]


def test_an_integral_that_never_converges_costs_no_more_and_leaves_those_beside_it_alone():
    """The panels of all integrals were counted together: one of noise took the bisections of the others, or minutes."""
    most = 0

    def integrand(points, piece):
        nonlocal most
        most = max(most, np.count_nonzero(piece == 0))
        noise = np.modf(1e7 * np.sin(1e5 * points))[0]
        return np.where(piece == 0, noise, np.sqrt(points)), np.zeros_like(points)

    both = pieces([0.0, 0.0], [1.0, 1.0], owner=[0, 1])
    value, error = integrate_pieces(integrand, both, 2, 1e-9, 40, most_panels=300)
    assert most <= 300
    assert error[0] > 1e-4
    assert error[1] < 1e-9
    assert value[1] == pytest.approx(2 / 3, abs=error[1])
