import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference import reference
from scipy.integrate import quad

from gridscan.errors import EvaluationError
from gridscan.physics.neutrinos import detection, spectra

REFERENCE = reference("red_supergiants")
SPECTRA = [dict(zip(REFERENCE["spectrum"]["columns"], row, strict=True)) for row in REFERENCE["spectrum"]["rows"]]
SLOPE = {"nue": 9.20e-45, "numu": 1.57e-45}
RANGE = (0.1, 5.0)


@pytest.mark.parametrize("case", SPECTRA, ids=lambda case: f"{case['mean_energy']} MeV {case['flavor']}")
def test_reference_means_and_events_are_met(case):
    mean = spectra.mean_energy_truncated(case["mean_energy"], case["pinching"], *RANGE)
    assert mean == pytest.approx(case["mean_energy_truncated"], rel=REFERENCE["spectrum"]["relative_tolerance"])
    targets = detection.number_of_targets(1e9, 10 / 18, 6.02214076e23)
    events = detection.event_rate(targets, 1.0, SLOPE[case["flavor"]] * mean) * 365.25 * 86400
    assert events == pytest.approx(case["events_per_kton_year_per_unit_flux"], rel=1e-8)


@given(st.floats(0.1, 4.0), st.floats(-0.5, 6.0), st.floats(0.0, 2.0), st.floats(0.5, 20.0))
def test_the_spectrum_is_normalised_on_its_range_and_has_the_stated_mean(mean, pinching, low, width):
    arguments = (mean, pinching, low + 0.01, low + width)
    if arguments[2] / mean * (pinching + 1) > 200:
        return
    peak = mean * max(pinching, 0.0) / (pinching + 1)
    cuts = np.unique(np.clip([*arguments[2:], peak, mean / 3, 3 * mean, arguments[2] + mean], *arguments[2:]))
    pieces = list(itertools.pairwise(cuts))
    total = sum(quad(spectra.pinched_spectrum, *piece, args=arguments, epsrel=1e-11)[0] for piece in pieces)
    assert total == pytest.approx(1.0, rel=1e-8)
    first = sum(
        quad(lambda e: e * spectra.pinched_spectrum(e, *arguments), *piece, epsrel=1e-11)[0] for piece in pieces
    )
    assert spectra.mean_energy_truncated(*arguments) == pytest.approx(first, rel=1e-8)


def test_without_cuts_the_mean_is_the_mean():
    assert spectra.mean_energy_truncated([0.9, 12.0], 2.0, 0.0, np.inf) == pytest.approx([0.9, 12.0], rel=1e-14)


def test_no_pinching_is_an_exponential():
    energy = np.array([0.0, 0.5, 3.0])
    expected = np.exp(-energy / 2.0) / 2.0
    np.testing.assert_allclose(spectra.pinched_spectrum(energy, 2.0, 0.0, 0.0, np.inf), expected, rtol=1e-14)


def test_pinching_two_has_the_published_width():
    """<E^2>/<E>^2 = (2 + alpha)/(1 + alpha) (Keil, Raffelt & Janka 2003, ApJ 590, 971, equation 5)."""
    second = quad(lambda e: e**2 * spectra.pinched_spectrum(e, 0.9, 2.0, 0.0, 60.0), 0.0, 60.0, points=[1, 5])[0]
    assert second / 0.9**2 == pytest.approx(4 / 3, rel=1e-9)


def test_outside_its_range_the_spectrum_is_zero():
    density = spectra.pinched_spectrum([0.0, 0.0999, 0.1, 5.0, 5.001, -1.0], 0.9, 2.0, *RANGE)
    assert (density > 0).tolist() == [False, False, True, True, False, False]


def test_a_range_far_in_the_tail_keeps_its_digits():
    """For E_min >> <E> the spectrum is nearly exponential: the mean is E_min + (1 + 2/x - 4/x^2)/k, x = k E_min."""
    low, slope = 20.0, 3.0 / 0.3
    x = slope * low
    mean = low + (1 + 2 / x - 4 / x**2) / slope
    assert spectra.mean_energy_truncated(0.3, 2.0, low, np.inf) == pytest.approx(mean, rel=1e-6)
    exact = quad(lambda e: (e / low) ** 2 * np.exp(-slope * (e - low)), low, low + 8.0, epsrel=1e-12)[0]
    assert spectra.pinched_spectrum(low, 0.3, 2.0, low, np.inf) == pytest.approx(1 / exact, rel=1e-10)


def test_arguments_broadcast():
    density = spectra.pinched_spectrum(np.linspace(0.1, 5, 7), np.array([[0.6], [0.9]]), 2.0, *RANGE)
    assert density.shape == (2, 7)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0.0, 2.0, 0.1, 5.0), "mean_energy is 0 MeV; it must be a finite number above 0 MeV"),
        ((0.9, -1.0, 0.1, 5.0), "pinching is -1"),
        ((0.9, 2.0, -0.1, 5.0), r"energy_min is -0\.1"),
        ((0.9, 2.0, 0.1, [5.0, 0.1]), r"energy_max is 0\.1 MeV at index \[1\]; it must be above energy_min = 0\.1"),
        ((0.9, 2.0, 0.1, np.nan), "energy_max is nan"),
        ((0.001, 2.0, 1.0, 5.0), "too far in a tail of the spectrum"),
    ],
)
def test_nonsense_is_refused(arguments, message):
    for function in (lambda *a: spectra.pinched_spectrum(1.0, *a), spectra.mean_energy_truncated):
        with pytest.raises(EvaluationError, match=message):
            function(*arguments)


@given(st.floats(0.1, 20.0), st.floats(-0.9, 30.0))
def test_the_pinching_follows_from_the_first_two_moments(mean, pinching):
    square = mean**2 * (2 + pinching) / (1 + pinching)
    assert spectra.pinching_of(mean, square) == pytest.approx(pinching, rel=1e-10, abs=1e-10)


def test_a_spectrum_without_width_has_no_pinching():
    with pytest.raises(
        EvaluationError, match="mean_square_energy is 4 MeV\\^2; it must be above the square of mean_energy"
    ):
        spectra.pinching_of(2.0, 4.0)
    with pytest.raises(EvaluationError, match="mean_energy is 0 MeV"):
        spectra.pinching_of(0.0, 4.0)
