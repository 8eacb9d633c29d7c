"""Recoil angles: reference numbers, the normalised density, and its digits up to the right angle."""

from decimal import Decimal, localcontext

import numpy as np
import pytest
from digits import decimal_momentum, exact, keeps_units, near
from hypothesis import given
from hypothesis import strategies as st

from gridscan.errors import EvaluationError
from gridscan.physics.scattering import recoil_angle, two_body
from gridscan.units import Quantity

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning", "error::pint.UnitStrippedWarning")

powers = st.floats(-8, 3).map(lambda exponent: 10.0**exponent)
energies = st.floats(-3, 3).map(lambda exponent: 10.0**exponent)


def test_angular_density_reference_numbers_are_met():
    for given_, expected in exact("gx_dsigma"):
        density = recoil_angle.angular_density_at_angle(given_["Ev"], given_["mx"], given_["psi"])
        assert density == near(expected["gx"], rel=1e-12)
        if given_["psi"] >= 0.0:
            density = recoil_angle.angular_density(given_["Ev"], given_["mx"], recoil_angle.haversine(given_["psi"]))
            assert density == near(expected["gx"], rel=1e-12)


@given(powers, energies)
def test_the_largest_haversine_keeps_every_digit_at_any_ratio_of_mass_and_energy(ratio, energy):
    with localcontext() as context:
        context.prec = 60
        kinetic = Decimal(energy)
        expected = (1 - kinetic / decimal_momentum(kinetic, Decimal(energy * ratio))) / 2
    assert recoil_angle.largest_haversine(energy, energy * ratio) == near(float(expected), rel=2e-15)


@given(powers, energies)
def test_angular_density_is_normalised(ratio, energy):
    nodes, weights = np.polynomial.legendre.leggauss(40)
    cuts = np.log(np.geomspace(1e-26, 0.5, 40))
    half = 0.5 * np.diff(cuts)[:, None]
    hav = np.exp(0.5 * (cuts[1:] + cuts[:-1])[:, None] + half * nodes)
    density = recoil_angle.angular_density(energy, energy * ratio, hav)
    assert 4 * np.pi * np.sum(half * weights * hav * density) == near(1.0, rel=1e-12)


@given(powers, energies, st.floats(0, 1.57))
def test_angular_density_is_that_of_the_isotropic_recoil(ratio, energy, angle):
    """Isotropic in the CM frame, the recoil energies are uniform from 0 to the largest."""
    mass, hav = energy * ratio, recoil_angle.haversine(angle)
    largest = two_body.target_energy(energy, 0.0, mass, 0.0)
    expected = two_body.target_energy_slope(energy, 0.0, mass, hav) / (2 * np.pi * largest)
    assert recoil_angle.angular_density(energy, mass, hav) == near(expected, rel=1e-13)
    assert recoil_angle.angular_density_at_angle(energy, mass, angle) == near(expected, rel=1e-12)


def test_angular_density_at_an_angle_keeps_its_digits_up_to_the_right_angle():
    gap = np.geomspace(1e-15, 1e-3, 7)
    angle = 0.5 * np.pi - gap
    boost = two_body.boost_squared(10.0, 0.0, 1.0)
    assert boost == 11.0**2 / 21.0
    # 10 MeV + 2 MeV on 1 MeV: total energy 13 MeV, momentum squared 140 MeV^2.
    assert two_body.boost_squared(10.0, 2.0, 1.0) == near(13.0**2 / (13.0**2 - 140.0))
    expected = boost * np.cos(angle) / (np.pi * boost**2)
    np.testing.assert_allclose(recoil_angle.angular_density_at_angle(10.0, 1.0, angle), expected, rtol=1e-5)
    assert recoil_angle.angular_density_at_angle(10.0, 1.0, 0.5 * np.pi) == 0.0
    assert recoil_angle.angular_density_at_angle(10.0, 1.0, -1e-300) == 0.0


@pytest.mark.parametrize("wrong", [0.0, -1.0, np.nan])
def test_energies_and_masses_that_are_not_positive_are_refused_by_name(wrong):
    values = np.array([1.0, wrong])
    for function in (recoil_angle.largest_scattering_angle, recoil_angle.largest_haversine):
        with pytest.raises(EvaluationError, match=f"kinetic_energy is {wrong:g} MeV.*; it must be a number above 0"):
            function(values, 1.0)
    for function in (recoil_angle.angular_density, recoil_angle.angular_density_at_angle):
        with pytest.raises(EvaluationError, match=f"dark_matter_mass is {wrong:g}"):
            function(1.0, values, 0.0)


@pytest.mark.parametrize(
    ("name", "arguments", "unit", "angle"),
    [
        ("largest_scattering_angle", (5.0, 1.0), "1", ()),
        ("largest_haversine", (5.0, 1.0), "1", ()),
        ("angular_density", (5.0, 1.0), "1", (0.02,)),
    ],
)
def test_quantities_give_the_numbers_with_their_unit(name, arguments, unit, angle):
    keeps_units(getattr(recoil_angle, name), arguments, unit, angle)


def test_quantities_give_the_density_at_an_angle():
    energy, mass = Quantity(np.array([5.0, 7.0]), "MeV"), Quantity(np.array([1.0]), "MeV")
    density = recoil_angle.angular_density_at_angle(energy, mass, Quantity(np.array([10.0, 100.0]), "deg"))
    expected = recoil_angle.angular_density_at_angle(np.array([5.0, 7.0]), 1.0, np.deg2rad([10.0, 100.0]))
    np.testing.assert_allclose(density.to("").magnitude, expected)
