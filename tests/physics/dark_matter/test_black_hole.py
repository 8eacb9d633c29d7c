"""Radii of black holes: reference numbers, the fitted dispersion, and quantities with units."""

import pytest
from halos import HALOS
from reference import reference

from gridscan.physics.constants import CODATA
from gridscan.physics.dark_matter import black_hole
from gridscan.units import registry

CASES = reference("boosted_dark_matter")["scalar"]["black_hole"]["cases"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["inputs"]))
def test_reference_black_holes_are_met(case):
    mass, expected = case["inputs"]["mBH"], case["expected"]
    dispersion = black_hole.velocity_dispersion(mass)
    horizon = black_hole.schwarzschild_radius(mass, 0.5 * 1.981e30 * 1.48e-25 / 3.085e21, 1.0)
    assert dispersion == pytest.approx(expected["M_sigma"], rel=1e-12)
    reach = black_hole.radius_of_influence(mass, dispersion, 4.301e-6)
    assert reach == pytest.approx(expected["radiusInfluence"], rel=1e-12)
    assert horizon == pytest.approx(expected["radiusSchwarzschild"], rel=1e-12)


def test_the_fitted_dispersion_is_near_the_published_one():
    for case in CASES:
        found = black_hole.velocity_dispersion(case["inputs"]["mBH"])
        assert found == pytest.approx(case["extra"]["docs_M_sigma"], rel=0.01)


def test_the_shipped_influence_radii_follow_from_the_dispersion():
    for name in ("milky way", "lmc"):
        mass, reach = HALOS[name]["black_hole_mass"], HALOS[name]["influence_radius"]
        found = black_hole.radius_of_influence(
            mass, black_hole.velocity_dispersion(mass), CODATA.gravitational_constant
        )
        assert found == pytest.approx(reach, rel=0.03)


def test_quantities_give_radii_with_units():
    gravity, light = registry("newtonian_constant_of_gravitation"), registry("speed_of_light")
    mass = registry("4.29e6 Msun")
    dispersion = black_hole.velocity_dispersion(mass, registry("1.9e8 Msun"), registry("200 km/s"))
    assert black_hole.schwarzschild_radius(mass, gravity, light).m_as("kpc") == pytest.approx(
        4.29e6 * CODATA.schwarzschild_radius_of_sun
    )
    assert black_hole.radius_of_influence(mass, dispersion, gravity).m_as("pc") == pytest.approx(2.0397, rel=1e-4)
