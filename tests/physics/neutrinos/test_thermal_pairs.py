import mpmath
import numpy as np
import pytest
from digits import near
from presupernova import CONSTANTS, REFERENCE, cases, tolerance

from gridscan.errors import EvaluationError
from gridscan.physics.neutrinos import thermal_pairs

TABLE = np.array(REFERENCE["pair_table"]["rows"]).T


@pytest.mark.parametrize("case", cases("pair_emission"), ids=lambda case: f"{case['temperature']} GK")
def test_reference_emission_is_met(case):
    found = thermal_pairs.pair_emission(case["temperature"], constants=CONSTANTS)
    expected = (case["nux_to_nue"], case["mean_energy_nue"], case["mean_energy_nux"])
    for value, number in zip(
        (found.ratio, found.mean_energy, found.hardness * found.mean_energy), expected, strict=True
    ):
        assert value == near(number, rel=tolerance("pair_emission"))


def test_the_table_is_that_of_the_reference():
    found = thermal_pairs.pair_table(constants=CONSTANTS)
    assert TABLE[0].tolist() == list(thermal_pairs.TEMPERATURES)
    for values, column in zip(found, TABLE[1:], strict=False):
        np.testing.assert_allclose(values, column, rtol=2e-8)


@pytest.mark.parametrize("temperature", [0.1, 0.6, 8.0, 50.0])
def test_errors_bound_the_difference_from_twenty_five_digits(temperature):
    """The double integral written out, with the angles averaged."""
    mass = mpmath.mpf(CONSTANTS.electron_mass_energy)
    sine_squared = mpmath.mpf(thermal_pairs.SINE_SQUARED)
    with mpmath.workdps(25):
        hot = mpmath.mpf(CONSTANTS.boltzmann_constant * 1e9 * temperature)

        def integral(power, momentum):
            def integrand(u):
                e = mass + hot * u**2
                p = mpmath.sqrt(e**2 - mass**2)
                return p**momentum * e**power * mpmath.exp(-(u**2)) / (1 + mpmath.exp(-e / hot)) * 2 * hot * u

            return mpmath.quad(integrand, [0, 1, 2, 4, 6, 9])

        a = [integral(n, 1) for n in range(4)]
        c = [integral(n, 3) for n in range(2)]

        def rate(vector, axial, left):
            """With an energy of the first lepton to the power `left`."""
            s, d = vector**2 + axial**2, vector**2 - axial**2
            terms = mass**4 * a[left] * a[0], mass**2 * a[1 + left] * a[1], a[2 + left] * a[2] + c[left] * c[0] / 3
            return s * (terms[0] + 3 * terms[1] + 2 * terms[2]) + 3 * d * (terms[0] + terms[1])

        half = mpmath.mpf(1) / 2
        light = [rate(half + 2 * sine_squared, half, n) for n in range(2)]
        heavy = [rate(2 * sine_squared - half, -half, n) for n in range(2)]
        ratio, mean = heavy[0] / light[0], light[1] / light[0]
        expected = [float(value) for value in (ratio, mean, heavy[1] / heavy[0] / mean)]
    found = thermal_pairs.pair_emission(temperature, constants=CONSTANTS)
    for value, exact in zip(found[:3], expected, strict=True):
        assert abs(value - exact) <= found.relative_error * exact
    assert found.relative_error < 1e-8


def test_hot_pairs_have_the_ratio_of_the_couplings():
    """Where the electron is massless, (C_V^2 + C_A^2) decides: 0.2137."""
    s = thermal_pairs.SINE_SQUARED
    expected = ((0.5 - 2 * s) ** 2 + 0.25) / ((0.5 + 2 * s) ** 2 + 0.25)
    found = thermal_pairs.pair_emission(1e4)
    assert found.ratio == near(expected, rel=1e-5)
    assert found.hardness == near(1.0, rel=1e-5)


def test_the_published_ratio_is_that_of_seven_billion_kelvin():
    """0.19, used at all times by some (Odrzywolek 2003), is 4 to 7 times too much in carbon burning."""
    found = thermal_pairs.pair_emission([7.0, 0.6, 0.9]).ratio
    assert found[0] == near(0.19, rel=0.02)
    assert (0.19 / found[1:] > 4).all()
    assert (0.19 / found[1:] < 7).all()


def test_a_smaller_mixing_angle_is_the_published_change():
    """sin^2(theta_W) = 0.2386 lowers the ratio by 6 % in carbon burning."""
    change = thermal_pairs.pair_emission(0.6, 0.2386).ratio / thermal_pairs.pair_emission(0.6).ratio
    assert change == near(0.94, rel=0.01)


def test_between_the_nodes_ratio_and_hardness_are_interpolated():
    table = thermal_pairs.pair_table(constants=CONSTANTS)
    ratio, hardness = thermal_pairs.heavy_flavours(TABLE[2], table)
    np.testing.assert_allclose(ratio, TABLE[1], rtol=2e-8)
    np.testing.assert_allclose(hardness, TABLE[3], rtol=2e-8)
    exact = thermal_pairs.pair_emission([0.55, 0.95, 1.1, 1.75, 3.5, 7.0], constants=CONSTANTS)
    ratio, hardness = thermal_pairs.heavy_flavours(exact.mean_energy, table)
    np.testing.assert_allclose(ratio, exact.ratio, rtol=6e-3)
    np.testing.assert_allclose(hardness, exact.hardness, rtol=1.5e-3)


def test_outside_of_the_table_they_are_held():
    ratio, hardness = thermal_pairs.heavy_flavours([0.1, 50.0], thermal_pairs.pair_table(constants=CONSTANTS))
    np.testing.assert_allclose(ratio, TABLE[1][[0, -1]], rtol=2e-8)
    np.testing.assert_allclose(hardness, TABLE[3][[0, -1]], rtol=2e-8)


def test_a_cold_vacuum_and_no_energy_are_refused():
    with pytest.raises(EvaluationError, match="temperature is 0 GK"):
        thermal_pairs.pair_emission(0.0)
    with pytest.raises(EvaluationError, match=r"mean_energy is -1 MeV at index \[1\]"):
        thermal_pairs.heavy_flavours([1.0, -1.0])
