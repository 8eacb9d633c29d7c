"""From the recoil to the projectile: reference numbers, the textbook with 60 digits, thresholds."""

from decimal import Decimal, localcontext

import numpy as np
import pytest
from digits import decimal_momentum, exact, keeps_units, near
from hypothesis import given
from hypothesis import strategies as st

from gridscan.errors import EvaluationError
from gridscan.physics.scattering import inverse_kinematics, one_particle, recoil_angle, two_body
from gridscan.units import Quantity

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning", "error::pint.UnitStrippedWarning")

powers = st.floats(-8, 3).map(lambda exponent: 10.0**exponent)
energies = st.floats(-3, 3).map(lambda exponent: 10.0**exponent)
below_one = st.floats(0, 0.999)


def test_neutrino_reference_numbers_are_met_and_unphysical_ones_are_zero():
    for given_, expected in exact("neutrino"):
        arguments = given_["Tx"], given_["mx"], recoil_angle.haversine(given_["psi"])
        right = expected["sanity"]
        energy, slope = (
            inverse_kinematics.neutrino_energy(*arguments),
            inverse_kinematics.neutrino_energy_slope(*arguments),
        )
        assert energy == near(expected["Ev"] if right else 0.0, rel=1e-12)
        assert slope == near(expected["dEv"] if right else 0.0, rel=1e-12)


@given(powers, energies, below_one)
def test_neutrino_energy_is_that_of_the_textbook_at_any_ratio_of_mass_and_energy(ratio, energy, share):
    mass = energy * ratio
    hav = share * recoil_angle.largest_haversine(energy, mass)
    with localcontext() as context:
        context.prec = 60
        kinetic, m, cosine = Decimal(energy), Decimal(mass), 1 - 2 * Decimal(float(hav))
        p = decimal_momentum(kinetic, m)
        expected = kinetic * m / (p * cosine - kinetic)
        slope = expected**2 * cosine / (kinetic * p)
    loss = 1.0 / (1.0 - share)
    assert inverse_kinematics.neutrino_energy(energy, mass, hav) == near(float(expected), rel=2e-15 * loss)
    assert inverse_kinematics.neutrino_energy_slope(energy, mass, hav) == near(float(slope), rel=5e-15 * loss)


@given(powers, energies, st.floats(1.0, 1e9))
def test_beyond_the_largest_angle_no_neutrino_does_it(ratio, energy, factor):
    end = recoil_angle.largest_haversine(energy, energy * ratio)
    hav = min(end * factor, 1.0)
    assert inverse_kinematics.neutrino_energy(energy, energy * ratio, hav) == 0.0
    assert inverse_kinematics.neutrino_energy_slope(energy, energy * ratio, hav) == 0.0
    projectile, allowed = inverse_kinematics.projectile_energy(
        energy, 0.0, energy * ratio, min(end * factor * (1 + 1e-12), 1.0)
    )
    assert projectile == 0.0
    assert not allowed


@given(powers, energies, below_one)
def test_a_neutrino_is_the_massless_projectile(ratio, energy, share):
    mass = energy * ratio
    hav = share * recoil_angle.largest_haversine(energy, mass)
    projectile, allowed = inverse_kinematics.projectile_energy(energy, 0.0, mass, hav)
    loss = 1.0 / (1.0 - share)
    assert allowed
    assert projectile == near(inverse_kinematics.neutrino_energy(energy, mass, hav), rel=1e-14 * loss)
    slope = inverse_kinematics.projectile_energy_slope(energy, 0.0, mass, hav)
    assert slope == near(inverse_kinematics.neutrino_energy_slope(energy, mass, hav), rel=3e-14 * loss)


@given(powers, powers, energies, st.floats(0, 0.499))
def test_projectile_and_target_energy_invert_each_other(projectile_ratio, target_ratio, energy, hav):
    masses = energy * projectile_ratio, energy * target_ratio
    recoil = two_body.target_energy(energy, *masses, hav)
    gain = inverse_kinematics.projectile_energy_slope(recoil, *masses, hav) * recoil / energy
    again, allowed = inverse_kinematics.projectile_energy(recoil, *masses, hav)
    assert allowed or gain > 1e12
    assert not allowed or again == near(energy, rel=1e-14 * (1 + gain))


@given(powers, powers, energies)
def test_the_threshold_is_head_on(projectile_ratio, target_ratio, recoil):
    masses = recoil * projectile_ratio, recoil * target_ratio
    least = inverse_kinematics.smallest_projectile_energy(recoil, *masses)
    lowest, _ = two_body.mandelstam_t_range(least, *masses)
    assert -2.0 * masses[1] * recoil == near(lowest, rel=1e-13)
    havs = np.linspace(0, 0.5, 20)
    energies, allowed = inverse_kinematics.projectile_energy(recoil, *masses, havs)
    assert (np.diff(energies[allowed]) >= 0.0).all()
    neutrino = inverse_kinematics.smallest_projectile_energy(recoil, 0.0, masses[1])
    assert neutrino == near(0.5 * (recoil + one_particle.momentum(recoil, masses[1])), rel=1e-14)


@pytest.mark.parametrize("wrong", [0.0, -1.0, np.nan])
def test_energies_and_masses_that_are_not_positive_are_refused_by_name(wrong):
    values = np.array([1.0, wrong])
    with pytest.raises(EvaluationError, match=f"dark_matter_mass is {wrong:g}"):
        inverse_kinematics.neutrino_energy(1.0, values, 0.0)
    with pytest.raises(EvaluationError, match=f"target_energy is {wrong:g}"):
        inverse_kinematics.projectile_energy(values, 0.0, 1.0, 0.0)
    with pytest.raises(EvaluationError, match=f"target_mass is {wrong:g}"):
        inverse_kinematics.projectile_energy(1.0, 0.0, values, 0.0)


def test_arguments_broadcast():
    energy, mass, hav = np.ones((2, 1, 1)), np.ones((3, 1)), np.linspace(0.0, 1.0, 4)
    assert inverse_kinematics.neutrino_energy_slope(energy, mass, hav).shape == (2, 3, 4)
    assert all(part.shape == (2, 3, 4) for part in inverse_kinematics.projectile_energy(energy, 0.5, mass, hav))


@pytest.mark.parametrize(
    ("name", "arguments", "unit", "angle"),
    [
        ("neutrino_energy", (5.0, 1.0), "MeV", (0.02,)),
        ("neutrino_energy_slope", (5.0, 1.0), "1", (0.02,)),
        ("projectile_energy_slope", (5.0, 2.0, 1.0), "1", (0.02,)),
        ("smallest_projectile_energy", (5.0, 2.0, 1.0), "MeV", ()),
    ],
)
def test_quantities_give_the_numbers_with_their_unit(name, arguments, unit, angle):
    keeps_units(getattr(inverse_kinematics, name), arguments, unit, angle)


def test_quantities_give_energies_and_whether_they_are_allowed():
    energies = Quantity(np.array([5.0, 7.0]), "MeV"), Quantity(np.array([2.0]), "MeV"), Quantity(np.array([1.0]), "MeV")
    bare = [energy.magnitude for energy in energies]
    energy, allowed = inverse_kinematics.projectile_energy(*energies, np.array([0.02, 0.4]))
    expected, expected_allowed = inverse_kinematics.projectile_energy(*bare, np.array([0.02, 0.4]))
    np.testing.assert_allclose(energy.to("MeV").magnitude, expected)
    assert (allowed == expected_allowed).all()
    assert allowed.tolist() == [True, False]
