"""The density integrated over the arcs of one kick against sums over both angles, closed forms and its own errors."""

import numpy as np
import pytest
from halos import halo_of, setting_of

from gridscan.numerics.quadrature import gauss_legendre
from gridscan.physics.boosted_dark_matter import column_density
from gridscan.physics.boosted_dark_matter.arrival_arcs import arcs_of
from gridscan.physics.boosted_dark_matter.azimuthal_integral import circle_integral
from gridscan.physics.boosted_dark_matter.column_density import columns
from gridscan.physics.dark_matter.halo import double_power_law_density


@pytest.mark.parametrize("neutrinosphere", [1e-15, 2.0, 6.0])
@pytest.mark.parametrize("window", [(0.0, 10.0), (0.0, 0.018), (0.01, 0.05), (0.03, 10.0), (0.13, 10.0)])
def test_columns_are_the_integral_of_the_density_over_both_angles(window, neutrinosphere):
    angle, excess, nodes = np.array([0.2, 0.5, 0.9]), 0.02, np.arange(4000) + 0.5
    setting = setting_of(3, neutrinosphere=neutrinosphere)
    hav = np.sin(0.5 * angle) ** 2
    found, error = columns(setting, np.full(3, excess), np.array(window)[:, None] * np.ones(3), hav, 1e-8)
    theta = nodes[:, None] / 4000.0 * angle
    distance, length = np.sin(theta) / np.sin(angle) * 8.5, np.sin(angle - theta) / np.sin(angle) * 8.5
    delay = (distance + (1.0 + excess) * length) / 8.5 - 1.0
    total = 0.0
    for phi in (np.arange(24) + 0.5) * np.pi / 24.0 - 0.5 * np.pi:
        cosine = np.cos(theta) * np.cos(0.7) + np.sin(theta) * np.sin(0.7) * np.sin(phi)
        radius = np.sqrt(length**2 + 8.5**2 - 2.0 * length * 8.5 * cosine)
        total = total + double_power_law_density(radius, 184.0, 24.42, 2.0) * 2.0 * np.pi / 24.0
    inside = (delay > window[0]) & (delay < window[1]) & (distance > neutrinosphere)
    expected = (total * inside).sum(axis=0) * angle / 4000.0
    smooth = window == (0.0, 10.0) and neutrinosphere < 1.0
    step = 0.0 if smooth else 2.0 * total.max() * angle.max() / 4000.0
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=step)
    assert (error <= 1e-8 * found).all()


def test_what_arrives_first_is_in_proportion_to_the_time():
    psi, start = np.array([0.01, 0.8]), 1e-12
    found = [
        columns(setting_of(2), np.full(2, 0.02), delays[:, None] * np.ones(2), np.sin(0.5 * psi) ** 2, 1e-9)[0]
        for delays in (np.array([1.0, 2.0]) * start, np.array([1.0, 2.001]) * start, np.array([0.0, 1.0]) * start)
    ]
    np.testing.assert_allclose(found[1], 1.001 * found[0], rtol=1e-9)
    np.testing.assert_allclose(found[2], found[0], rtol=1e-9)


def test_errors_are_those_of_both_angles(monkeypatch):
    def found():
        everything = np.array([[0.0, 0.0], [10.0, 10.0]])
        return columns(setting_of(2), np.full(2, 0.02), everything, np.array([0.01, 0.1]), 1e-8)

    truth = found()[0]
    for order in (3, 4, 5):
        monkeypatch.setattr(column_density, "_order", lambda *_, order=order: order)
        value, error = found()
        assert (1e-9 * truth < np.abs(value - truth)).all()
        assert (np.abs(value - truth) <= error).all()
    monkeypatch.undo()
    circles = column_density.circle_integrals
    monkeypatch.setattr(column_density, "circle_integrals", lambda *arguments: circles(*arguments)[:1] * 2)
    np.testing.assert_allclose(*found(), rtol=1e-6)


@pytest.mark.parametrize("cutoff", [1e-8, 1e-3])
def test_a_supernova_in_the_halo_centre_has_the_logarithm_of_the_centre_cutoff(cutoff):
    halo = halo_of(184.0, 24.42, 0.0, cutoff)
    setting = setting_of(2, angle=0.0, halo=halo)
    psi = np.array([0.01, 0.8])
    everything = np.array([[0.0, 0.0], [10.0, 10.0]])
    found, error = columns(setting, np.full(2, 1e-3), everything, np.sin(0.5 * psi) ** 2, 1e-7)
    # rho = rho_s r_s/r, and ∫ dtheta/sin(theta) = ln tan(theta/2).
    first = np.arcsin(cutoff * np.sin(psi) / 8.5)
    expected = 2.0 * np.pi * 184.0 * 24.42 * np.sin(psi) / 8.5 * np.log(np.tan(0.5 * psi) / np.tan(0.5 * first))
    np.testing.assert_allclose(found, expected, rtol=1e-7)
    assert (np.abs(found - expected) <= error + 1e-12 * expected).all()


@pytest.mark.parametrize("angle", [1e-4, 0.3])
@pytest.mark.parametrize("spike", ["3/2", "7/3"])
def test_an_arc_through_a_spike_is_the_sum_of_its_circles(spike, angle):
    halo = halo_of(184.0, 24.42, 2.0, 1e-8, spike, 4.29e6, 0.002)
    setting = setting_of(1, supernova=12.0, angle=angle, halo=halo)
    along, across = setting.centre_along[0], setting.centre_across[0]
    # The angle under which the centre sends particles to Earth, and a little more.
    psi = np.arctan2(across * 12.0, along * (12.0 - along) - across**2) * 1.0002
    hav = np.array([np.sin(0.5 * psi) ** 2])
    found, error = columns(setting, np.array([0.1]), np.array([[0.0], [10.0]]), hav, 1e-6)
    arcs = arcs_of(hav, np.array([12.0]), np.array([along]), np.array([across]))
    # In theta - theta_G = ± exp(u), with many panels, breaks of the density are lost to the fourth digit only.
    nodes, weights = gauss_legendre(8)
    total = 0.0
    for sign, reach in ((-1.0, arcs.nearest[0]), (1.0, psi - arcs.nearest[0])):
        cuts = np.linspace(np.log(1e-6 * arcs.least[0] / arcs.steepness[0]), np.log(reach), 600)
        u = (cuts[:-1] + 0.5 * np.diff(cuts) * (1.0 + nodes[:, None])).ravel()
        weight = (0.5 * np.diff(cuts) * weights[:, None]).ravel() * np.exp(u)
        least, largest = arcs.distances(arcs.nearest + sign * np.exp(u), sign * np.exp(u))
        flat = setting_of(len(u), supernova=12.0, angle=angle, halo=halo).halo
        total += weight @ circle_integral(flat, np.sqrt(least), np.sqrt(largest))
    assert found[0] == pytest.approx(total, rel=1e-5)
    assert error[0] <= 1e-6 * found[0]


def test_errors_bound_the_truth_where_circles_touch_the_spheres_of_the_spike_with_either_side():
    halo = halo_of(184.0, 24.42, 2.0, 1e-8, "3/2", 4.29e6, 0.002)
    setting = setting_of(3, supernova=12.0, angle=1e-4, halo=halo)
    psi = 3.4e-4 * np.array([1.0002, 1.5, 0.9])
    around = (setting, np.full(3, 0.1), np.array([[0.0], [10.0]]) * np.ones(3), np.sin(0.5 * psi) ** 2)
    truth, rest = columns(*around, 1e-10)
    for accuracy in (1e-3, 1e-5, 1e-7):
        found, error = columns(*around, accuracy)
        assert (np.abs(found - truth) <= error + rest).all()
