"""Elementary effects against linear functions, and against the statistics that another library finds for its paths."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridscan.numerics.elementary_effects import STEP, effects_of, random_paths, statistics_of

# Paths and values of Ishigami's function, with the statistics that SALib 1.6.0 (Morris, four levels) finds for them.
THIRDS = [
    [[3, 2, 0], [1, 2, 0], [1, 0, 0], [1, 0, 2]],
    [[2, 1, 3], [2, 1, 1], [2, 3, 1], [0, 3, 1]],
    [[1, 1, 0], [1, 3, 0], [3, 3, 0], [3, 3, 2]],
    [[2, 3, 2], [2, 1, 2], [0, 1, 2], [0, 1, 0]],
]
VALUES = [
    [5.249999999999998, -4.051900143284147, -9.301900143284145, -0.9701720055066569],
    [14.551900143284142, 6.2201720055066545, 0.9701720055066569, 0.0],
    [-4.051900143284147, -9.301900143284145, 0.0, 0.0],
    [0.9701720055066569, 6.2201720055066545, 5.25, 5.25],
]


def test_statistics_of_known_paths_are_those_of_another_library():
    points = np.array(THIRDS) / 3
    steps = np.diff(points, axis=1)
    order = np.abs(steps).argmax(axis=2)
    lengths = np.empty(order.shape)
    np.put_along_axis(lengths, order, steps.sum(axis=2), axis=1)
    found = statistics_of(effects_of(order, lengths, np.array(VALUES)))
    np.testing.assert_allclose(found.mean, [7.704054111593103, -3.9375, 6.248796103333117], rtol=1e-12)
    np.testing.assert_allclose(found.mean_absolute, [7.704054111593103, 7.875, 6.248796103333117], rtol=1e-12)
    np.testing.assert_allclose(found.spread, [7.215488224740919, 7.875, 7.215488224740919], rtol=1e-12)


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=6), st.integers(0, 2**31))
def test_a_linear_function_has_its_slopes_as_effects(slopes, seed):
    paths = random_paths(range(len(slopes)), 0, 3, seed)
    found = effects_of(paths.order, paths.lengths, paths.points @ slopes)
    np.testing.assert_allclose(found, np.tile(slopes, (3, 1)), atol=1e-13)


def test_a_path_changes_one_group_a_step_and_stays_off_the_ends():
    paths = random_paths([0, 0, 1, 2, 2, 2], 0, 50, 7)
    groups = np.array([0, 0, 1, 2, 2, 2])
    steps = np.diff(paths.points, axis=1)
    for path in range(50):
        for step, group in enumerate(paths.order[path]):
            assert (np.abs(steps[path, step][groups == group]) == STEP).all()
            assert (steps[path, step][groups != group] == 0).all()
            assert steps[path, step][groups == group][0] == paths.lengths[path, group]
    assert paths.points.min() == 0.125
    assert paths.points.max() == 0.875
    # Members of a group have levels of their own.
    assert (paths.points[:, 0, 0] != paths.points[:, 0, 1]).any()


def test_more_paths_begin_with_fewer():
    few, many = random_paths([0, 1, 2], 0, 5, 3), random_paths([0, 1, 2], 0, 20, 3)
    np.testing.assert_array_equal(few.points, many.points[:5])
    np.testing.assert_array_equal(random_paths([0, 1, 2], 5, 15, 3).points, many.points[5:])
    assert (random_paths([0, 1, 2], 0, 5, 4).points != few.points).any()


@pytest.mark.parametrize("paths", [10, 40])
def test_standard_errors_are_those_of_independent_paths(paths):
    effects = np.random.default_rng(1).normal(2.0, 3.0, size=(paths, 4000))
    found = statistics_of(effects)
    assert np.sqrt((found.mean_error**2).mean()) == pytest.approx(found.mean.std(), rel=0.05)
