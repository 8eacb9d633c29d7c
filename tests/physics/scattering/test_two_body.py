"""Recoil energies and Mandelstam variables: reference numbers, conservation laws, slopes."""

from decimal import Decimal, localcontext

import numpy as np
import pytest
from digits import cases, decimal_momentum, exact, keeps_units, near
from hypothesis import given
from hypothesis import strategies as st

from gridscan.physics.scattering import inverse_kinematics, recoil_angle, two_body
from gridscan.units import Quantity

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning", "error::pint.UnitStrippedWarning")

powers = st.floats(-8, 3).map(lambda exponent: 10.0**exponent)
energies = st.floats(-3, 3).map(lambda exponent: 10.0**exponent)


def test_two_body_reference_numbers_are_met_corners_included():
    for given_, expected in exact("kinematics_mandelstam"):
        hav = recoil_angle.haversine(given_["psi"])
        masses = given_["m1"], given_["m2"]
        energy, allowed = inverse_kinematics.projectile_energy(given_["T2"], *masses, hav)
        assert allowed
        assert energy == near(expected["T1"], rel=1e-12)
        slope = inverse_kinematics.projectile_energy_slope(given_["T2"], *masses, hav)
        assert slope == near(expected["dT1"], rel=1e-12)
        expected_stu = [expected[name] for name in "stu"]
        np.testing.assert_allclose(two_body.mandelstam(energy, *masses, hav), expected_stu, rtol=1e-12)
        assert two_body.target_energy(energy, *masses, hav) == near(given_["T2"], rel=1e-12)


def test_range_of_t_and_the_kallen_function_meet_the_reference_numbers():
    for given_, expected in exact("get_tBound"):
        lowest, highest = two_body.mandelstam_t_range(given_["T1"], given_["m1"], given_["m2"])
        assert lowest == near(expected["t_min"], rel=1e-12)
        assert highest == expected["t_max"]
    for given_, expected in cases("KallenLambda"):
        assert two_body.kallen(**given_) == near(expected["value"], rel=1e-9)


@given(powers, powers, energies, st.floats(0, 0.499))
def test_energy_and_momentum_are_conserved(projectile_ratio, target_ratio, energy, hav):
    masses = energy * projectile_ratio, energy * target_ratio
    recoil = two_body.target_energy(energy, *masses, hav)
    s, t, u = two_body.mandelstam(energy, *masses, hav)
    with localcontext() as context:
        context.prec = 80
        t1, t2, m1, m2 = (Decimal(float(x)) for x in (energy, recoil, *masses))
        cosine = 1 - 2 * Decimal(hav)
        p1, p2 = decimal_momentum(t1, m1), decimal_momentum(t2, m2)
        sine = (1 - cosine**2).sqrt()
        before = (t1 + m1 + m2, p1, Decimal(0))
        left = tuple(a - b for a, b in zip(before, (t2 + m2, p2 * cosine, p2 * sine), strict=True))
        missing = left[0] ** 2 - left[1] ** 2 - left[2] ** 2 - m1**2
        assert abs(missing) < Decimal("1e-14") * t2 * (t1 + m1 + m2)
        scale = max((m1**2 - m2**2) ** 2 / Decimal(float(s)), 4 * (m2 * p1) ** 2 / Decimal(float(s)))
        u_expected = (left[0] - m2) ** 2 - left[1] ** 2 - left[2] ** 2
        assert abs(Decimal(float(u)) - u_expected) < Decimal("1e-14") * scale
        assert float(s) == near(float(before[0] ** 2 - p1**2), rel=2e-15)
        assert float(t) == near(float(t2**2 - p2**2), rel=2e-15)


@given(powers, powers, energies, st.floats(0, 1))
def test_mandelstam_variables_add_up_to_the_squared_masses(projectile_ratio, target_ratio, energy, hav):
    masses = energy * projectile_ratio, energy * target_ratio
    s, t, u = two_body.mandelstam(energy, *masses, hav)
    assert s + t + u == pytest.approx(2.0 * (masses[0] ** 2 + masses[1] ** 2), abs=1e-15 * 4 * s, rel=0)
    lowest, highest = two_body.mandelstam_t_range(energy, *masses)
    assert lowest * (1 + 1e-14) <= t <= highest


@pytest.mark.parametrize("masses", [(0.0, 1.0), (1.0, 1.0), (100.0, 0.5), (0.01, 900.0)])
def test_slopes_are_the_derivatives(masses):
    energy, hav, step = np.array([0.3, 3.0, 40.0])[:, None], np.array([0.0, 0.03, 0.2]), 1e-5
    up, down = (two_body.target_energy(energy, *masses, hav - 0.5 * sign * step) for sign in (1, -1))
    slope = two_body.target_energy_slope(energy, *masses, hav)
    np.testing.assert_allclose(slope, (up - down) / (2 * step), rtol=1e-5)
    recoil = two_body.target_energy(energy, *masses, hav)
    up, down = (inverse_kinematics.projectile_energy(recoil * (1 + sign * step), *masses, hav)[0] for sign in (1, -1))
    slope = inverse_kinematics.projectile_energy_slope(recoil, *masses, hav)
    np.testing.assert_allclose(slope, (up - down) / (2 * step * recoil), rtol=1e-5)


@pytest.mark.parametrize("hav", [0.5, 0.7, 1.0])
def test_nothing_goes_off_backwards(hav):
    for masses in ((0.0, 1.0), (3.0, 0.5)):
        assert two_body.target_energy(10.0, *masses, hav) == 0.0
        assert two_body.target_energy_slope(10.0, *masses, hav) == 0.0
        energy, allowed = inverse_kinematics.projectile_energy(10.0, *masses, hav)
        assert energy == 0.0
        assert not allowed
        assert inverse_kinematics.projectile_energy_slope(10.0, *masses, hav) == 0.0
        assert two_body.mandelstam(10.0, *masses, hav)[1] == 0.0
    assert recoil_angle.angular_density(10.0, 1.0, hav) == 0.0


@given(powers, powers, energies)
def test_cm_momentum_is_that_of_the_kallen_function(projectile_ratio, target_ratio, energy):
    masses = energy * projectile_ratio, energy * target_ratio
    with localcontext() as context:
        context.prec = 60
        t1, m1, m2 = (Decimal(x) for x in (energy, *masses))
        s = (m1 + m2) ** 2 + 2 * m2 * t1
        expected = (s**2 + m1**4 + m2**4 - 2 * (s * m1**2 + s * m2**2 + (m1 * m2) ** 2)) / (4 * s)
    assert two_body.cm_momentum_squared(energy, *masses) == near(float(expected), rel=1e-14)


@given(st.floats(-10, 10), st.floats(-10, 10), st.floats(-10, 10))
def test_kallen_function_is_the_symmetric_polynomial(x, y, z):
    expected = x**2 + y**2 + z**2 - 2 * (x * y + y * z + z * x)
    for order in ((x, y, z), (y, z, x), (z, x, y)):
        assert two_body.kallen(*order) == pytest.approx(expected, abs=1e-12)


def test_arguments_broadcast():
    energy, mass, hav = np.ones((2, 1, 1)), np.ones((3, 1)), np.linspace(0.0, 1.0, 4)
    assert two_body.mandelstam(energy, mass, 1.0, hav)[2].shape == (2, 3, 4)


@pytest.mark.parametrize(
    ("name", "arguments", "unit", "angle"),
    [
        ("boost_squared", (5.0, 2.0, 1.0), "1", ()),
        ("target_energy", (5.0, 2.0, 1.0), "MeV", (0.02,)),
        ("target_energy_slope", (5.0, 2.0, 1.0), "MeV", (0.02,)),
        ("cm_momentum_squared", (5.0, 2.0, 1.0), "MeV^2", ()),
        ("kallen", (5.0, 2.0, 1.0), "MeV^2", ()),
    ],
)
def test_quantities_give_the_numbers_with_their_unit(name, arguments, unit, angle):
    keeps_units(getattr(two_body, name), arguments, unit, angle)


def test_quantities_give_mandelstam_variables():
    energies = Quantity(np.array([5.0, 7.0]), "MeV"), Quantity(np.array([2.0]), "MeV"), Quantity(np.array([1.0]), "MeV")
    bare = [energy.magnitude for energy in energies]
    for found, expected in zip(two_body.mandelstam(*energies, 0.02), two_body.mandelstam(*bare, 0.02), strict=True):
        np.testing.assert_allclose(found.to("MeV^2").magnitude, expected)
