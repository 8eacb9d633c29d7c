import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridscan.errors import EvaluationError
from gridscan.physics.presupernova.time_points import time_integral, time_points

KNOTS = np.array([1e-5, 1e-3, 0.2, 10.0, 6000.0])


@given(st.floats(0.0, 100.0), st.floats(0.0, 1e4))
def test_weights_add_up_to_the_window_within_the_knots(start, stop):
    points = time_points(KNOTS, start, stop)
    expected = max(min(stop, 6000.0) - min(start, 6000.0), 0.0)
    assert points.weight.sum() == pytest.approx(expected, rel=1e-13, abs=1e-18)
    assert points.coarse_weight.sum() == pytest.approx(expected, rel=1e-6, abs=1e-18)
    assert (points.time > 0.0).all()


@given(st.floats(-2.5, 1.0), st.floats(0.0, 5.0), st.floats(0.01, 5000.0))
def test_power_laws_are_integrated_within_their_error(power, start, length):
    stop = min(start + length, 6000.0)
    points = time_points(KNOTS, start, stop)
    value, error = time_integral(np.maximum(points.time, 1e-5) ** power, points)
    low, high = max(start, 1e-5), max(stop, 1e-5)
    inner = np.log(high / low) if abs(power + 1) < 1e-9 else (high ** (power + 1) - low ** (power + 1)) / (power + 1)
    exact = inner + 1e-5**power * max(1e-5 - start, 0.0)
    assert abs(value - exact) <= error + 1e-11 * exact
    assert float(value) == pytest.approx(exact, rel=1e-6)


def test_parts_of_a_window_add_up_to_the_whole():
    def integral(start, stop):
        points = time_points(KNOTS, start, stop)
        return float(time_integral(points.time**-0.7, points)[0])

    assert integral(0.003, 2.0) + integral(2.0, 90.0) == pytest.approx(integral(0.003, 90.0), rel=1e-12)


def test_windows_of_many_bins_are_as_each_alone():
    start, stop = np.array([0.0, 3.0, 7.0]), np.array([1e4, 5.0, 2.0])
    together = time_points(KNOTS, start, stop)
    assert together.time.shape == together.weight.shape == (3, 15 * (2 * len(KNOTS) - 1))
    np.testing.assert_array_equal(together.weight[2], 0.0)
    for row in range(3):
        alone = time_points(KNOTS, start[row], stop[row])
        np.testing.assert_array_equal(alone.weight, together.weight[row])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1.0, 1.0], 0.0, 1.0), "they must increase"),
        (([0.0, 1.0], 0.0, 1.0), r"knots is 0 at index \[0\]"),
        (([1.0, 2.0], -1.0, 1.0), "start is -1"),
        (([1.0, 2.0], 0.0, np.inf), "stop is inf"),
    ],
)
def test_times_out_of_their_range_are_refused(arguments, message):
    with pytest.raises(EvaluationError, match=message):
        time_points(*arguments)
