import itertools
import math

import mpmath
import numpy as np
import pytest
from digits import near
from hypothesis import given, settings
from hypothesis import strategies as st
from presupernova import CONSTANTS, cases, tolerance
from scipy.integrate import quad

from gridscan.errors import EvaluationError
from gridscan.physics.neutrinos import electron_scattering, recoil_spectrum, spectra
from gridscan.physics.neutrinos.measured_recoil import RecoilWindow
from gridscan.physics.neutrinos.recoil_window import window_moments
from gridscan.physics.neutrinos.weak_couplings import SPECIES, radiative_couplings

MASS = CONSTANTS.electron_mass_energy


def couplings(species):
    return radiative_couplings(species, constants=CONSTANTS)


@pytest.mark.parametrize("case", cases("recoil_spectrum"), ids=lambda case: "-".join(map(str, case.values())))
def test_reference_spectra_are_met(case):
    found = recoil_spectrum.recoil_spectrum(
        case["recoil"], case["mean_energy"], case["pinching"], couplings(case["species"]), CONSTANTS
    )
    assert found == near(case["radiative"], rel=tolerance("recoil_spectrum"))


@pytest.mark.parametrize("pinching", [1.001, 2.5, 12.3, 27.0])
@pytest.mark.parametrize(("mean", "recoil"), [(0.65, 1e-12), (0.65, 0.3), (0.6, 2.0), (12.0, 40.0), (1.6, 1e-3)])
def test_moments_are_incomplete_gamma_functions_of_forty_digits(mean, recoil, pinching):
    found = recoil_spectrum.spectrum_moments(recoil, mean, pinching, CONSTANTS)
    with mpmath.workdps(40):
        t, alpha = mpmath.mpf(recoil), mpmath.mpf(pinching)
        b = (alpha + 1) / mpmath.mpf(mean)
        x = b * (t + mpmath.sqrt(t * (t + 2 * mpmath.mpf(MASS)))) / 2
        q = [b**k * mpmath.gammainc(alpha + 1 - k, x) / mpmath.gamma(alpha + 1) for k in range(3)]
        expected = [float(value) for value in (q[0], t * q[1], t**2 * q[2], t * q[2])]
    for value, exact in zip(found, expected, strict=True):
        assert value == near(exact, rel=2e-12)


@settings(max_examples=30)
@given(st.floats(0.4, 3.0), st.floats(1.5, 20.0), st.sampled_from(SPECIES))
def test_all_recoils_together_are_the_mean_total_cross_section(mean, pinching, species):
    """Once over the recoil, here over the energy of the neutrino."""
    moments, errors = window_moments(mean, pinching, RecoilWindow(), CONSTANTS)
    found = recoil_spectrum.with_couplings(moments, couplings(species), CONSTANTS)
    end = float(recoil_spectrum.highest_energy(mean, pinching))

    def integrand(energy):
        total = electron_scattering.window_cross_section(energy, 0.0, math.inf, couplings(species), CONSTANTS)
        return 1e45 * total * spectra.pinched_spectrum(energy, mean, pinching, 0.0, math.inf)

    pieces = [0.0, 0.5 * mean, mean, 2 * mean, 0.5 * end, end]
    expected = 1e-45 * sum(quad(integrand, *ends, epsrel=1e-11)[0] for ends in itertools.pairwise(pieces))
    assert found == near(expected, rel=1e-8)
    assert (errors <= 1e-10 * moments).all()


def test_a_narrow_spectrum_is_a_line():
    """The variance of the energy is <E>^2/(alpha + 1), which changes a smooth average by about as much."""
    recoil, energy, alpha = np.array([0.05, 0.2, 0.35]), 0.7, 1e7
    found = recoil_spectrum.recoil_spectrum(recoil, energy, alpha, couplings("nue"), CONSTANTS)
    line = electron_scattering.differential_cross_section(recoil, energy, couplings("nue"), CONSTANTS)
    np.testing.assert_allclose(found, line, rtol=1e-6)


def test_the_highest_energy_leaves_nothing_behind():
    for mean, alpha, lowest in ((0.65, 12.3, 0.0), (0.567, 27.0, 1.8), (0.3, 20.0, 9.0), (12.0, 2.5, 1.8)):
        end = float(recoil_spectrum.highest_energy(mean, alpha, lowest))
        with mpmath.workdps(30):
            b = (alpha + 1) / mean
            above, counted = (mpmath.gammainc(alpha + 5, b * energy) for energy in (end, lowest))
            assert above < 1e-19 * counted


def test_spectra_broadcast():
    found = recoil_spectrum.recoil_spectrum(
        np.linspace(0.0, 1.0, 5), np.array([[0.65], [0.9]]), 3.0, couplings("nux"), CONSTANTS
    )
    assert found.shape == (2, 5)
    assert (np.diff(found, axis=1) < 0).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((-0.1, 0.65, 12.3), r"recoil is -0\.1 MeV"),
        ((0.1, 0.0, 12.3), "mean_energy is 0 MeV"),
        ((0.1, 0.65, 1.0), "pinching is 1; it must be a finite number above 1"),
        ((0.1, 0.65, np.nan), "pinching is nan"),
    ],
)
def test_nonsense_spectra_are_refused(arguments, message):
    with pytest.raises(EvaluationError, match=message):
        recoil_spectrum.spectrum_moments(*arguments)
