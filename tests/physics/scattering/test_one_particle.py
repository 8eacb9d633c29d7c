"""Momentum and velocities against 60 digits and reference numbers."""

from decimal import Decimal, localcontext

import numpy as np
import pytest
from digits import decimal_momentum, exact, keeps_units, near
from hypothesis import given
from hypothesis import strategies as st

from gridscan.errors import EvaluationError
from gridscan.physics.scattering import one_particle, recoil_angle

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning", "error::pint.UnitStrippedWarning")

powers = st.floats(-8, 3).map(lambda exponent: 10.0**exponent)
energies = st.floats(-3, 3).map(lambda exponent: 10.0**exponent)


def test_velocity_and_largest_angle_reference_numbers_are_met():
    for given_, expected in exact("vx_psimax"):
        arguments = given_["Tx"], given_["mx"]
        velocity, deficit = one_particle.velocity(*arguments), one_particle.velocity_deficit(*arguments)
        assert velocity == near(expected["vx"], rel=1e-14)
        assert deficit == near(expected["one_minus_vx"], rel=1e-14)
        assert deficit * (1.0 + velocity) == near(expected["one_minus_vx2"], rel=1e-14)
        angle, hav = recoil_angle.largest_scattering_angle(*arguments), recoil_angle.largest_haversine(*arguments)
        assert angle == near(expected["psi_max"], rel=1e-14)
        assert hav == near(expected["sin2_half_psi_max"], rel=1e-14)


@given(powers, energies)
def test_velocities_keep_every_digit_at_any_ratio_of_mass_and_energy(ratio, energy):
    with localcontext() as context:
        context.prec = 60
        kinetic, mass = Decimal(energy), Decimal(energy * ratio)
        p = decimal_momentum(kinetic, mass)
        total = kinetic + mass
        expected = {
            "momentum": p,
            "inverse_velocity": total / p,
            "inverse_velocity_excess": total / p - 1,
            "velocity": p / total,
            "velocity_deficit": 1 - p / total,
        }
    for name, value in expected.items():
        assert getattr(one_particle, name)(energy, energy * ratio) == near(float(value), rel=2e-15), name


@pytest.mark.parametrize("wrong", [0.0, -1.0, np.nan])
def test_kinetic_energies_that_are_not_positive_are_refused_by_name(wrong):
    for function in (one_particle.inverse_velocity, one_particle.inverse_velocity_excess):
        with pytest.raises(EvaluationError, match=f"kinetic_energy is {wrong:g} MeV.*; it must be a number above 0"):
            function(np.array([1.0, wrong]), 1.0)


@pytest.mark.parametrize(
    ("name", "arguments", "unit"),
    [
        ("momentum", (5.0, 1.0), "MeV"),
        ("inverse_velocity", (5.0, 1.0), "1"),
        ("inverse_velocity_excess", (5.0, 1.0), "1"),
        ("velocity", (5.0, 1.0), "1"),
        ("velocity_deficit", (5.0, 1.0), "1"),
    ],
)
def test_quantities_give_the_numbers_with_their_unit(name, arguments, unit):
    keeps_units(getattr(one_particle, name), arguments, unit)
