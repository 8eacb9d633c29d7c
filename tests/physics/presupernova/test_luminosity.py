import itertools

import mpmath
import numpy as np
import pytest
from digits import near
from hypothesis import given
from hypothesis import strategies as st
from presupernova import ERG, YEAR, cases, tolerance
from scipy.integrate import quad

from gridscan.errors import EvaluationError
from gridscan.physics.neutrinos.thermal_pairs import heavy_flavours
from gridscan.physics.presupernova.event_rates import rate_of_all_flavours
from gridscan.physics.presupernova.luminosity import emission, energy_between, number_between
from gridscan.physics.presupernova.luminosity_table import LuminosityTable, NeutrinoTrack, is_held, track_of
from gridscan.stellar_tables.neutrino_tracks import shipped_luminosity_table

TABLE = shipped_luminosity_table()
MASSES = st.floats(10.0, 30.0)
TIMES = st.floats(-9.0, 4.2).map(lambda power: 10.0**power * YEAR)
EXACT = tolerance("luminosity", "luminosity, mean_energy, pinching, rate, *_remaining")
THERMAL = tolerance("luminosity", "nux_*, rate_all_flavours")


@pytest.mark.parametrize(
    "case", cases("luminosity"), ids=lambda case: "{initial_mass}-{time_before_collapse}".format(**case)
)
def test_reference_stars_are_met(case):
    mass, time = case["initial_mass"], case["time_before_collapse"] * YEAR
    star = emission(TABLE, mass, time)
    assert star.luminosity / ERG == near(case["luminosity"], rel=EXACT)
    assert star.mean_energy == near(case["mean_energy"], rel=EXACT)
    assert star.pinching == near(case["pinching"], rel=EXACT)
    assert star.rate == near(case["rate"], rel=EXACT)
    assert energy_between(TABLE, mass, 0.0, time) / ERG == near(case["energy_remaining"], rel=EXACT)
    assert number_between(TABLE, mass, 0.0, time) == near(case["number_remaining"], rel=EXACT)
    ratio, hardness = heavy_flavours(star.mean_energy)
    assert ratio == near(case["nux_to_nue"], rel=THERMAL)
    assert hardness == near(case["nux_hardness"], rel=THERMAL)
    assert rate_of_all_flavours(star.rate, ratio) == near(case["rate_all_flavours"], rel=THERMAL)


@pytest.mark.parametrize(
    ("mass", "years", "energy"),
    [
        *((15, 6000, 1.87e51), (25, 6000, 2.83e51), (15, 100, 1.74e51), (25, 100, 2.75e51)),
        *((15, 1, 1.17e51), (25, 1, 1.90e51)),
    ],
)
def test_remaining_energies_are_the_published_ones(mass, years, energy):
    """Of the KEPLER models of Odrzywolek & Heger 2010, within the accuracy of the fit."""
    assert energy_between(TABLE, mass, 0.0, years * YEAR) / ERG == near(energy, rel=0.005)


@given(MASSES, st.lists(TIMES, min_size=3, max_size=3))
def test_windows_side_by_side_are_one(mass, times):
    early, middle, late = sorted(times, reverse=True)
    for function in (energy_between, number_between):
        parts = function(TABLE, mass, late, middle) + function(TABLE, mass, middle, early)
        whole = function(TABLE, mass, late, early)
        assert parts == near(whole, rel=1e-12)
        remaining = function(TABLE, mass, 0.0, early) - function(TABLE, mass, 0.0, late)
        assert remaining == pytest.approx(whole, rel=1e-9, abs=1e-12 * function(TABLE, mass, 0.0, early))


@given(MASSES, st.floats(-8.0, 3.7), st.floats(1e-12, 1e-6))
def test_a_narrow_window_is_the_rate_times_its_length(mass, power, width):
    """To rounding, where the difference of two cumulatives would have lost all digits."""
    start = 10.0**power * YEAR
    end = start * (1.0 + width)
    rate, after = emission(TABLE, mass, start), emission(TABLE, mass, end)
    for found, heights in (
        (energy_between(TABLE, mass, start, end), (rate.luminosity, after.luminosity)),
        (number_between(TABLE, mass, start, end), (rate.rate, after.rate)),
    ):
        assert found == near(0.5 * sum(heights) * (end - start), rel=1e-4 * width + 1e-12)


@pytest.mark.parametrize("mass", [15.0, 18.5, 25.0, 40.0])
def test_energies_are_the_integral_of_the_luminosity(mass):
    knots = np.log(np.concatenate([[1e-6 * YEAR], track_of(TABLE, mass).time]))
    for start, end in itertools.pairwise(knots):
        expected = quad(
            lambda x: float(emission(TABLE, mass, np.exp(x)).luminosity) * np.exp(x) * 1e-60, start, end, epsrel=1e-12
        )[0]
        assert 1e-60 * energy_between(TABLE, mass, np.exp(start), np.exp(end)) == near(expected, rel=1e-11)


@pytest.mark.parametrize("slope", [-1.0, -1.0 + 1e-13, -1.0 - 1e-9, 2.0, -5.0])
def test_power_laws_are_integrated_to_the_last_digits(slope):
    """Also where p + 1 vanishes, at forty digits."""
    time = np.array([1.0, 1e6])
    star = NeutrinoTrack(time, 3.0 * time**slope, np.ones(2), np.full(2, 3.0))
    table = LuminosityTable(np.array([20.0]), (star,))
    with mpmath.workdps(40):
        p = mpmath.log(mpmath.mpf(float(star.luminosity[1])) / 3) / mpmath.log(mpmath.mpf(10) ** 6)
        expected = float(3 * mpmath.quad(lambda x: mpmath.exp((p + 1) * x), [0, 4, 8, mpmath.log(10) * 6]))
    assert energy_between(table, 20.0, 1.0, 1e6) == near(expected, rel=1e-12)


def test_before_the_first_knot_it_is_held_and_after_the_last_one_zero():
    first, last = 1e-5 * YEAR, 6000 * YEAR
    star = emission(TABLE, 15.0, [0.0, 0.5 * first, first, last, last * (1 + 1e-9), 1e6 * YEAR])
    assert star.luminosity[:3] / ERG == pytest.approx([1.46e46] * 3, rel=1e-12)
    assert star.luminosity[3] > 0
    assert star.luminosity[4:].tolist() == star.rate[4:].tolist() == [0.0, 0.0]
    assert np.isfinite(star.mean_energy).all()
    assert energy_between(TABLE, 15.0, 0.0, 0.5 * first) / ERG == near(1.46e46 * 0.5 * first, rel=1e-12)
    assert energy_between(TABLE, 15.0, last, 1e6 * YEAR) == 0.0
    assert energy_between(TABLE, 15.0, 0.0, 0.0) == 0.0


def test_between_two_progenitors_logarithms_are_linear_in_that_of_the_mass():
    time = np.geomspace(1e-6, 5999.0, 40) * YEAR
    weight = np.log(19.0 / 15) / np.log(25 / 15)
    light, heavy, middle = (emission(TABLE, mass, time) for mass in (15.0, 25.0, 19.0))
    for name in ("luminosity", "mean_energy", "pinching", "rate"):
        expected = getattr(light, name) ** (1 - weight) * getattr(heavy, name) ** weight
        np.testing.assert_allclose(getattr(middle, name), expected, rtol=1e-12)


def test_stars_beyond_the_progenitors_are_as_the_nearest():
    time = np.array([1.0, 1e5, 1e9])
    for mass, nearest in ((9.0, 15.0), (60.0, 25.0)):
        assert emission(TABLE, mass, time).luminosity.tolist() == emission(TABLE, nearest, time).luminosity.tolist()
        assert is_held(TABLE, mass)
    assert not is_held(TABLE, [15.0, 15.0 * (1 - 1e-12), 25.0]).any()


def test_one_progenitor_can_stand_for_all():
    only = TABLE.only(25.0)
    assert emission(only, [11.0, 40.0], 1e6).luminosity.tolist() == [emission(TABLE, 25.0, 1e6).luminosity] * 2
    with pytest.raises(EvaluationError, match="no progenitor of 20 Msun; it has 15, 25 Msun"):
        TABLE.only(20.0)


def test_a_table_of_one_mass_has_nothing_to_interpolate():
    table = LuminosityTable(TABLE.mass[:1], TABLE.tracks[:1])
    assert emission(table, 15.0, 1.0).luminosity == emission(TABLE, 15.0, 1.0).luminosity
    with pytest.raises(EvaluationError, match="initial_mass is 16 Msun; the table of neutrino luminosities has one"):
        emission(table, [15.0, 16.0], 1.0)


def test_masses_and_times_broadcast():
    star = emission(TABLE, np.array([[15.0], [18.0], [25.0]]), np.array([1.0, 1e7]))
    assert star.luminosity.shape == (3, 2)
    windows = energy_between(TABLE, np.array([[15.0], [18.0]]), [0.0, 1.0, 1e3], 1e7)
    assert windows.shape == (2, 3)
    assert windows[1, 2] == energy_between(TABLE, 18.0, 1e3, 1e7)
    assert energy_between(TABLE, 15.0, np.zeros(0), np.zeros(0)).shape == (0,)


def test_ratios_of_a_track_are_interpolated():
    time = np.array([1.0, 100.0])
    columns = (time, np.array([1e4, 1.0]), np.array([2.0, 1.0]), np.array([3.0, 3.0]))
    light = NeutrinoTrack(*columns, np.array([0.2, 0.1]), np.array([1.4, 1.0]), np.array([1.0, 1.2]))
    heavy = NeutrinoTrack(*columns, np.array([0.4, 0.3]), np.array([1.0, 1.0]), np.array([1.0, 1.0]))
    table = LuminosityTable(np.array([10.0, 40.0]), (light, heavy))
    star = emission(table, 20.0, 10.0)
    assert star.nux_to_nue == near(0.25)
    assert star.nue_to_antinue == near(1.1)
    assert star.nux_hardness == near(1.05)
    mixed = LuminosityTable(table.mass, (light, NeutrinoTrack(*columns)))
    assert emission(mixed, 20.0, 10.0).nux_to_nue is emission(TABLE, 20.0, 10.0).nux_to_nue is None
    assert emission(mixed, 20.0, 10.0).nux_hardness is emission(TABLE, 20.0, 10.0).nux_hardness is None


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: emission(TABLE, 15.0, -1.0), "time is -1 s"),
        (lambda: emission(TABLE, 0.0, 1.0), "initial_mass is 0 Msun"),
        (lambda: emission(TABLE, np.nan, 1.0), "initial_mass is nan Msun"),
        (lambda: energy_between(TABLE, 15.0, 2.0, 1.0), "end is 1 s; it must be at least start = 2 s"),
        (lambda: number_between(TABLE, 15.0, -2.0, 1.0), "start is -2 s"),
    ],
)
def test_nonsense_stars_are_refused(call, message):
    with pytest.raises(EvaluationError, match=message):
        call()
