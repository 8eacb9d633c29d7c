"""Squared amplitudes against the published formulas in exact arithmetic, and the form factor of a nucleus."""

from fractions import Fraction

import numpy as np
import pytest
from digits import near
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import spherical_jn

from gridscan.physics.scattering import amplitudes, cross_sections
from gridscan.units import Quantity

HBAR_C = 1.973e-11

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning", "error::pint.UnitStrippedWarning")


@given(st.floats(0.1, 10), st.floats(-5, -0.01), st.floats(0.01, 10), st.floats(0.01, 10), st.floats(0.01, 3))
def test_muon_tau_amplitudes_are_the_published_formulas(s, t, mass, target, mediator):
    """In exact arithmetic, for s and t that need not be allowed, with u from s + t + u."""
    a, b, m, m_t, m_v = (Fraction(x) for x in (s, t, mass, target, mediator))
    for published, masses, function in (
        (lambda c, m2: a**2 + c**2 + 4 * b * m2 - 2 * m2**2, m**2, amplitudes.muon_tau_neutrino),
        (lambda c, m2: 2 * (a**2 + c**2 + 4 * b * m2 - 2 * m2**2), m**2 + m_t**2, amplitudes.muon_tau_target),
    ):
        c = 2 * masses - a - b
        expected = float(published(c, masses) * (Fraction(1, 50) / (b - m_v**2)) ** 2)
        scale = float((a**2 + c**2 + masses**2) * (Fraction(1, 50) / (b - m_v**2)) ** 2)
        extra = (target,) if function is amplitudes.muon_tau_target else ()
        found = function(s, t, float(c), mass, 0.2 * 0.1, mediator, *extra)
        assert found == pytest.approx(expected, rel=0, abs=4e-15 * scale)
        less = float(a - masses), t, float(c - masses)
        found = function(*less, mass, 0.2 * 0.1, mediator, *extra, centred=True)
        assert found == pytest.approx(
            expected, rel=1e-13, abs=4e-15 * abs(t) * float(masses) * scale / float(masses) ** 2
        )


@given(st.floats(-8, 3.5).map(lambda exponent: 10.0**exponent), st.integers(4, 238))
def test_helm_form_factor_is_a_sphere_with_a_gaussian_skin(momentum, nucleons):
    """Helm 1956: the transform of a uniform sphere is 3 j_1(x)/x, that of a Gaussian exp(-(q s)^2/2)."""
    wave = momentum / 197.327
    half_density = 1.23 * nucleons ** (1 / 3) - 0.60
    radius = np.sqrt(half_density**2 + 7 / 3 * np.pi**2 * 0.52**2 - 5 * 0.9**2)
    x = wave * radius
    expected = (3 * spherical_jn(1, x) / x) ** 2 * np.exp(-((wave * 0.9) ** 2))
    found = amplitudes.helm_form_factor(momentum**2, nucleons, 197.327)
    envelope = (3 / max(x, 1.0) ** 2) ** 2 * np.exp(-((wave * 0.9) ** 2))
    assert found == pytest.approx(expected, rel=1e-12, abs=1e-13 * envelope)
    assert 0.0 <= found <= 1.0


@pytest.mark.parametrize(("nucleons", "radius"), [(132, 4.786), (74, 4.074), (40, 3.427), (208, 5.501)])
def test_helm_form_factor_falls_with_the_measured_charge_radius(nucleons, radius):
    """F^2 = 1 - q^2 <r^2>/3: Xe-132, Ge-74, Ar-40, Pb-208 of Angeli & Marinova 2013, ADNDT 99, 69."""
    assert amplitudes.helm_form_factor(0.0, nucleons, 197.327) == 1.0
    momentum = 0.2
    slope = (1.0 - amplitudes.helm_form_factor(momentum**2, nucleons, 197.327)) / (momentum / 197.327) ** 2
    assert np.sqrt(3.0 * slope) == near(radius, rel=0.025)


def test_a_form_factor_lowers_the_cross_section_of_a_nucleus():
    def on_xenon(s, t, u, *parameters, centred=False):
        whole = amplitudes.muon_tau_target(s, t, u, *parameters, centred=centred)
        return whole * amplitudes.helm_form_factor(-t, 131.3, 197.327)

    arguments = 100.0, 10.0, 1.3e5, HBAR_C, 10.0, 1e-2 * 1e-6, 30.0, 1.3e5
    value, _ = cross_sections.total_cross_section(on_xenon, *arguments, centred=True)
    whole, _ = cross_sections.total_cross_section(amplitudes.muon_tau_target, *arguments, centred=True)
    assert 0.1 * whole < value < 0.95 * whole


def test_quantities_give_the_numbers_with_their_unit():
    def quantity(value, unit):
        return Quantity(np.array([value]), unit)

    neutrino = amplitudes.muon_tau_neutrino(
        *(quantity(x, "MeV^2") for x in (3.0, -0.5, -0.5)), quantity(1.0, "MeV"), 0.1 * 0.2, quantity(300.0, "keV")
    )
    expected = amplitudes.muon_tau_neutrino(3.0, -0.5, -0.5, 1.0, 0.1 * 0.2, 0.3)
    np.testing.assert_allclose(neutrino.to("").magnitude, expected, rtol=1e-13)
    for momentum in (1.0, 200.0):
        found = amplitudes.helm_form_factor(quantity(momentum**2, "MeV^2"), 131, quantity(0.197327, "GeV"))
        expected = amplitudes.helm_form_factor(momentum**2, 131, 197.327)
        np.testing.assert_allclose(found.to("").magnitude, expected, rtol=1e-12)
