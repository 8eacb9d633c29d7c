"""The table of fluxes against the integral at each flux, and where it begins and ends."""

import dataclasses

import numpy as np
import pytest
from star_population import GALAXY, shining

from gridscan.physics.galaxy.reach import NEAREST
from gridscan.physics.presupernova.flux_table import Shining, flux_table
from gridscan.physics.presupernova.population import time_above


def _table(radius, severity, points):
    return flux_table(radius, *dataclasses.astuple(GALAXY.single()), shining=Shining.of(severity, points))


@pytest.mark.parametrize("radius", [0.3, 1.0, 25.0])
def test_times_above_a_flux_are_those_of_the_integral_at_this_flux(radius):
    severity, points = shining()
    table = _table(radius, severity, points)
    rows = np.random.default_rng(20261130).choice(len(table.log_flux), 40, replace=False)
    exact, off = time_above(np.exp(table.log_flux[rows]), severity, points, radius, GALAXY)
    apart = np.abs(table.time[rows] - exact)
    assert (apart <= table.error[rows] + off).all()
    assert (table.error[rows] <= 2e-3 * table.time[rows]).all()
    # Far better than the estimate, which bounds what the rules in time may miss.
    assert np.median(apart[exact > 0.0] / exact[exact > 0.0]) < 1e-5


def test_the_table_begins_where_all_stars_send_more_and_ends_where_all_are_in_a_uniform_plane():
    severity, points = shining()
    table = _table(2.0, severity, points)
    window = points.weight.sum(axis=-1)
    everywhere, _ = time_above(0.0, severity, points, 2.0, GALAXY)
    np.testing.assert_allclose(table.time[0], everywhere, rtol=1e-6)
    assert table.log_flux[-1] >= np.log(severity[window > 0.0].max() / NEAREST**2)
    assert len(table.log_flux) % 2 == 1


def test_stars_that_do_not_shine_leave_their_bins_empty():
    severity, points = shining()
    partly = severity * (np.arange(len(severity)) < 3)[:, None]
    table, whole = _table(1.0, partly, points), _table(1.0, severity, points)
    assert (table.time[:, 3:] == 0.0).all()
    assert (table.error[:, 3:] == 0.0).all()
    np.testing.assert_allclose(table.time[0, :3], whole.time[0, :3], rtol=1e-6)
    dark = _table(1.0, 0.0 * severity, points)
    assert not dark.time.any()
    assert len(dark.log_flux) == 3
