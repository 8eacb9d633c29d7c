import numpy as np
import pytest
from halos import halo_of

from gridscan.physics.boosted_dark_matter.arrival import path_length
from gridscan.physics.boosted_dark_matter.arrival_arcs import arcs_of, arrived, last_kick
from gridscan.physics.boosted_dark_matter.arrival_geometry import scattering_haversine

MILKY_WAY = halo_of(184.0, 24.42, 2.0, 1e-8)
RANDOM = np.random.default_rng(3)
ANGLE = RANDOM.uniform(1e-3, 1.5, 400)
EXCESS, DELAY = 10.0 ** RANDOM.uniform(-6.0, 0.0, 400), 10.0 ** RANDOM.uniform(-6.0, 0.0, 400)
HAVERSINE = np.sin(0.5 * ANGLE) ** 2


def delay_at(theta, eta, excess):
    """Return x/R_s of a kick, from the sides of the triangle."""
    sides = np.sin(theta) + (1.0 + excess) * np.sin(eta)
    return sides / np.sin(theta + eta) - 1.0


def test_what_arrives_last_was_kicked_under_the_angle_asked_for():
    begun, gone, everything = arrived(DELAY, EXCESS, HAVERSINE)
    partly = ~everything
    late = partly & (DELAY > EXCESS)
    assert 50 < late.sum() < partly.sum() < 400
    for theta, some in ((begun, late), (ANGLE - gone, partly)):
        length = path_length(DELAY[some], theta[some], EXCESS[some], 1.0, 1.0)
        np.testing.assert_allclose(scattering_haversine(length, theta[some], 1.0), HAVERSINE[some], rtol=1e-6)
    assert (begun[partly & (DELAY <= EXCESS)] == 0.0).all()


def test_everything_has_arrived_where_no_kick_is_later():
    share = np.linspace(0.0, 1.0, 4001)[1:-1, None]
    latest = np.maximum(delay_at(share * ANGLE, (1.0 - share) * ANGLE, EXCESS).max(axis=0), EXCESS)
    clear = np.abs(latest - DELAY) > 1e-5 * latest
    assert clear.sum() > 350
    np.testing.assert_array_equal(arrived(DELAY, EXCESS, HAVERSINE)[2][clear], (latest < DELAY)[clear])
    late = clear & (DELAY > EXCESS)
    np.testing.assert_array_equal((last_kick(DELAY, EXCESS) > HAVERSINE)[late], (latest < DELAY)[late])


def test_the_first_to_arrive_are_known_to_all_digits():
    # Close to Earth x sin(psi) = eta (b - cos(psi)).
    for delay in (1e-9, 1e-14):
        _, gone, _ = arrived(np.full(400, delay), EXCESS, HAVERSINE)
        expected = delay * np.sin(ANGLE) / (EXCESS + 2.0 * HAVERSINE)
        np.testing.assert_allclose(gone, expected, rtol=1e-12 + 1e-2 * delay**0.2)


def places(arcs, theta, mirrored=False):
    """Return the distances of places on the arcs from the halo centre or from its mirror image, from coordinates."""
    distance = arcs.supernova_distance * np.sin(theta) / arcs.sine
    sign = -1.0 if mirrored else 1.0
    eta = arcs.angle - theta
    return distance * np.cos(eta), sign * distance * np.sin(eta)


@pytest.mark.parametrize("centre", [(3.0, 2.0), (-4.0, 0.5), (20.0, 7.0), (1.43, 1.0), (0.0, 0.0), (8.5, 0.0)])
def test_distances_to_the_halo_centre_are_those_of_coordinates(centre):
    along, across = (np.full(400, value) for value in centre)
    arcs = arcs_of(HAVERSINE, np.full(400, 8.5), along, across)
    theta = np.linspace(0.0, 1.0, 101)[:, None] * ANGLE
    squares = arcs.distances(theta, theta - arcs.nearest)
    for square, mirrored in zip(squares, (False, True), strict=True):
        x, y = places(arcs, theta, mirrored)
        np.testing.assert_allclose(square, (x - along) ** 2 + (y - across) ** 2, rtol=1e-9, atol=1e-9)
    assert (squares[0].min(axis=0) >= arcs.least**2).all()
    radius = np.sqrt(arcs.least**2 + (0.3 * arcs.steepness) ** 2)
    np.testing.assert_allclose(np.sin(arcs.passes(radius)), 0.3, rtol=1e-8)
    assert np.isnan(arcs.passes(0.99 * arcs.least)[arcs.least > 0.0]).all()


def test_arcs_that_end_in_the_halo_centre_are_nearest_there():
    for along, nearest in ((0.0, 0.0 * ANGLE), (8.5, ANGLE)):
        arcs = arcs_of(HAVERSINE, np.full(400, 8.5), np.full(400, along), np.zeros(400))
        np.testing.assert_allclose(arcs.nearest, nearest, rtol=1e-12)
        assert (arcs.least == 0.0).all()
