"""Mass functions of three shapes against the reference, quadrature by scipy, and one another."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from presupernova_cases import cases, tolerance
from scipy.integrate import quad

from gridscan.errors import EvaluationError
from gridscan.physics.stellar import imf
from gridscan.physics.stellar.imf_shapes import (
    MassFunction,
    mass_between,
    number_between,
    number_density,
    stars_per_bin,
)

FUNCTIONS = {
    "kroupa": MassFunction([1.3, 2.3], [0.08, 0.5, 120.0]),
    "salpeter-single": MassFunction([2.35], [0.08, 120.0]),
    "salpeter-seed": MassFunction([1.3, 2.35], [0.08, 0.5, 120.0]),
    "top-heavy": MassFunction([1.3, 1.9], [0.08, 0.5, 120.0]),
    "top-light": MassFunction([1.3, 2.7], [0.08, 0.5, 120.0]),
    "chabrier-2005": MassFunction([1.0, 2.35], [0.08, 1.0, 120.0], "lognormal", 0.2, 0.55),
    "maschberger": MassFunction([0.48, 2.3], [0.08, 0.2, 120.0], "maschberger"),
}
masses = st.floats(0.08, 120.0)


def published(name: str, mass: float) -> float:
    """Return a mass function as it is published, not normalised."""
    if name == "maschberger":
        x = mass / 0.2
        return x**-2.3 * (1.0 + x**-1.3) ** -1.4
    lognormal = np.exp(-(np.log10(min(mass, 1.0) / 0.2) ** 2) / (2 * 0.55**2)) / min(mass, 1.0)
    return lognormal * max(mass, 1.0) ** -2.35


@pytest.mark.parametrize("case", cases("imf"), ids=lambda case: f"{case['imf']} {case['mass_min']}")
def test_numbers_and_masses_are_those_of_the_reference(case):
    ends = case["mass_min"], case["mass_max"], FUNCTIONS[case["imf"]]
    assert float(number_between(*ends)) == pytest.approx(case["stars_per_msun"], rel=tolerance("imf"))
    assert float(mass_between(*ends)) == pytest.approx(case["mass_fraction"], rel=tolerance("imf"))


@pytest.mark.parametrize("name", ["chabrier-2005", "maschberger"])
@given(masses, masses)
def test_closed_forms_agree_with_quadrature_of_the_published_form(name, one, other):
    low, high = min(one, other), max(one, other)
    total = sum(quad(lambda m: m * published(name, m), *ends, epsrel=1e-12)[0] for ends in ((0.08, 1.0), (1.0, 120.0)))
    cut = float(np.clip(1.0, low, high))
    for power, integral in ((0, number_between), (1, mass_between)):
        parts = [
            quad(lambda m, power=power: m**power * published(name, m), *ends, epsabs=0.0, epsrel=1e-12)[0]
            for ends in ((low, cut), (cut, high))
            if ends[1] > ends[0]
        ]
        found = float(integral(low, high, FUNCTIONS[name]))
        assert found == pytest.approx(sum(parts) / total, rel=1e-9, abs=1e-14)


@pytest.mark.parametrize("name", FUNCTIONS)
@given(masses, masses, masses)
def test_parts_add_up_and_a_solar_mass_is_formed(name, one, other, third):
    function = FUNCTIONS[name]
    ends = np.sort([0.08, one, other, third, 120.0])
    assert float(mass_between(ends[:-1], ends[1:], function).sum()) == pytest.approx(1.0, rel=1e-12)
    whole = float(number_between(0.08, 120.0, function))
    assert float(number_between(ends[:-1], ends[1:], function).sum()) == pytest.approx(whole, rel=1e-12)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_density_is_the_derivative_of_the_number_and_vanishes_outside(name):
    function, mass = FUNCTIONS[name], np.array([0.1, 0.3, 0.7, 2.0, 30.0])
    slope = number_between(mass * (1 - 1e-4), mass * (1 + 1e-4), function) / (2e-4 * mass)
    np.testing.assert_allclose(number_density(mass, function), slope, rtol=1e-7)
    np.testing.assert_array_equal(number_density([0.079, 120.1], function), 0.0)


def test_the_density_is_continuous_where_the_lognormal_ends():
    below, above = number_density([1.0 - 1e-9, 1.0 + 1e-9], FUNCTIONS["chabrier-2005"])
    assert below == pytest.approx(above, rel=1e-8)


def test_kinds_share_an_array_with_repeated_segments_and_each_is_as_alone():
    kinds = MassFunction(
        [[1.3, 2.3, 2.3], [1.0, 2.35, 2.35], [0.48, 2.3, 2.3]],
        [[0.08, 0.5, 120.0, 120.0], [0.08, 1.0, 120.0, 120.0], [0.08, 0.2, 120.0, 120.0]],
        ["power-law", "lognormal", "maschberger"],
        [0.2, 0.2, 7.0],
        0.55,
    )
    edges = np.array([11.0, 13.0, 20.0, 37.5])
    found = stars_per_bin(edges, kinds)
    assert found.shape == (3, 3)
    for row, name in zip(found, ("kroupa", "chabrier-2005", "maschberger"), strict=True):
        np.testing.assert_allclose(row, number_between(edges[:-1], edges[1:], FUNCTIONS[name]), rtol=1e-14)


def test_power_laws_are_those_of_the_module_for_power_laws():
    vectors = FUNCTIONS["kroupa"][:2]
    np.testing.assert_array_equal(
        number_between(8.0, [20.0, 50.0], FUNCTIONS["kroupa"]), imf.number_between(8.0, [20.0, 50.0], *vectors)
    )


def test_a_lognormal_without_a_tail_and_a_wide_one_have_their_limits():
    alone = MassFunction([1.0], [0.08, 120.0], "lognormal", 0.2, 0.55)
    padded = MassFunction([1.0, 1.0], [0.08, 120.0, 120.0], "lognormal", 0.2, 0.55)
    assert float(number_between(1.0, 9.0, alone)) == pytest.approx(float(number_between(1.0, 9.0, padded)), rel=1e-14)
    wide = MassFunction([1.3, 2.3], [0.08, 0.5, 120.0], "lognormal", 0.2, 10.0)
    expected = float(number_between(8.0, 120.0, FUNCTIONS["kroupa"]))
    assert float(number_between(8.0, 120.0, wide)) == pytest.approx(expected, rel=5e-3)


def test_the_tail_of_a_lognormal_keeps_its_digits():
    narrow = MassFunction([1.0], [0.08, 120.0], "lognormal", 0.2, 0.1)
    expected = quad(lambda m: np.exp(-(np.log10(m / 0.2) ** 2) / 0.02) / m, 20.0, 30.0, epsabs=0.0, epsrel=1e-12)[0]
    total = quad(lambda m: np.exp(-(np.log10(m / 0.2) ** 2) / 0.02), 0.08, 5.0, epsabs=0.0, epsrel=1e-12)[0]
    assert float(number_between(20.0, 30.0, narrow)) == pytest.approx(expected / total, rel=1e-9, abs=0)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (MassFunction([2.3], [0.08, 120.0], "log-normal"), "unknown imf_kind 'log-normal'; did you mean 'lognormal'"),
        (MassFunction([2.3], [0.08, 120.0], "maschberger"), "has 1 exponent; it must have 2"),
        (MassFunction([0.5, 1.9], [0.08, 0.2, 120.0], "maschberger"), "second exponent .* is 1.9; it must be above 2"),
        (MassFunction([2.1, 2.3], [0.08, 0.2, 120.0], "maschberger"), "first exponent .* is 2.1; it must be below 2"),
        (MassFunction([0.5, 2.3, 2.7], [0.08, 0.2, 1.0, 120.0], "maschberger"), "more than 2 exponents"),
        (MassFunction([1.0, 2.3], [0.08, 1.0, 120.0], "lognormal", 0.0), "lognormal_mass is 0 Msun"),
        (MassFunction([1.0, 2.3], [0.08, 1.0, 120.0], "lognormal", 0.2, 0.0), "lognormal_width is 0 dex"),
        (MassFunction([1.0, 2.3], [0.08, 1.0, 0.5], "lognormal"), "they must increase"),
    ],
)
def test_what_is_no_mass_function_is_refused(function, message):
    with pytest.raises(EvaluationError, match=message):
        number_between(1.0, 2.0, function)
