import tomllib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from gridscan import units
from gridscan.inputs.shipped_files import data_path
from gridscan.physics.neutrinos import electron_scattering

WEAK_MIXING = 0.23122
ELECTRON_MASS = 0.51099895
FERMI_COUPLING = 1.1663788e-11
HBAR_C = 1.973269804e-11
CONSTANTS = (ELECTRON_MASS, FERMI_COUPLING, HBAR_C)
FLAVORS = tomllib.loads(data_path("flavor.toml").read_text(encoding="utf-8"))
COUPLINGS = {label: (record["left_coupling"], record["right_coupling"]) for label, record in FLAVORS.items()}


def _differential(kinetic, energy, left, right):
    prefactor = 2 * FERMI_COUPLING**2 * ELECTRON_MASS * HBAR_C**2 / np.pi
    helicity = left**2 + right**2 * (1 - kinetic / energy) ** 2
    return prefactor * (helicity - left * right * ELECTRON_MASS * kinetic / energy**2)


@given(st.floats(1e-3, 1e3), st.floats(-1, 1), st.floats(-1, 1))
def test_the_total_is_the_integral_over_the_recoil(energy, left, right):
    highest = 2 * energy**2 / (2 * energy + ELECTRON_MASS)
    integral = quad(lambda t: 1e45 * _differential(t, energy, left, right), 0, highest)[0]
    total = electron_scattering.elastic_tree_level(energy, left, right, *CONSTANTS)
    scale = 2 * FERMI_COUPLING**2 * ELECTRON_MASS * HBAR_C**2 / np.pi * highest
    assert 1e45 * total == pytest.approx(integral, rel=1e-10, abs=1e45 * scale * 1e-12)


def test_the_beryllium_line_scatters_as_published():
    """nu_e of 0.862 MeV: 5.79e-45 cm^2 with the radiative corrections, of 2 to 3 %, of Bahcall, Kamionkowski & Sirlin
    1995 (Phys. Rev. D 51, 6146); nu_mu 4.5 times less (Bellini et al. 2011 (Borexino), Phys. Rev. Lett. 107, 141302).
    """
    electron, muon = (electron_scattering.elastic_tree_level(0.862, *COUPLINGS[f], *CONSTANTS) for f in ("nue", "numu"))
    assert electron == pytest.approx(5.79e-45, rel=0.03)
    assert electron / muon == pytest.approx(4.5, rel=0.06)


@pytest.mark.parametrize(("flavor", "slope"), [("nue", 9.5), ("nuebar", 4.0), ("numu", 1.6), ("numubar", 1.3)])
def test_the_high_energy_limit_is_the_textbook_slope(flavor, slope):
    """In 1e-45 cm^2/MeV: Giunti & Kim 2007, Fundamentals of Neutrino Physics and Astrophysics, section 5.2."""
    total = electron_scattering.elastic_tree_level(1e4, *COUPLINGS[flavor], *CONSTANTS)
    assert total / 1e4 == pytest.approx(slope * 1e-45, rel=0.035)


@pytest.mark.parametrize("flavor", ["nue", "nuebar", "numu", "numubar", "nutau", "nutaubar"])
def test_shipped_slopes_are_within_four_percent_of_tree_level(flavor):
    slope = units.parse_quantity(FLAVORS[flavor]["cross_section_slope"]).to("cm^2/MeV").magnitude.item()
    assert slope == pytest.approx(
        electron_scattering.elastic_tree_level(1e6, *COUPLINGS[flavor], *CONSTANTS) / 1e6, rel=0.04
    )
    assert FLAVORS[flavor]["source"]


def test_shipped_couplings_follow_from_the_weak_mixing_angle():
    assert COUPLINGS["nue"] == (0.5 + WEAK_MIXING, WEAK_MIXING)
    assert COUPLINGS["numu"] == COUPLINGS["nutau"] == pytest.approx((WEAK_MIXING - 0.5, WEAK_MIXING), rel=1e-14)
    for flavor in ("nue", "numu", "nutau"):
        assert COUPLINGS[flavor + "bar"] == COUPLINGS[flavor][::-1]


def test_at_low_energy_the_cross_section_goes_as_the_square_of_the_energy():
    left, right = COUPLINGS["nue"]
    limit = 4 * FERMI_COUPLING**2 * HBAR_C**2 / np.pi * (left**2 + right**2 - left * right)
    for energy in (1e-8, 1e-6):
        total = electron_scattering.elastic_tree_level(energy, left, right, *CONSTANTS)
        assert total / energy**2 == pytest.approx(limit, rel=1e-5)
    assert electron_scattering.elastic_tree_level(0.0, left, right, *CONSTANTS) == 0.0


def test_quantities_give_the_numbers_with_their_unit():
    energy = np.array([0.1, 0.9, 5.0])
    quantity = units.Quantity
    total = electron_scattering.elastic_tree_level(
        *(quantity(energy * 1e3, "keV"), *COUPLINGS["nue"], quantity(ELECTRON_MASS, "MeV")),
        *(quantity(FERMI_COUPLING * 1e6, "1/GeV^2"), quantity(HBAR_C * 1e13, "MeV fm")),
    )
    bare = electron_scattering.elastic_tree_level(energy, *COUPLINGS["nue"], *CONSTANTS)
    np.testing.assert_allclose(total.to("cm^2").magnitude, bare, rtol=1e-13)
    line = electron_scattering.linear(quantity(energy, "MeV"), quantity(9.2e-45, "cm^2/MeV"))
    np.testing.assert_allclose(line.to("cm^2").magnitude, electron_scattering.linear(energy, 9.2e-45), rtol=1e-14)
    np.testing.assert_allclose(line.to("cm^2").magnitude, 9.2e-45 * energy, rtol=1e-14)
