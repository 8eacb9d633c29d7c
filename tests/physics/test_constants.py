"""Constants of nature against the numbers of CODATA and the IAU, written out."""

import pytest

from gridscan.physics import constants
from gridscan.physics.constants import CODATA


def test_the_constants_are_those_of_codata_and_the_iau():
    gravity, light, sun, electronvolt, parsec = (
        6.67430e-11,
        299792458.0,
        1.988409870698051e30,
        1.602176634e-19,
        3.0856775814913673e16,
    )
    assert (
        pytest.approx(2 * gravity * sun / light**2 / (1e3 * parsec), rel=1e-12, abs=0)
        == CODATA.schwarzschild_radius_of_sun
    )
    assert pytest.approx(gravity * sun / (1e9 * parsec), rel=1e-12, abs=0) == CODATA.gravitational_constant
    assert pytest.approx(sun * light**2 / (1e6 * electronvolt), rel=1e-12, abs=0) == CODATA.solar_mass_energy
    assert pytest.approx(1e5 * parsec, rel=1e-14, abs=0) == CODATA.centimetres_per_kiloparsec


def test_the_plain_numbers_are_in_the_units_that_they_say():
    assert constants.SPEED_OF_LIGHT == 29979245800.0
    assert pytest.approx(1.973269804e-11, rel=1e-9, abs=0) == constants.HBAR_C
    assert pytest.approx(3.0856775814913673e21, rel=1e-15, abs=0) == constants.KILOPARSEC
    assert constants.YEAR == 365.25 * 86400
