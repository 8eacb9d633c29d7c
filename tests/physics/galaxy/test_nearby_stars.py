from itertools import pairwise

import numpy as np
import pytest
from galaxies import MILKY_WAY, of_galaxy
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import gammainc

from gridscan.errors import EvaluationError
from gridscan.numerics import compound_poisson
from gridscan.physics.galaxy import distances, enclosed_table
from gridscan.physics.galaxy.components import Galaxy
from gridscan.physics.galaxy.nearby_stars import flux_exceedance, nearest_distance_quantile

VARIANTS = {
    "default": {},
    "three arms the other way": {"arm_count": 3, "arm_pitch": -0.3, "arm_phase": 1.0},
    "wide clipped arms": {"arm_width": 2.0, "arm_fraction": 0.85},
    "sun near the centre": {"sun_x": 0.4, "sun_y": -0.6},
    "sun outside": {"sun_x": 20.0, "arm_fraction": 0.0, "ring_radius": 14.5},
}
# Seen from the centre of a disk without arms, everything is an integral over one variable.
SCALE, INNER, OUTER = 1.8, 0.5, 15.0
CENTRAL = {**MILKY_WAY, "sun_x": 0.0, "arm_fraction": 0.0, "ring_fraction": 0.0}


def _mass(radius):
    return -(1.0 + radius / SCALE) * np.exp(-radius / SCALE)


def _central_fraction(radius):
    """G(s) of the disk seen from its centre, ∝ ∫ R exp(-R/h) dR."""
    return (_mass(np.clip(radius, INNER, OUTER)) - _mass(INNER)) / (_mass(OUTER) - _mass(INNER))


def _central_distances(generator, size, radius):
    """Distances of stars within a radius, by inverting the tabulated distribution."""
    grid = np.linspace(INNER, radius, 20001)
    return np.interp(generator.random(size) * _central_fraction(radius), _central_fraction(grid), grid)


def test_seen_from_the_centre_the_nearest_star_follows_the_radial_distribution():
    number, quantile = np.array([[2.0], [30.0], [1e4]]), np.array([0.05, 0.5, 0.8])
    distance, error = nearest_distance_quantile(number, quantile, Galaxy(**CENTRAL))
    for (i, j), found in np.ndenumerate(distance):
        share = -np.log1p(-quantile[j]) / number[i, 0]
        exact = brentq(lambda d, share=share: _central_fraction(d) - share, INNER, OUTER, xtol=1e-14, rtol=1e-14)
        assert found == pytest.approx(exact, rel=1e-10)
        assert abs(found - exact) <= error[i, j] + 1e-13 * exact


def test_near_stars_of_a_dense_galaxy_are_as_in_a_uniform_plane():
    """G(s) = π σ s² locally, hence d_q = √(-ln(1 - q)/(π σ N)), σ being the density at the Sun."""
    disk = {**CENTRAL, "sun_x": 5.0}
    density = np.exp(-5.0 / SCALE) / (2 * np.pi * SCALE**2 * (_mass(OUTER) - _mass(INNER)))
    number = np.array([1e8, 1e9, 1e10])
    distance, _ = nearest_distance_quantile(number, 0.3, Galaxy(**disk))
    np.testing.assert_allclose(distance, np.sqrt(-np.log(0.7) / (np.pi * density * number)), rtol=1e-7)


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_fraction_within_the_distance_is_the_one_asked_for(variant):
    parameters = {**MILKY_WAY, **VARIANTS[variant]}
    number = np.geomspace(1.0, 1e6, 61)
    distance, error = nearest_distance_quantile(number, 0.5, Galaxy(**parameters))
    fraction, _ = distances.fraction_within(distance, Galaxy(**parameters))
    np.testing.assert_allclose(fraction, np.log(2.0) / number, rtol=1e-9)
    assert (error > 0.0).all()
    assert (error < 1e-9 * distance).all()
    assert (np.diff(distance) < 0.0).all()


@settings(max_examples=6)
@given(st.floats(0.001, 0.999), st.floats(7.0, 1e7), st.floats(0.0, 14.0), st.floats(0.2, 3.0))
def test_distance_and_fraction_are_inverse_to_each_other(quantile, number, sun, width):
    parameters = {**MILKY_WAY, "sun_x": sun, "arm_width": width}
    distance, error = nearest_distance_quantile(number, quantile, Galaxy(**parameters))
    share = -np.log1p(-quantile) / number
    below, above = distances.fraction_within([max(distance - error, 0.0), distance + error], Galaxy(**parameters))[0]
    assert below * (1 - 1e-10) <= share <= above * (1 + 1e-10)


def test_twice_the_stars_and_the_square_of_the_void_probability_is_the_same_distance():
    number, void = np.array([3.0, 20.0, 500.0])[:, None], np.array([0.9, 0.3, 0.06])
    once, _ = nearest_distance_quantile(number, 1.0 - void, Galaxy(**MILKY_WAY))
    twice, _ = nearest_distance_quantile(2.0 * number, 1.0 - void**2, Galaxy(**MILKY_WAY))
    np.testing.assert_allclose(twice, once, rtol=1e-9)


def test_without_enough_stars_there_may_be_no_nearest_one():
    number = np.array([0.0, 0.5, np.log(2.0) * 0.99999, np.log(2.0), 0.7])
    distance, error = nearest_distance_quantile(number, 0.5, Galaxy(**MILKY_WAY))
    assert np.isnan(distance).tolist() == np.isnan(error).tolist() == [True, True, True, False, False]
    assert 17.0 < distance[4] < distance[3] <= 23.2 <= distance[3] + error[3]
    assert np.isnan(nearest_distance_quantile(0.0, 0.1, Galaxy(**MILKY_WAY))[0])


def test_where_the_fraction_jumps_the_distance_is_that_of_the_circle():
    """Half of a ring about the outer edge is clipped to it; seen from the centre all of that is at one distance."""
    ring = {**CENTRAL, "ring_fraction": 1.0, "ring_radius": OUTER, "ring_width": 0.4}
    number = -np.log(0.5) / np.array([0.501, 0.7, 0.95])
    distance, error = nearest_distance_quantile(number, 0.5, Galaxy(**ring))
    np.testing.assert_allclose(distance, OUTER, rtol=1e-12)
    assert (error < 1e-11).all()


def test_where_the_fraction_is_flat_the_distance_is_the_smallest():
    """The Sun in a gap: half of the stars, within 2 kpc, make an inner disk, and the rest a ring at 14 kpc."""
    gap = {**MILKY_WAY, "sun_x": 0.0, "ring_fraction": 0.5, "ring_radius": 14.0, "ring_width": 0.1, "arm_fraction": 0.5}
    gap |= {"arm_inner_radius": 1.0, "arm_outer_radius": 2.0, "arm_width": 0.5}
    distance, error = nearest_distance_quantile(np.log(2.0) / 0.5, 0.5, Galaxy(**gap))
    assert distance == pytest.approx(2.0, rel=1e-12)
    assert distance + error > 12.0


def test_the_error_of_a_flat_stretch_counts_where_a_share_is_just_above_it():
    """G is 0.5 between 1 and 2 kpc, but for an error, and rises to 1 between 2 and 3 kpc."""
    coefficients = np.zeros((2, 24))
    coefficients[:, :2] = [[0.5 - 1e-13, 0.0], [0.75, 0.25]]
    edges, whole, none = np.array([1.0, 2.0]), np.array([[0.0, 1.0], [0.0, 1.0]]), np.zeros(2, dtype=bool)
    table = enclosed_table.EnclosedTable(coefficients, np.array([1e-12, 0.0]), edges, np.ones(2), whole, none, none)
    distance, error = table.inverse(np.array([0.5, 0.75]))
    np.testing.assert_allclose(distance, [1.0, 2.5], rtol=1e-11)
    np.testing.assert_allclose(error, [1.0, 0.0], atol=1e-11)


def test_the_sun_almost_at_the_centre_makes_no_thousands_of_panels():
    """All stars on a circle are at distances within 20 au of each other, where rounding is all that is left to fit."""
    table = enclosed_table.octave(Galaxy(**{**MILKY_WAY, "sun_x": 1e-5, "arm_width": 3.0}).single(), 3)[0]
    assert len(table.error) < 150


def test_many_numbers_share_the_evaluations_of_a_galaxy(monkeypatch):
    seen = []
    enclosed = enclosed_table.enclosed_share
    monkeypatch.setattr(enclosed_table, "enclosed_share", lambda *a: seen.append(len(a[1])) or enclosed(*a))
    enclosed_table.enclosed_table.cache_clear()
    enclosed_table.octave.cache_clear()
    distance, error = nearest_distance_quantile(np.geomspace(1, 1e5, 5000)[:, None], [0.3, 0.5], Galaxy(**MILKY_WAY))
    assert distance.shape == error.shape == (5000, 2)
    assert sum(seen) < 5000


def test_no_numbers_have_no_distances_and_no_thresholds_no_probabilities():
    assert nearest_distance_quantile(np.empty((0, 2)), 0.5, Galaxy(**MILKY_WAY))[0].shape == (0, 2)
    assert flux_exceedance(np.empty((0, 2)), 1.0, 1.0, 1.0, 0.05, Galaxy(**MILKY_WAY))[1].shape == (0, 2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"quantile": 0.0}, "quantile is 0; it must be a finite number above 0 and below 1"),
        ({"quantile": [0.5, 1.0]}, r"quantile is 1 at index \[1\]; it must"),
        ({"quantile": np.nan}, "quantile is nan"),
        ({"expected_number": -1.0}, "expected_number is -1; it must be a finite number of at least 0"),
        ({"expected_number": np.inf}, "expected_number is inf"),
        ({"arm_fraction": 1.2}, r"arm_fraction is 1\.2; it must be a number from 0 to 1"),
        ({"expected_number": 1e40}, r"is 6\.93147e-41, the share of the stars within less than 2e-12 kpc"),
    ],
)
def test_nonsense_about_the_nearest_star_is_refused(change, message):
    with pytest.raises(EvaluationError, match=message):
        of_galaxy(nearest_distance_quantile, **{"expected_number": 10.0, "quantile": 0.5, **MILKY_WAY, **change})


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_table_gives_the_fraction_within_to_its_stated_error(variant):
    parameters = {**MILKY_WAY, **VARIANTS[variant]}
    table = enclosed_table.enclosed_table(Galaxy(**parameters).single(), -5, 5)
    distance = np.random.default_rng(7).uniform(2.0**-5, 2.0**5, 500)
    exact, error = distances.fraction_within(distance, Galaxy(**parameters))
    relative, absolute = table.uncertainty()
    assert (np.abs(table.enclosed(distance) - exact) <= relative * exact + absolute + error).all()
    assert relative < 1e-9
    assert absolute < 1e-12


MEAN_NUMBERS = [0.02, 1.5, 12.0]


@pytest.mark.parametrize("number", MEAN_NUMBERS)
@pytest.mark.parametrize(("radius", "floor"), [(1.0, 0.05), (6.0, 0.3), (0.5, 0.7)])
def test_the_integral_over_all_thresholds_is_the_mean_flux(number, radius, floor, monkeypatch):
    """∫ P(flux > F) dF = λ A <1/d²>, by the trapezoidal rule between bounds: P falls with F."""
    monkeypatch.setattr(compound_poisson, "_STEPS", (2**12,))
    mean, _ = distances.mean_inverse_square_distance(radius, Galaxy(**MILKY_WAY), distance_floor=floor)
    least, most = 1.0 / max(radius, floor) ** 2, 1.0 / floor**2
    steps = [np.linspace(0.0, 10.0 * number * mean + least, 150), np.geomspace(least, 40.0 * most, 150)]
    threshold = 3.0 * np.unique(np.concatenate(steps))
    value, error = flux_exceedance(threshold, number, 3.0, radius, floor, Galaxy(**MILKY_WAY))
    width = np.diff(threshold)
    low, high = width @ (value - error)[1:], width @ (value + error)[:-1]
    expected = 3.0 * number * mean
    assert low <= expected <= high * (1 + 1e-9)
    assert width @ (0.5 * (value[1:] + value[:-1])) == pytest.approx(expected, rel=0.01)


def test_a_random_sum_of_stars_exceeds_a_flux_as_often():
    radius, floor, number, size = 4.0, 1.0, 3.0, 400_000
    generator = np.random.default_rng(20240229)
    count = generator.poisson(number, size)
    flux = 1.0 / np.maximum(_central_distances(generator, count.sum(), radius), floor) ** 2
    total = np.bincount(np.repeat(np.arange(size), count), flux, minlength=size)
    threshold = np.array([0.0, 0.05, 0.1, 0.3, 0.7, 0.99, 1.01, 1.6, 2.5])
    value, error = flux_exceedance(threshold, number, 1.0, radius, floor, Galaxy(**CENTRAL))
    sampled = (total > threshold[:, None]).mean(axis=-1)
    assert (np.abs(sampled - value) < 4.5 * np.sqrt(value * (1 - value) / size) + error).all()
    assert (error < 1e-4 * value).all()


def _pair_exceedance(threshold, radius, floor):
    """P(X_1 + X_2 > F) of two stars of the central disk, by quadrature over the distance of one."""

    def nearer(distance):
        return np.where(distance > floor, np.minimum(_central_fraction(distance) / _central_fraction(radius), 1.0), 0.0)

    def given(distance):
        rest = threshold - 1.0 / max(distance, floor) ** 2
        return 1.0 if rest <= 0.0 else float(nearer(1.0 / np.sqrt(rest)))

    def density(distance):
        return distance * np.exp(-distance / SCALE) * given(distance)

    norm = SCALE**2 * (_mass(radius) - _mass(INNER))
    kinks = {floor, (threshold / 2) ** -0.5, threshold**-0.5}
    kinks |= {1 / np.sqrt(rest) for s in (floor, radius) if (rest := threshold - 1.0 / s**2) > 0.0}
    edges = sorted({INNER, radius, *(kink for kink in kinks if INNER < kink < radius)})
    parts = [quad(density, *ends, epsabs=0, epsrel=1e-9)[0] for ends in pairwise(edges)]
    return sum(parts) / norm


@pytest.mark.parametrize("threshold", [0.09, 0.2, 0.55, 0.98])
def test_of_few_stars_one_or_two_decide(threshold):
    """P = exp(-λ) [λ P(X > F) + λ²/2 P(X + X' > F)] + O(λ³)."""
    number, radius, floor = np.array([1e-6, 1e-3, 1e-2]), 4.0, 1.0
    value, error = flux_exceedance(threshold, number, 1.0, radius, floor, Galaxy(**CENTRAL))
    one = _central_fraction(1 / np.sqrt(threshold)) / _central_fraction(radius)
    expected = np.exp(-number) * (number * one + number**2 / 2 * _pair_exceedance(threshold, radius, floor))
    assert (np.abs(value - expected) <= error + number**3 / 6 + 1e-9 * expected).all()
    assert (error < 1e-4 * value).all()


@pytest.mark.parametrize("threshold", [1.0, 1.3, 1.9])
def test_above_the_flux_at_the_floor_it_takes_two_stars(threshold):
    number, radius, floor = np.array([1e-6, 1e-4]), 4.0, 1.0
    value, error = flux_exceedance(threshold, number, 1.0, radius, floor, Galaxy(**CENTRAL))
    expected = np.exp(-number) * number**2 / 2 * _pair_exceedance(threshold, radius, floor)
    assert (np.abs(value - expected) <= error + number**3 / 6 + 1e-8 * expected).all()
    assert (error < 1e-3 * value).all()


def test_stars_within_the_floor_are_equal_and_must_exceed_the_threshold():
    """With the floor beyond the radius, the flux is A/floor² times a Poisson number."""
    threshold = np.array([0.0, 3.9, 4.0, 7.9, 8.0, 12.0, 13.0])[:, None]
    number = np.array([1e-6, 0.1, 2.0])
    value, error = flux_exceedance(threshold, number, 1.0, 0.4, 0.5, Galaxy(**MILKY_WAY))
    exact = gammainc(np.floor(threshold / 4.0) + 1.0, number)
    # 12.0 is three times the flux at the floor, which no step of the lattice hits.
    assert (np.abs(value - exact) <= error * (1 + 1e-9) + 1e-11 * exact).all()
    assert (error[[0, 1, 2, 3, 4, 6]] <= 1e-8 * exact[[0, 1, 2, 3, 4, 6]]).all()


def test_a_threshold_below_any_star_is_exceeded_unless_there_is_none():
    number = np.array([0.0, 1e-9, 0.3, 5.0, 900.0])
    for threshold in (0.0, 1e-300, 0.2499):
        value, error = flux_exceedance(threshold, number, 1.0, 2.0, 0.05, Galaxy(**MILKY_WAY))
        np.testing.assert_array_equal(value, -np.expm1(-number))
        assert (error <= 1e-15 * value).all()
    just_above, _ = flux_exceedance(0.2501, number[1:4], 1.0, 2.0, 0.05, Galaxy(**MILKY_WAY))
    assert (just_above < -np.expm1(-number[1:4])).all()


def test_a_star_that_gives_just_the_threshold_does_not_exceed_it():
    """Half of a ring is clipped to 15 kpc from the Sun at its centre."""
    ring = {**CENTRAL, "ring_fraction": 1.0, "ring_radius": OUTER, "ring_width": 0.4}
    number = np.array([1e-9, 1e-7])
    value, error = flux_exceedance(1.0 / OUTER**2, number, 1.0, 20.0, 0.05, Galaxy(**ring))
    np.testing.assert_allclose(value, 0.5 * number, rtol=1e-6)
    assert (error < 1e-7 * value).all()
    nearer, _ = flux_exceedance(0.999 / OUTER**2, number, 1.0, 20.0, 0.05, Galaxy(**ring))
    np.testing.assert_allclose(nearer, number, rtol=1e-6)


@pytest.mark.parametrize(("relative", "absolute"), [(0.01, 0.0), (0.0, 2e-5)])
def test_the_error_of_the_fraction_within_counts(relative, absolute, monkeypatch):
    """Of few stars, P = λ G(s)/G(r), with 0.01 of it or with an error of G beside G(r)."""
    whole, _ = distances.fraction_within(1.0, Galaxy(**MILKY_WAY))
    least, _ = flux_exceedance(5.0, 1e-6, 1.0, 1.0, 0.05, Galaxy(**MILKY_WAY))
    monkeypatch.setattr(enclosed_table.EnclosedTable, "uncertainty", lambda _: (relative, absolute))
    value, error = flux_exceedance(5.0, 1e-6, 1.0, 1.0, 0.05, Galaxy(**MILKY_WAY))
    assert value == pytest.approx(least, rel=1e-5, abs=0.0)
    assert error == pytest.approx(relative * value + 1e-6 * absolute / whole, rel=1e-3, abs=0.0)


def test_no_star_or_no_flux_exceeds_nothing():
    assert flux_exceedance(1.0, 0.0, 1.0, 1.0, 0.05, Galaxy(**MILKY_WAY)) == (0.0, 0.0)
    value, error = flux_exceedance([0.0, 1.0], 5.0, 0.0, 1.0, 0.05, Galaxy(**MILKY_WAY))
    assert (value <= 1e-12).all()
    assert (error <= 1e-12).all()
    far = {**MILKY_WAY, "sun_x": 20.0}
    assert flux_exceedance(1.0, 0.0, 1.0, 1.0, 0.05, Galaxy(**far)) == (0.0, 0.0)


def test_a_flux_that_the_stars_cannot_give_is_exceeded_with_a_tiny_probability():
    number = np.array([1e-6, 0.1, 3.0, 20.0])
    value, error = flux_exceedance(1e7, number, 1.0, 1.0, 0.05, Galaxy(**MILKY_WAY))
    assert (value >= 0.0).all()
    assert (value < 1e-20).all()
    assert (error < 1e-20).all()


def test_only_the_flux_relative_to_that_of_a_star_matters():
    number = np.array([0.1, 4.0])
    once, _ = flux_exceedance([[7.0], [90.0]], number, 1.0, 1.0, 0.05, Galaxy(**MILKY_WAY))
    scaled, _ = flux_exceedance([[7.0e9], [90.0e9]], number, 1e9, 1.0, 0.05, Galaxy(**MILKY_WAY))
    np.testing.assert_allclose(scaled, once, rtol=1e-9)


def test_stars_beyond_the_threshold_distance_only_add():
    """More stars from farther away cannot lower the flux: radius 3 with the same density holds those within 1 too."""
    fraction, _ = distances.fraction_within([1.0, 3.0], Galaxy(**MILKY_WAY))
    number = 60.0 * fraction
    value, error = flux_exceedance(20.0, number, 1.0, [1.0, 3.0], 0.05, Galaxy(**MILKY_WAY))
    one_alone = -np.expm1(-60.0 * distances.fraction_within(20.0**-0.5, Galaxy(**MILKY_WAY))[0])
    assert one_alone < value[0] - error[0] < value[1]


@settings(max_examples=12)
@given(
    st.floats(0.3, 9.0),
    st.floats(0.01, 0.5),
    st.floats(1e-5, 30.0),
    st.floats(0.01, 100.0),
    st.sampled_from([*VARIANTS]),
)
def test_probabilities_grow_with_the_number_and_fall_with_the_threshold(radius, floor, number, threshold, variant):
    parameters = {**MILKY_WAY, **VARIANTS[variant]}
    if distances.fraction_within(radius, Galaxy(**parameters))[0] < 1e-15:
        number = 0.0
    numbers, thresholds = number * np.array([1.0, 1.01, 2.0]), threshold * np.array([1.0, 1.01, 3.0])[:, None]
    value, error = flux_exceedance(thresholds, numbers, 1.0, radius, floor, Galaxy(**parameters))
    assert ((value >= 0.0) & (value <= -np.expm1(-numbers) * (1 + 1e-14))).all()
    assert (np.diff(value, axis=1) >= -(error[:, 1:] + error[:, :-1])).all()
    assert (np.diff(value, axis=0) <= error[1:] + error[:-1]).all()
    one = distances.fraction_within(np.minimum(thresholds**-0.5, radius), Galaxy(**parameters))[0]
    one = np.where(thresholds**-0.5 > floor, one, 0.0)
    whole = distances.fraction_within(radius, Galaxy(**parameters))[0]
    if number:
        assert (value + error >= -np.expm1(-numbers * one / whole) * (1 - 1e-9)).all()


def test_the_fraction_is_tabulated_once_for_all_thresholds(monkeypatch):
    seen = []
    enclosed = enclosed_table.enclosed_share
    monkeypatch.setattr(enclosed_table, "enclosed_share", lambda *a: seen.append(len(a[1])) or enclosed(*a))
    enclosed_table.enclosed_table.cache_clear()
    enclosed_table.octave.cache_clear()
    flux_exceedance(np.geomspace(1.0, 300.0, 12)[:, None], [0.1, 1.0], 1.0, 1.0, 0.05, Galaxy(**MILKY_WAY))
    once = sum(seen)
    flux_exceedance(np.geomspace(2.0, 400.0, 12)[:, None], [0.1, 1.0], 1.0, 1.0, 0.05, Galaxy(**MILKY_WAY))
    assert sum(seen) == once < 5000


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"flux_threshold": -1.0}, "flux_threshold is -1 1/cm\\^2/s; it must be a finite number of at least 0"),
        ({"flux_threshold": np.inf}, "flux_threshold is inf"),
        ({"expected_number_within": [1.0, np.nan]}, "expected_number_within is nan"),
        ({"flux_at_unit_distance": -2.0}, "flux_at_unit_distance is -2"),
        ({"radius": 0.0}, "radius is 0 kpc; it must be a finite number above 0 kpc"),
        ({"distance_floor": 0.0}, "distance_floor is 0 kpc; it must be a finite number above 0 kpc"),
        ({"arm_width": 0.0}, "arm_width is 0 kpc; it must be a finite number above 0 kpc"),
        (
            {"sun_x": 20.0},
            "expected_number_within is 2; it must be 0, as this galaxy has no stars within radius = 1 kpc",
        ),
    ],
)
def test_nonsense_about_the_flux_is_refused(change, message):
    sensible = {"flux_threshold": 1.0, "expected_number_within": 2.0, "flux_at_unit_distance": 1.0}
    sensible |= {"radius": 1.0, "distance_floor": 0.05}
    with pytest.raises(EvaluationError, match=message):
        of_galaxy(flux_exceedance, **{**sensible, **MILKY_WAY, **change})


def test_a_probability_of_many_stars_of_which_nothing_is_known_is_refused():
    """Stars hardly beyond the floor have nearly equal fluxes: the sum comes in steps, blurred a little."""
    number, radius, floor = 5000.0, 1.002, 1.0
    with pytest.raises(EvaluationError, match=r"is only known as .* with an error of .*number_within = 5000"):
        flux_exceedance(number, number, 1.0, radius, floor, Galaxy())
