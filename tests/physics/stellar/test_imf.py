import itertools
import tomllib
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from gridscan import units
from gridscan.errors import EvaluationError
from gridscan.inputs.shipped_files import data_path
from gridscan.physics.stellar import imf

KROUPA = ([1.3, 2.3], [0.08, 0.5, 120.0])

exponents = st.lists(st.floats(-1.0, 4.0), min_size=1, max_size=4)


@st.composite
def mass_functions(draw):
    slopes = draw(exponents)
    widths = draw(st.lists(st.floats(0.05, 2.0), min_size=len(slopes), max_size=len(slopes)))
    return slopes, (draw(st.floats(0.01, 1.0)) * np.exp(np.cumsum([0.0, *widths]))).tolist()


@given(mass_functions())
def test_every_mass_function_holds_one_solar_mass(function):
    slopes, breaks = function
    assert imf.mass_between(breaks[0], breaks[-1], slopes, breaks) == pytest.approx(1.0, rel=1e-13)
    assert imf.mass_between(0.0, np.inf, slopes, breaks) == pytest.approx(1.0, rel=1e-13)


@given(mass_functions(), st.lists(st.floats(0.001, 500.0), min_size=3, max_size=3))
def test_intervals_of_mass_add_up(function, masses):
    low, middle, high = sorted(masses)
    for between in (imf.number_between, imf.mass_between):
        parts = between(low, middle, *function) + between(middle, high, *function)
        assert parts == pytest.approx(between(low, high, *function), rel=1e-12, abs=1e-15)
        assert between(high, low, *function) == pytest.approx(-between(low, high, *function), rel=1e-12, abs=1e-15)


def _moment_density(mass, power, function):
    return mass**power * imf.number_density(mass, *function)


@given(mass_functions())
def test_numbers_and_masses_are_the_integrals_of_the_density(function):
    breaks = function[1]
    pieces = list(itertools.pairwise(breaks))
    for power, between in enumerate((imf.number_between, imf.mass_between)):
        integral = sum(quad(_moment_density, *piece, args=(power, function))[0] for piece in pieces)
        assert between(breaks[0], breaks[-1], *function) == pytest.approx(integral, rel=1e-9)


@given(mass_functions())
def test_the_density_is_continuous_at_the_breaks(function):
    for edge in function[1][1:-1]:
        below, above = imf.number_density(np.array([edge * (1 - 1e-9), edge * (1 + 1e-9)]), *function)
        assert below == pytest.approx(above, rel=1e-7)


def test_the_density_vanishes_outside_the_breaks_and_not_on_them():
    density = imf.number_density([0.0, 0.0799, 0.08, 120.0, 120.1, np.inf], *KROUPA)
    assert (density > 0).tolist() == [False, False, True, True, False, False]


@pytest.mark.parametrize("offset", [0.0, 1e-14, 1e-12, -1e-12, 1e-8, 1e-6, -1e-4])
def test_exponents_near_one_and_two_lose_no_digits(offset):
    low, high, ratio = 2.0, 5.0, np.log(5.0 / 2.0)
    series = ratio * (1 - offset * ratio / 2 + offset**2 * ratio**2 / 6)
    flat = imf.number_between(low, high, [1.0 + offset], [low, high])
    mass = ((high / low) ** (1 - offset) - 1) / (1 - offset)
    assert flat == pytest.approx(series / mass / low, rel=1e-12)
    steep = imf.number_between(low, high, [2.0 + offset], [low, high])
    number = (1 - (low / high) ** (1 + offset)) / (1 + offset)
    assert steep == pytest.approx(number / series / low, rel=1e-12)


def test_segments_of_zero_width_change_nothing():
    padded = ([1.3, 2.3, 2.3, 2.3], [0.08, 0.5, 120.0, 120.0, 120.0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mass = np.geomspace(0.01, 300, 50)
        np.testing.assert_array_equal(imf.number_density(mass, *padded), imf.number_density(mass, *KROUPA))
        np.testing.assert_array_equal(imf.number_between(mass, 50, *padded), imf.number_between(mass, 50, *KROUPA))
        inner = ([1.3, 9.0, 2.3], [0.08, 0.5, 0.5, 120.0])
        np.testing.assert_allclose(imf.mass_between(mass, 50, *inner), imf.mass_between(mass, 50, *KROUPA), rtol=1e-14)


def test_masses_broadcast_against_several_mass_functions():
    slopes = np.array([[1.3, 2.3], [1.3, 1.9], [1.3, 2.7]])[:, None, :]
    numbers = imf.number_between(np.array([8.0, 20.0]), 120.0, slopes, KROUPA[1])
    assert numbers.shape == (3, 2)
    assert numbers[1, 0] == imf.number_between(8.0, 120.0, [1.3, 1.9], KROUPA[1])


def test_a_kroupa_star_has_the_published_mean_mass():
    """Canonical IMF with brown dwarfs, 0.01 to 150 Msun: 0.38 Msun a star (Kroupa et al. 2013, arXiv:1112.3340)."""
    canonical = ([0.3, 1.3, 2.3], [0.01, 0.08, 0.5, 150.0])
    assert 1 / imf.number_between(0.01, 150.0, *canonical) == pytest.approx(0.38, rel=0.02)


def test_salpeter_makes_the_published_number_of_core_collapses():
    """0.0068 per Msun from 8 to 40 Msun, for 0.1 to 100 Msun (Madau & Dickinson 2014, ARA&A 52, 415, section 2.4)."""
    assert imf.number_between(8.0, 40.0, [2.35], [0.1, 100.0]) == pytest.approx(0.0068, rel=0.01)


def test_the_mass_in_a_pure_salpeter_decade_is_the_textbook_ratio():
    """With alpha = 2.35 mass goes as m^-0.35: (1 - 10^-0.35)/(1 - 10^-1.05) of it is in the first of three decades."""
    share = imf.mass_between(0.1, 1.0, [2.35], [0.1, 100.0])
    assert share == pytest.approx((1 - 10**-0.35) / (1 - 10**-1.05), rel=1e-13)


@pytest.mark.parametrize(
    ("slopes", "breaks", "found"),
    [
        ([1.3, 2.3], [0.08, 0.5, 0.4], "0.08, 0.5, 0.4"),
        ([1.3], [0.0, 1.0], "breaks is 0 Msun"),
        ([1.3], [-1.0, 1.0], "breaks is -1 Msun"),
        ([1.3], [2.0, 2.0], "2, 2"),
        ([1.3], [1.0, np.nan], "breaks is nan"),
        ([1.3], [1.0, np.inf], "breaks is inf"),
        ([np.nan], [1.0, 2.0], "exponents is nan"),
        ([1.3, 2.3], [0.08, 120.0], r"\(2,\)"),
        (1.3, [0.08, 120.0], r"\(\)"),
    ],
)
def test_what_is_no_mass_function_is_refused_with_what_was_found(slopes, breaks, found):
    with pytest.raises(EvaluationError, match=found):
        imf.number_between(1.0, 2.0, slopes, breaks)


@pytest.mark.parametrize(
    ("label", "slope"), [("kroupa", 2.3), ("salpeter", 2.35), ("top-heavy", 1.9), ("top-light", 2.7)]
)
def test_the_shipped_mass_functions_are_those_of_the_notes(label, slope):
    record = tomllib.loads(data_path("imf.toml").read_text(encoding="utf-8"))[label]
    assert record["source"]
    assert record["exponents"] == [1.3, slope]
    breaks = [units.parse_quantity(text).to("Msun").magnitude.item() for text in record["breaks"]]
    assert breaks == [0.08, 0.5, 120.0]
