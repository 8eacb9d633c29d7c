import math

import numpy as np
import pytest
from digits import near
from hypothesis import given
from hypothesis import strategies as st
from presupernova import CONSTANTS, cases, tolerance
from scipy.integrate import quad
from scipy.special import log_ndtr, ndtr

from gridscan.errors import EvaluationError
from gridscan.physics.neutrinos import electron_scattering
from gridscan.physics.neutrinos.measured_recoil import RecoilWindow, counted_share, energy_resolution
from gridscan.physics.neutrinos.recoil_spectrum import recoil_spectrum, spectrum_moments, with_couplings
from gridscan.physics.neutrinos.recoil_window import window_moments, window_moments_of_line
from gridscan.physics.neutrinos.weak_couplings import SPECIES, radiative_couplings

SPECTRA = st.tuples(st.floats(0.5, 2.0), st.floats(1.5, 20.0))
SPECIES_STRATEGY = st.sampled_from(SPECIES)


def couplings(species):
    return radiative_couplings(species, constants=CONSTANTS)


def cross_section(moments, species):
    return with_couplings(moments, couplings(species), CONSTANTS)


@pytest.mark.parametrize("case", cases("scattering_smeared"), ids=lambda case: "-".join(map(str, case.values())))
def test_reference_lines_are_met(case):
    window = RecoilWindow(*(case[name] for name in ("recoil_min", "recoil_max", "stochastic", "proportional")))
    window = window._replace(resolution_constant=case["constant"])
    moments, errors = window_moments_of_line(case["energy"], window, CONSTANTS)
    assert cross_section(moments, case["species"]) == near(case["radiative"], rel=tolerance("scattering_smeared"))
    assert (errors < 1e-10 * moments).all()


@pytest.mark.parametrize("case", cases("mean_cross_section_window"), ids=lambda case: "-".join(map(str, case.values())))
def test_reference_means_are_met(case):
    window = RecoilWindow(case["recoil_min"], case["recoil_max"], case["stochastic"])
    moments, errors = window_moments(case["mean_energy"], case["pinching"], window, CONSTANTS)
    found = cross_section(moments, case["species"])
    assert found == near(case["radiative"], rel=tolerance("mean_cross_section_window"))
    assert (errors < 1e-10 * moments).all()


@given(SPECTRA, st.floats(0.02, 0.6), st.floats(0.02, 0.6), st.floats(0.0, 0.2))
def test_windows_side_by_side_are_one_for_any_resolution(spectrum, low, width, stochastic):
    ends = ([low, low + width, low], [low + width, math.inf, math.inf])
    moments, errors = window_moments(*spectrum, RecoilWindow(*ends, stochastic), CONSTANTS)
    first, second, whole = np.moveaxis(moments, -1, 0)
    assert (np.abs(first + second - whole) <= errors.sum(axis=-1) + 1e-14 * whole).all()


@pytest.mark.parametrize(
    "window",
    [
        RecoilWindow(0.2),
        RecoilWindow(0.2, 0.5, 0.05),
        RecoilWindow(0.0, math.inf, 0.1),
        RecoilWindow(3.5, math.inf, 0.4),
        RecoilWindow(0.3, 0.31, 0.0, 0.02, 0.01),
        RecoilWindow(0.25, math.inf, 0.0, 0.0, 1e-4),
        RecoilWindow(1.0, 2.0, 0.01),
    ],
)
@pytest.mark.parametrize("spectrum", [(0.65, 12.3), (1.6, 2.7), (0.567, 27.0)])
def test_errors_bound_the_difference_from_another_quadrature(window, spectrum):
    """Gauss-Legendre of 64 points on hundreds of panels in the recoil, where ours are adaptive in its square root."""
    moments, errors = window_moments(*spectrum, window, CONSTANTS)
    nodes, weights = np.polynomial.legendre.leggauss(64)
    ends = np.minimum([0.0, window.recoil_min, window.recoil_max], 60.0)
    edges = np.unique(np.concatenate([ends, np.geomspace(1e-9, 60.0, 400), np.linspace(0.249, 0.251, 60)]))
    half = 0.5 * np.diff(edges)[:, None]
    recoil = edges[:-1, None] + half * (1 + nodes)
    heights = spectrum_moments(recoil, *spectrum, CONSTANTS) * counted_share(recoil, window)
    expected = (half * weights * heights).sum(axis=(1, 2))
    assert (np.abs(moments - expected) <= errors + 1e-13 * expected).all()
    assert (errors <= 1e-10 * expected).all()


@given(SPECTRA, SPECIES_STRATEGY)
def test_a_sharp_detector_counts_the_recoil_spectrum(spectrum, species):
    moments, _ = window_moments(*spectrum, RecoilWindow(0.2, 0.45), CONSTANTS)
    expected = quad(
        lambda t: 1e45 * recoil_spectrum(t, *spectrum, couplings(species), CONSTANTS), 0.2, 0.45, epsrel=1e-12
    )
    assert 1e45 * cross_section(moments, species) == near(expected[0], rel=1e-10)


@given(st.floats(0.3, 20.0), st.floats(0.0, 1.0), SPECIES_STRATEGY)
def test_lines_in_a_sharp_window_are_the_closed_form(energy, low, species):
    moments, _ = window_moments_of_line(energy, RecoilWindow(low, low + 0.3), CONSTANTS)
    expected = electron_scattering.window_cross_section(energy, low, low + 0.3, couplings(species), CONSTANTS)
    total = electron_scattering.window_cross_section(energy, 0.0, math.inf, couplings(species), CONSTANTS)
    assert 1e45 * cross_section(moments, species) == pytest.approx(1e45 * expected, rel=1e-11, abs=1e31 * total)


def test_a_fine_resolution_is_none():
    sharp, _ = window_moments(0.65, 12.3, RecoilWindow(0.2, 0.5), CONSTANTS)
    fine, _ = window_moments(0.65, 12.3, RecoilWindow(0.2, 0.5, 0.0, 0.0, 1e-6), CONSTANTS)
    np.testing.assert_allclose(fine, sharp, rtol=1e-6)


def test_the_share_that_is_counted_keeps_its_digits_on_both_sides():
    window = RecoilWindow(1.0, 1.5, 0.0, 0.0, 0.1)
    found = counted_share([0.0, 0.5, 1.25, 2.0, 3.0], window)
    expected = [
        math.exp(log_ndtr(-10.0)) - math.exp(log_ndtr(-15.0)),
        *(ndtr(-5.0) - ndtr(-10.0), 1 - 2 * ndtr(-2.5), ndtr(-5.0) - ndtr(-10.0)),
        math.exp(log_ndtr(-15.0)) - math.exp(log_ndtr(-20.0)),
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-13)
    assert counted_share([0.2, 0.5, 0.1, 0.6], RecoilWindow(0.2, 0.5)).tolist() == [1.0, 1.0, 0.0, 0.0]


def test_the_resolution_adds_in_quadrature():
    window = RecoilWindow(0.0, math.inf, 0.3, 0.04, 0.12)
    np.testing.assert_allclose(
        energy_resolution([0.0, 1.0, 4.0], window), np.sqrt([0.0144, 0.106, 0.36 + 0.0256 + 0.0144]), rtol=1e-14
    )


def test_arguments_broadcast_and_large_arrays_are_cut_in_blocks():
    mean = np.linspace(0.6, 1.6, 4100)
    moments, errors = window_moments(mean, 4.0, RecoilWindow(0.2), CONSTANTS)
    assert moments.shape == errors.shape == (4, 4100)
    alone, _ = window_moments(mean[[0, 4050]], 4.0, RecoilWindow(0.2), CONSTANTS)
    np.testing.assert_allclose(moments[:, [0, 4050]], alone, rtol=1e-12)
    grid, _ = window_moments(mean[:3, None], [3.0, 4.0], RecoilWindow(0.2, [0.5, 0.6]), CONSTANTS)
    assert grid.shape == (4, 3, 2)


def test_a_window_beyond_all_recoils_is_empty():
    moments, errors = window_moments(0.65, 12.3, RecoilWindow(50.0), CONSTANTS)
    assert (moments == 0.0).all()
    assert (errors == 0.0).all()
    assert (window_moments_of_line(0.65, RecoilWindow(0.6), CONSTANTS)[0] == 0.0).all()


@pytest.mark.parametrize(
    ("window", "message"),
    [
        (RecoilWindow(0.5, 0.5), r"recoil_max is 0\.5 MeV; it must be above recoil_min = 0\.5 MeV"),
        (RecoilWindow(-0.1), r"recoil_min is -0\.1 MeV"),
        (RecoilWindow(0.2, math.inf, -0.05), r"resolution_stochastic is -0\.05 sqrt\(MeV\)"),
        (RecoilWindow(0.2, math.inf, 0.0, -0.05), r"resolution_proportional is -0\.05"),
        (RecoilWindow(0.2, math.inf, 0.0, 0.0, np.nan), "resolution_constant is nan MeV"),
    ],
)
def test_nonsense_windows_of_a_detector_are_refused(window, message):
    for call in (
        lambda: window_moments(0.65, 12.3, window),
        lambda: window_moments_of_line(0.65, window),
        lambda: counted_share(0.3, window),
        lambda: energy_resolution(0.3, window),
    ):
        with pytest.raises(EvaluationError, match=message):
            call()
