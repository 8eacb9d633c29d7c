import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import reference
from scipy.integrate import quad

from gridscan.errors import EvaluationError
from gridscan.physics.stellar import imf, phase_counts
from gridscan.physics.stellar.phase_table import PhaseTable
from gridscan.stellar_tables.phases import shipped_phase_table

REFERENCE = reference("red_supergiants")
COUNTS = [dict(zip(REFERENCE["counts"]["columns"], row, strict=True)) for row in REFERENCE["counts"]["rows"]]
SLOPES = {"kroupa": 2.3, "salpeter": 2.35, "top-heavy": 1.9, "top-light": 2.7}
BREAKS = [0.08, 0.5, 120.0]
TABLE = shipped_phase_table()
KROUPA = ([1.3, 2.3], BREAKS)
COLUMN = {
    "alive": "stars_alive",
    "red_supergiant": "red_supergiants",
    "carbon_burning": "carbon_burning",
    "carbon_burning_rsg": "carbon_burning_rsg",
}


@pytest.mark.parametrize("phase", phase_counts.PHASES)
def test_all_reference_counts_are_met(phase):
    assert len(COUNTS) == 144
    slopes = np.array([[1.3, SLOPES[case["imf"]]] for case in COUNTS])
    metallicity, time, sfr = (np.array([case[name] for case in COUNTS]) for name in ("metallicity", "time", "sfr"))
    expected = np.array([case[COLUMN[phase]] for case in COUNTS])
    found = 1e6 * sfr * phase_counts.time_in_phase(phase, TABLE, slopes, BREAKS, metallicity, time)
    np.testing.assert_allclose(found, expected, rtol=REFERENCE["counts"]["relative_tolerance"])


def test_axes_broadcast_and_agree_with_one_point_at_a_time():
    slopes = np.array([[1.3, slope] for slope in SLOPES.values()])[:, None, None, :]
    metallicity, time = np.array([[0.014], [0.016]]), np.linspace(0.0, 20.0, 7)
    for mode in phase_counts.MASS_INTEGRATIONS:
        grid = phase_counts.time_in_phase("red_supergiant", TABLE, slopes, BREAKS, metallicity, time, mode)
        assert grid.shape == (4, 2, 7)
        for index in [(0, 0, 3), (2, 1, 6), (3, 1, 4)]:
            one = phase_counts.time_in_phase(
                "red_supergiant", TABLE, slopes[index[0], 0, 0], BREAKS, metallicity[index[1], 0], time[index[2]], mode
            )
            assert one == pytest.approx(grid[index], rel=1e-14)


def test_empty_arrays_have_empty_results():
    assert phase_counts.time_in_phase("alive", TABLE, *KROUPA, np.empty(0), 5.0).shape == (0,)
    assert phase_counts.time_in_phase("alive", TABLE, *KROUPA, 0.014, np.empty((2, 0)), "continuous").shape == (2, 0)
    assert phase_counts.time_in_phase("alive", TABLE, *KROUPA, 0.014, 5.0, np.empty(0, dtype=str)).shape == (0,)


def test_both_mass_integrations_can_stand_in_one_array():
    modes = np.array(["bins", "continuous"])
    both = phase_counts.time_in_phase("alive", TABLE, *KROUPA, 0.014, [[5.0], [15.0]], modes)
    assert both.shape == (2, 2)
    for column, mode in enumerate(modes):
        np.testing.assert_array_equal(
            both[:, column], phase_counts.time_in_phase("alive", TABLE, *KROUPA, 0.014, [5.0, 15.0], mode)
        )


@pytest.mark.parametrize("phase", phase_counts.PHASES)
def test_doubling_the_order_does_not_change_the_continuous_integral(phase):
    slopes = np.array([[1.3, 2.3], [1.3, 1.9]])[:, None, None, :]
    arguments = (
        phase,
        TABLE,
        slopes,
        [0.08, 13.7, 120.0],
        np.array([[0.014], [0.0153]]),
        np.linspace(0.0, 20.0, 101),
        "continuous",
    )
    once, twice = (phase_counts.time_in_phase(*arguments, order=order) for order in (12, 24))
    np.testing.assert_allclose(once, twice, rtol=1e-13, atol=1e-20)
    assert once.max() > 0


def _window(phase, row, mass):
    end, duration = (values[row] for values in TABLE.window(phase))
    grid = TABLE.mass
    if mass <= grid[0] or mass >= grid[-1]:
        column = 0 if mass <= grid[0] else -1
        return end[column], duration[column]
    i = int(np.searchsorted(grid, mass, side="right")) - 1
    log_part = np.log(mass / grid[i]) / np.log(grid[i + 1] / grid[i])
    part = (mass - grid[i]) / (grid[i + 1] - grid[i])
    a1 = np.exp(np.log(end[i]) * (1 - log_part) + np.log(end[i + 1]) * log_part)
    if min(duration[i], duration[i + 1]) > 0:
        return a1, np.exp(np.log(duration[i]) * (1 - log_part) + np.log(duration[i + 1]) * log_part)
    return a1, duration[i] * (1 - part) + duration[i + 1] * part


@pytest.mark.parametrize("phase", ["alive", "red_supergiant", "carbon_burning_rsg"])
@pytest.mark.parametrize("time", [5.8, 7.0, 11.9, 13.3, 17.4, 20.0])
def test_the_continuous_integral_agrees_with_adaptive_quadrature(phase, time):

    def integrand(mass):
        end, duration = _window(phase, 0, mass)
        return imf.number_density(mass, *KROUPA) * max(0.0, min(end, time) - (end - duration))

    # Where the window passes the time is found by scanning, independently of the crossings of the module.
    fine = np.linspace(*TABLE.bin_edges[[0, -1]], 4001)
    late = np.array([[end - time, end - duration - time] for end, duration in (_window(phase, 0, m) for m in fine)])
    near = fine[:-1][(np.diff(np.sign(late), axis=0) != 0).any(axis=1)]
    step = fine[1] - fine[0]
    cuts = np.unique([*TABLE.bin_edges[[0, -1]], *TABLE.mass, *near, *(near + step)])
    pieces = itertools.pairwise(cuts)
    direct = sum(quad(integrand, *piece, epsabs=0.0, epsrel=1e-9, limit=400)[0] for piece in pieces)
    found = phase_counts.time_in_phase(phase, TABLE, *KROUPA, 0.014, time, "continuous")
    assert found == pytest.approx(direct, rel=1e-8, abs=1e-16)


def test_breaks_of_the_mass_function_inside_the_table_are_resolved():
    kinked = ([1.3, 5.0, 0.5], [0.08, 15.7, 22.2, 60.0])
    split = [
        phase_counts.time_in_phase("alive", TABLE, *kinked, 0.014, 30.0, "continuous", order=order)
        for order in (12, 40)
    ]
    assert split[0] == pytest.approx(split[1], rel=1e-13)


def test_bins_and_continuous_agree_where_windows_vary_slowly():
    bins, continuous = (
        phase_counts.time_in_phase("alive", TABLE, *KROUPA, 0.014, 25.0, mode)
        for mode in phase_counts.MASS_INTEGRATIONS
    )
    assert continuous == pytest.approx(bins, rel=0.01)
    assert continuous != bins


@settings(max_examples=40, deadline=None)
@given(st.floats(0.014, 0.017), st.floats(0.0, 30.0), st.sampled_from(phase_counts.MASS_INTEGRATIONS))
def test_stars_in_a_phase_are_alive_and_stars_in_two_phases_are_in_each(metallicity, time, mode):
    alive, rsg, carbon, both = (
        float(phase_counts.time_in_phase(phase, TABLE, *KROUPA, metallicity, time, mode))
        for phase in phase_counts.PHASES
    )
    assert 0 <= both <= carbon * (1 + 1e-12)
    assert max(both, carbon) <= alive * (1 + 1e-12)
    assert both <= rsg * (1 + 1e-12)
    assert rsg <= alive * (1 + 1e-12)


@settings(max_examples=40, deadline=None)
@given(
    st.floats(0.0, 30.0),
    st.floats(0.0, 5.0),
    st.sampled_from(phase_counts.PHASES),
    st.sampled_from(phase_counts.MASS_INTEGRATIONS),
)
def test_the_number_never_falls_while_stars_form(time, later, phase, mode):
    early, late = phase_counts.time_in_phase(phase, TABLE, *KROUPA, 0.0155, np.array([time, time + later]), mode)
    assert late >= early * (1 - 1e-12)


def test_all_stars_are_alive_until_the_first_one_dies():
    numbers = imf.number_between(11.0, 37.5, *KROUPA)
    for mode in phase_counts.MASS_INTEGRATIONS:
        assert phase_counts.time_in_phase("alive", TABLE, *KROUPA, 0.014, 5.0, mode) == pytest.approx(
            5.0 * numbers, rel=1e-13
        )


def test_after_the_longest_life_the_number_is_the_mean_duration():
    numbers = imf.number_between(TABLE.bin_edges[:-1], TABLE.bin_edges[1:], *KROUPA)
    found = phase_counts.time_in_phase("red_supergiant", TABLE, *KROUPA, 0.017, 1e4)
    assert found == pytest.approx(float(numbers @ TABLE.rsg_duration[1]), rel=1e-13)


def test_between_metallicities_durations_follow_a_power_law():
    middle = np.sqrt(0.014 * 0.017)
    numbers = imf.number_between(TABLE.bin_edges[:-1], TABLE.bin_edges[1:], *KROUPA)
    lifetime = np.sqrt(TABLE.lifetime[0] * TABLE.lifetime[1])
    found = phase_counts.time_in_phase("alive", TABLE, *KROUPA, middle, 100.0)
    assert found == pytest.approx(float(numbers @ lifetime), rel=1e-13)
    rsg = np.sqrt(TABLE.rsg_duration[0] * TABLE.rsg_duration[1])
    found = phase_counts.time_in_phase("red_supergiant", TABLE, *KROUPA, middle, 100.0)
    assert found == pytest.approx(float(numbers @ rsg), rel=1e-13)


def test_a_mass_function_that_does_not_reach_the_table_has_no_such_stars():
    for mode in phase_counts.MASS_INTEGRATIONS:
        assert phase_counts.time_in_phase("alive", TABLE, [1.3], [0.08, 10.0], 0.014, 10.0, mode) == 0.0


def test_a_metallicity_that_missed_the_end_by_a_rounding_is_taken():
    exact = phase_counts.time_in_phase("alive", TABLE, *KROUPA, 0.017, 10.0)
    assert phase_counts.time_in_phase("alive", TABLE, *KROUPA, np.nextafter(0.017, 1.0), 10.0) == pytest.approx(
        exact, rel=1e-14
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"metallicity": [0.015, 0.02]}, r"metallicity is 0\.02 .*; it must be from 0\.014 to 0\.017"),
        ({"metallicity": np.nan}, "metallicity is nan"),
        ({"time": [1.0, -1.0]}, r"time is -1 Myr"),
        ({"time": np.inf}, r"time is inf Myr"),
        ({"phase": "red_supergiants"}, "did you mean 'red_supergiant'"),
        ({"mass_integration": "continuos"}, "did you mean 'continuous'"),
    ],
)
def test_what_cannot_be_computed_is_refused_with_the_range(change, message):
    arguments = {"phase": "alive", "metallicity": 0.014, "time": 10.0, "mass_integration": "bins", **change}
    with pytest.raises(EvaluationError, match=message):
        phase_counts.time_in_phase(table=TABLE, exponents=KROUPA[0], breaks=KROUPA[1], **arguments)


@pytest.mark.parametrize("slope", [-60.0, -20.0, 2.3, 30.0, 60.0])
def test_continuous_integrals_are_as_good_as_rounding_for_any_steepness(slope):
    wide = PhaseTable(np.array([0.014]), np.array([60.0, 100.0]), *np.array([[[30.0, 3.0]], *5 * [[[0.1, 0.01]]]]))
    population = ([slope], [0.08, 150.0], 0.014, 1e4, "continuous")
    found = float(phase_counts.time_in_phase("alive", wide, *population))

    def integrand(log_mass):
        life = np.exp(np.interp(log_mass, np.log([60.0, 100.0]), np.log([30.0, 3.0])))
        return float(imf.number_density(np.exp(log_mass), [slope], [0.08, 150.0])) * np.exp(log_mass) * life

    knots = np.log([max(wide.bin_edges[0], 0.08), 60.0, 100.0, min(wide.bin_edges[-1], 150.0)])
    ends = np.concatenate([np.linspace(low, high, 60)[:-1] for low, high in itertools.pairwise(knots)] + [knots[-1:]])
    truth = sum(quad(integrand, low, high, epsabs=0.0)[0] for low, high in itertools.pairwise(ends))
    assert found == pytest.approx(truth, rel=1e-11, abs=0.0)
