import math

import numpy as np
import pytest
from digits import near
from hypothesis import given, settings
from hypothesis import strategies as st
from presupernova import CONSTANTS, cases, tolerance
from scipy.integrate import quad

from gridscan.errors import EvaluationError
from gridscan.physics.neutrinos import inverse_beta, spectra

THRESHOLD = CONSTANTS.neutron_proton_difference + CONSTANTS.electron_mass_energy


@pytest.mark.parametrize("case", cases("inverse_beta_total"), ids=lambda case: f"{case['energy']} MeV")
def test_reference_cross_sections_are_met(case):
    found = inverse_beta.cross_section(case["energy"], CONSTANTS)
    assert found == near(case["sigma"], rel=tolerance("inverse_beta_total"))


@pytest.mark.parametrize("case", cases("inverse_beta_mean"), ids=lambda case: "-".join(map(str, case.values())))
def test_reference_averages_are_met(case):
    value, error = inverse_beta.mean_cross_section(
        case["mean_energy"], case["pinching"], case.get("energy_min", 0.0), CONSTANTS
    )
    assert value == near(case["value"], rel=tolerance("inverse_beta_mean"))
    assert error < 1e-9 * value


def _other_way(mean, pinching, lowest):
    """Gauss-Legendre of 40 points on 200 panels in E, squared towards the threshold."""
    nodes, weights = np.polynomial.legendre.leggauss(40)
    first = max(lowest, THRESHOLD)
    width = (3 * pinching + 150) / (pinching + 1) * mean + first
    share = np.linspace(0.0, 1.0, 201)
    edges = first + width * share**2
    half = 0.5 * np.diff(np.sqrt(edges - THRESHOLD))[:, None]
    root = np.sqrt(edges[:-1, None] - THRESHOLD) + half * (1 + nodes)
    energy = np.minimum(THRESHOLD + root**2, inverse_beta.HIGHEST)
    positron = energy - CONSTANTS.neutron_proton_difference
    momentum = np.sqrt(np.maximum(positron**2 - CONSTANTS.electron_mass_energy**2, 0))
    logarithm = np.log(energy)
    sigma = 1e-43 * momentum * positron * energy ** (-0.07056 + 0.02018 * logarithm - 0.001953 * logarithm**3)
    density = spectra.pinched_spectrum(energy, mean, pinching, 0.0, math.inf)
    return (half * weights * 2 * root * density * sigma).sum()


@settings(max_examples=40)
@given(st.floats(0.4, 12.0), st.floats(0.5, 27.0), st.floats(0.0, 6.0))
def test_errors_bound_the_difference_from_another_quadrature(mean, pinching, lowest):
    value, error = inverse_beta.mean_cross_section(mean, pinching, lowest, CONSTANTS)
    expected = _other_way(mean, pinching, lowest)
    # Near the threshold the other way takes p_e from a difference.
    assert abs(value - expected) <= error + 1e-11 * expected
    assert error <= 1e-10 * value


def test_at_low_energies_it_is_the_lowest_order_in_the_nucleon_mass():
    """9.52e-44 cm^2 p_e E_e/MeV^2 (Vogel & Beacom 1999, Phys. Rev. D 60, 053003); corrections are of order E/M."""
    energy = np.array([2.2, 2.6, 3.0])
    positron = energy - CONSTANTS.neutron_proton_difference
    lowest = 9.52e-44 * positron * np.sqrt(positron**2 - CONSTANTS.electron_mass_energy**2)
    found = inverse_beta.cross_section(energy, CONSTANTS)
    np.testing.assert_allclose(found, lowest, rtol=0.01)


def test_at_the_threshold_it_vanishes_as_a_square_root():
    excess = np.array([1e-12, 1e-10, 1e-8])
    found = inverse_beta.cross_section(inverse_beta.threshold(CONSTANTS) + excess, CONSTANTS)
    np.testing.assert_allclose(found / found[-1], np.sqrt(excess / 1e-8), rtol=1e-3)
    assert inverse_beta.cross_section([0.0, 1.0, inverse_beta.threshold(CONSTANTS)], CONSTANTS).tolist() == [0, 0, 0]


def test_a_narrow_spectrum_has_the_cross_section_of_its_energy():
    value, _ = inverse_beta.mean_cross_section(5.0, 1e5, 0.0, CONSTANTS)
    assert value == near(float(inverse_beta.cross_section(5.0, CONSTANTS)), rel=3e-5)


@settings(max_examples=30)
@given(st.floats(0.5, 3.0), st.floats(1.5, 20.0), st.floats(1.9, 5.0))
def test_a_lowest_energy_leaves_out_what_is_below_it(mean, pinching, lowest):
    whole, above = (inverse_beta.mean_cross_section(mean, pinching, low, CONSTANTS)[0] for low in (0.0, lowest))
    end = math.sqrt(lowest - THRESHOLD)

    def decays(root):
        energy = THRESHOLD + root**2
        density = spectra.pinched_spectrum(energy, mean, pinching, 0.0, math.inf)
        return 2e43 * root * float(inverse_beta.cross_section(energy, CONSTANTS) * density)

    below = quad(decays, 0.0, end, epsrel=1e-10)[0]
    assert 1e43 * (whole - above) == pytest.approx(below, rel=1e-6, abs=1e33 * float(whole))


def test_the_prompt_energy_is_that_of_positron_and_annihilation():
    prompt = np.array([2 * CONSTANTS.electron_mass_energy, 1.8])
    expected = [THRESHOLD, 1.8 + 0.78233341]
    np.testing.assert_allclose(inverse_beta.energy_of_prompt(prompt, CONSTANTS), expected, rtol=1e-8)


def test_averages_broadcast():
    value, error = inverse_beta.mean_cross_section(np.array([[0.65], [1.5]]), [3.0, 5.0, 12.0], 2.5)
    assert value.shape == error.shape == (2, 3)
    many, _ = inverse_beta.mean_cross_section(np.linspace(0.6, 2.0, 10_001), 3.0)
    assert (np.diff(many) > 0).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0.0, 3.0), "mean_energy is 0 MeV"),
        ((0.65, -1.0), "pinching is -1"),
        ((0.65, 3.0, -1.0), "energy_min is -1 MeV"),
        ((0.65, 3.0, 300.0), "energy_min is 300 MeV"),
        (([0.65, 60.0], 3.0), r"mean_energy is 60 MeV at index \[1\]; it must be low enough that the spectrum ends"),
    ],
)
def test_nonsense_averages_are_refused(arguments, message):
    with pytest.raises(EvaluationError, match=message):
        inverse_beta.mean_cross_section(*arguments)


def test_energies_beyond_the_fit_are_refused():
    with pytest.raises(EvaluationError, match="energy is 301 MeV; it must be a number from 0 to 300 MeV"):
        inverse_beta.cross_section(301.0)
