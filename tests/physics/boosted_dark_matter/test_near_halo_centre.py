"""The flux where its line of origin passes near the halo centre: its geometry, and its errors against the truth."""

import numpy as np
import pytest
from halos import halo_of

from gridscan.physics.boosted_dark_matter import near_halo_centre
from gridscan.physics.boosted_dark_matter.flux import boosted_flux
from gridscan.physics.boosted_dark_matter.problem import Problem
from gridscan.physics.constants import KILOPARSEC, SPEED_OF_LIGHT
from gridscan.physics.neutrinos.supernova import NeutrinoSource
from gridscan.physics.scattering.one_particle import inverse_velocity_excess

MILKY_WAY = halo_of(184.0, 24.42, 2.0, 1e-8)


def boost(mass, supernova, centre, angle, halo=MILKY_WAY):
    return Problem(
        dark_matter_mass=mass,
        supernova_distance=supernova,
        halo_distance=centre,
        off_centre_angle=angle,
        halo=halo,
        source=NeutrinoSource(3e52 * 6.241e5),
    )


def _through_the_centre(kinetic, mass, supernova, angle):
    """Return when particles from the halo centre arrive, at 8.5 kpc."""
    way = np.sqrt((supernova - 8.5) ** 2 + 4.0 * supernova * 8.5 * np.sin(0.5 * angle) ** 2)
    return (way + 8.5 - supernova + 8.5 * inverse_velocity_excess(kinetic, mass)) * KILOPARSEC / SPEED_OF_LIGHT


@pytest.mark.parametrize("spike", ["none", "3/2"])
def test_errors_bound_the_truth_on_the_way_through_the_centre(spike):
    halo = halo_of(184.0, 24.42, 2.0, 1e-8, spike, 4.29e6, 0.002)
    kinetic, mass, angle = 10.0, np.array([1.0, 10.0, 30.0]), np.array([0.1, 0.3, 0.6])
    time = _through_the_centre(kinetic, mass, 12.0, angle) * (1.0 + np.array([0.03, 1e-3, 1e-5, 1e-8])[:, None])
    points = (time, kinetic, boost(mass, 12.0, 8.5, angle, halo))
    truth = boosted_flux(*points, accuracy=1e-9)
    for accuracy in (1e-2, 1e-4, 1e-6):
        found = boosted_flux(*points, accuracy=accuracy)
        assert found.converged.all()
        assert (np.abs(found.value - truth.value) <= found.error + truth.error).all()


def test_the_line_is_a_parabola_close_to_the_centre(monkeypatch):
    setting, _, _ = boost(10.0, 12.0, 8.5, 0.3).at()
    emission = setting.emission(_through_the_centre(10.0, np.array([10.0]), 12.0, 0.3), np.array([10.0]))
    line, _, _ = near_halo_centre._line(emission, False)
    step = np.arcsinh(0.9 * near_halo_centre._PARABOLA / line.width)
    close = line.from_centre(step)
    monkeypatch.setattr(near_halo_centre, "_PARABOLA", 0.0)
    np.testing.assert_allclose(close, line.from_centre(step), rtol=1e-9)
    assert close[0] < 1e-3


def test_the_nearest_point_of_the_line_is_nearer_than_all_samples():
    setting, _, _ = boost(np.array([1.0, 10.0, 30.0]), 12.0, 8.5, 0.3).at()
    time = _through_the_centre(10.0, setting.mass, 12.0, 0.3) * np.array([1.01, 1.0, 1.1])
    emission = setting.emission(time, np.full(3, 10.0))
    line, first, last = near_halo_centre._line(emission, False)
    samples = np.linspace(first, last, 4001)
    distance = np.hypot(*line.branch.to_centre(samples))
    least = np.hypot(*line.foot)
    assert (least <= distance.min(axis=0) * (1.0 + 1e-12)).all()
    np.testing.assert_allclose(least[[0, 2]], distance.min(axis=0)[[0, 2]], rtol=1e-3)
    assert ((first <= line.nearest) & (line.nearest <= last)).all()


@pytest.mark.parametrize("spike", ["none", "3/2", "7/3"])
def test_integrals_do_not_depend_on_how_many_points_there_are(spike):
    halo = halo_of(184.0, 24.42, 2.0, 1e-8, spike, 4.29e6, 0.002)
    mass = np.array([1.0, 10.0, 30.0])
    time = _through_the_centre(10.0, mass, 12.0, 0.3) * 1.001
    setting, _, _ = boost(mass, 12.0, 8.5, 0.3, halo).at()
    value, error = near_halo_centre.central_integrals(setting.emission(time, np.full(3, 10.0)), 1e-6)
    assert (error <= 1e-6 * value).all()
    for i in range(3):
        alone, _, _ = boost(mass[i : i + 1], 12.0, 8.5, 0.3, halo).at()
        one, _ = near_halo_centre.central_integrals(alone.emission(time[i : i + 1], np.array([10.0])), 1e-6)
        assert one[0] == pytest.approx(value[i], rel=1e-10, abs=0)
