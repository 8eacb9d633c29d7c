"""The components of the Galaxy: radial distributions against quadrature, edges and derived numbers, and ranges."""

import math

import numpy as np
import pytest
from galaxies import MILKY_WAY
from scipy.integrate import quad
from scipy.stats import norm

import gridscan as gs
from gridscan.errors import EvaluationError
from gridscan.physics.galaxy.components import Galaxy, arm_density, axisymmetric_density


def single(**changes):
    return Galaxy(**{**MILKY_WAY, **changes}).single()


def shares(function, galaxy, inner, outer, *azimuth):
    arrays = (np.atleast_1d(np.asarray(value, dtype=float)) for value in (*azimuth, inner, outer))
    return function(galaxy, *arrays)


def test_the_disk_is_exponential_between_its_edges():
    disk = single(arm_fraction=0.0, ring_fraction=0.0)
    whole = quad(lambda r: r * math.exp(-r / 1.8), 0.5, 15.0)[0]
    for low, high in ((0.5, 2.0), (1.0, 1.001), (10.0, 15.0)):
        expected = quad(lambda r: r * math.exp(-r / 1.8), low, high)[0] / whole / (2 * math.pi)
        assert shares(axisymmetric_density, disk, low, high)[0] == pytest.approx(expected, rel=1e-10, abs=0)


def test_the_ring_is_normal_and_clipped_to_the_disk():
    ring = single(arm_fraction=0.0, ring_fraction=1.0, ring_radius=14.5)
    inside = norm(14.5, 0.5)
    found = shares(axisymmetric_density, ring, [13.0, 13.0, 0.1, 15.1], [14.0, 15.0, 0.2, 16.0]) * 2 * math.pi
    # What is beyond the edge lies on it.
    expected = [inside.cdf(14.0) - inside.cdf(13.0), 1.0 - inside.cdf(13.0), 0.0, 0.0]
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-300)


def test_all_stars_of_each_component_are_between_nothing_and_beyond_everything():
    for changes in ({"arm_fraction": 0.0}, {"arm_fraction": 0.0, "ring_fraction": 0.0}):
        assert shares(axisymmetric_density, single(**changes), 0.0, 99.0)[0] == pytest.approx(
            0.5 / math.pi, rel=1e-13, abs=0
        )
    azimuth = np.linspace(-np.pi, np.pi, 20001)
    density = shares(arm_density, single(), np.zeros(20001), np.full(20001, 99.0), azimuth)
    assert np.trapezoid(density, azimuth) == pytest.approx(1.0, rel=1e-4, abs=0)


def test_a_thin_arm_is_where_its_spiral_is():
    arms = single(arm_width=1e-6, arm_count=1)
    radius = np.array([4.0, 5.0, 9.0])
    angle = arms.arm_phase + np.log(radius / 5.0) / math.tan(arms.arm_pitch) - math.atan2(arms.sun_y, arms.sun_x)
    around = shares(arm_density, arms, radius - 1e-4, radius + 1e-4, angle)
    scale = quad(lambda r: r * math.exp(-r / 1.8), 3.0, 13.0)[0]
    # dR_c/dphi = R tan(pitch).
    np.testing.assert_allclose(around, radius**2 * np.exp(-radius / 1.8) / scale * math.tan(arms.arm_pitch), rtol=1e-9)
    assert shares(arm_density, arms, radius + 0.1, radius + 0.2, angle).tolist() == [0.0, 0.0, 0.0]


def test_what_follows_from_the_parameters():
    galaxy = single(sun_x=3.0, sun_y=-4.0)
    assert galaxy.sun_radius == 5.0
    assert galaxy.disk_fraction == pytest.approx(0.25, rel=1e-15, abs=0)
    assert galaxy.boundary_radii.tolist() == [0.5, 15.0, 3.0, 13.0]
    assert galaxy.narrowest == 0.3
    low, high = galaxy.winding_range
    assert high - low == pytest.approx(math.log(13.0 / 3.0) / math.tan(math.radians(12.0)), rel=1e-14, abs=0)
    azimuth, radius = galaxy.arm_ends
    assert sorted(radius.tolist()) == [3.0] * 4 + [13.0] * 4
    assert (np.abs(azimuth) <= np.pi).all()
    assert single(arm_fraction=0.0).arm_ends[0].size == 0
    assert single(arm_fraction=0.0, ring_fraction=0.0).narrowest == math.inf


def test_the_defaults_are_those_of_the_model():
    model = gs.model("red_supergiants")
    for name, value in vars(Galaxy()).items():
        parameter = model[name]
        default = parameter.default * (math.pi / 180.0 if name in ("arm_pitch", "arm_phase") else 1.0)
        assert value == pytest.approx(default, rel=1e-15, abs=0), name


def test_a_single_galaxy_has_one_of_each():
    assert Galaxy(sun_x=[[-8.0]]).single().sun_x == -8.0
    with pytest.raises(EvaluationError, match="sun_x has 2 values; a single galaxy has one of each"):
        Galaxy(sun_x=[-8.0, -8.2]).single()


def test_what_is_wrong_is_said_with_its_place():
    with pytest.raises(
        EvaluationError, match=r"arm_width is -1 kpc at index \[1, 0\]; it must be a finite number above"
    ):
        Galaxy(arm_width=[[0.3], [-1.0]]).arrays()
    with pytest.raises(
        EvaluationError, match=r"arm_fraction \+ ring_fraction is 1\.1 at index \[1\]; it must be a numb"
    ):
        Galaxy(arm_fraction=[0.2, 0.6], ring_fraction=0.5).arrays()
