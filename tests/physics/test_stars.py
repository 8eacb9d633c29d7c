import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from gridscan.errors import CatalogueError, EvaluationError
from gridscan.physics import imf, stars
from gridscan.resources import data_path

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "red_supergiants.json").read_text(encoding="utf-8"))
COUNTS = [dict(zip(REFERENCE["counts"]["columns"], row, strict=True)) for row in REFERENCE["counts"]["rows"]]
SLOPES = {"kroupa": 2.3, "salpeter": 2.35, "top-heavy": 1.9, "top-light": 2.7}
BREAKS = [0.08, 0.5, 120.0]
KROUPA = ([1.3, 2.3], BREAKS)
COLUMN = {
    "alive": "stars_alive",
    "red_supergiant": "red_supergiants",
    "carbon_burning": "carbon_burning",
    "carbon_burning_rsg": "carbon_burning_rsg",
}
HEADER = (
    "# units: metallicity 1; mass Msun; lifetime Myr; carbon_start Myr; carbon_end Myr; rsg_duration Myr; "
    "carbon_rsg_duration kyr; carbon_duration kyr"
)
COLUMNS = "metallicity,mass,lifetime,carbon_start,carbon_end,carbon_duration,rsg_duration,carbon_rsg_duration"
ROWS = ["0.01,10,20,19.9,20,100,1,100", "0.01,20,9,8.9,9,100,0.5,100"]


@pytest.mark.parametrize("phase", stars.PHASES)
def test_all_reference_counts_are_met(phase):
    assert len(COUNTS) == 144
    slopes = np.array([[1.3, SLOPES[case["imf"]]] for case in COUNTS])
    metallicity, time, sfr = (np.array([case[name] for case in COUNTS]) for name in ("metallicity", "time", "sfr"))
    expected = np.array([case[COLUMN[phase]] for case in COUNTS])
    found = 1e6 * sfr * stars.time_in_phase(phase, slopes, BREAKS, metallicity, time)
    np.testing.assert_allclose(found, expected, rtol=REFERENCE["counts"]["relative_tolerance"])


def test_axes_broadcast_and_agree_with_one_point_at_a_time():
    slopes = np.array([[1.3, slope] for slope in SLOPES.values()])[:, None, None, :]
    metallicity, time = np.array([[0.014], [0.016]]), np.linspace(0.0, 20.0, 7)
    for mode in stars.MASS_INTEGRATIONS:
        grid = stars.time_in_phase("red_supergiant", slopes, BREAKS, metallicity, time, mode)
        assert grid.shape == (4, 2, 7)
        for index in [(0, 0, 3), (2, 1, 6), (3, 1, 4)]:
            one = stars.time_in_phase(
                "red_supergiant", slopes[index[0], 0, 0], BREAKS, metallicity[index[1], 0], time[index[2]], mode
            )
            assert one == pytest.approx(grid[index], rel=1e-14)


def test_empty_arrays_have_empty_results():
    assert stars.time_in_phase("alive", *KROUPA, np.empty(0), 5.0).shape == (0,)
    assert stars.time_in_phase("alive", *KROUPA, 0.014, np.empty((2, 0)), "continuous").shape == (2, 0)
    assert stars.time_in_phase("alive", *KROUPA, 0.014, 5.0, np.empty(0, dtype=str)).shape == (0,)


def test_both_mass_integrations_can_stand_in_one_array():
    modes = np.array(["bins", "continuous"])
    both = stars.time_in_phase("alive", *KROUPA, 0.014, [[5.0], [15.0]], modes)
    assert both.shape == (2, 2)
    for column, mode in enumerate(modes):
        np.testing.assert_array_equal(both[:, column], stars.time_in_phase("alive", *KROUPA, 0.014, [5.0, 15.0], mode))


@pytest.mark.parametrize("phase", stars.PHASES)
def test_doubling_the_order_does_not_change_the_continuous_integral(phase):
    slopes = np.array([[1.3, 2.3], [1.3, 1.9]])[:, None, None, :]
    arguments = (
        phase,
        slopes,
        [0.08, 13.7, 120.0],
        np.array([[0.014], [0.0153]]),
        np.linspace(0.0, 20.0, 101),
        "continuous",
    )
    once, twice = (stars.time_in_phase(*arguments, order=order) for order in (12, 24))
    np.testing.assert_allclose(once, twice, rtol=1e-13, atol=1e-20)
    assert once.max() > 0


def _window(table, phase, row, mass):
    end, duration = (values[row] for values in table.window(phase))
    grid = table.mass
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
    table = stars.phase_table()

    def integrand(mass):
        end, duration = _window(table, phase, 0, mass)
        return imf.number_density(mass, *KROUPA) * max(0.0, min(end, time) - (end - duration))

    # Where the window passes the time is found by scanning, independently of the crossings of the module.
    fine = np.linspace(*table.bin_edges[[0, -1]], 4001)
    late = np.array(
        [[end - time, end - duration - time] for end, duration in (_window(table, phase, 0, m) for m in fine)]
    )
    near = fine[:-1][(np.diff(np.sign(late), axis=0) != 0).any(axis=1)]
    step = fine[1] - fine[0]
    cuts = np.unique([*table.bin_edges[[0, -1]], *table.mass, *near, *(near + step)])
    pieces = itertools.pairwise(cuts)
    direct = sum(quad(integrand, *piece, epsabs=0.0, epsrel=1e-9, limit=400)[0] for piece in pieces)
    found = stars.time_in_phase(phase, *KROUPA, 0.014, time, "continuous")
    assert found == pytest.approx(direct, rel=1e-8, abs=1e-16)


def test_breaks_of_the_mass_function_inside_the_table_are_resolved():
    kinked = ([1.3, 5.0, 0.5], [0.08, 15.7, 22.2, 60.0])
    split = [stars.time_in_phase("alive", *kinked, 0.014, 30.0, "continuous", order=order) for order in (12, 40)]
    assert split[0] == pytest.approx(split[1], rel=1e-13)


def test_bins_and_continuous_agree_where_windows_vary_slowly():
    bins, continuous = (stars.time_in_phase("alive", *KROUPA, 0.014, 25.0, mode) for mode in stars.MASS_INTEGRATIONS)
    assert continuous == pytest.approx(bins, rel=0.01)
    assert continuous != bins


@settings(max_examples=40, deadline=None)
@given(st.floats(0.014, 0.017), st.floats(0.0, 30.0), st.sampled_from(stars.MASS_INTEGRATIONS))
def test_stars_in_a_phase_are_alive_and_stars_in_two_phases_are_in_each(metallicity, time, mode):
    alive, rsg, carbon, both = (
        float(stars.time_in_phase(phase, *KROUPA, metallicity, time, mode)) for phase in stars.PHASES
    )
    assert 0 <= both <= carbon * (1 + 1e-12)
    assert max(both, carbon) <= alive * (1 + 1e-12)
    assert both <= rsg * (1 + 1e-12)
    assert rsg <= alive * (1 + 1e-12)


@settings(max_examples=40, deadline=None)
@given(
    st.floats(0.0, 30.0), st.floats(0.0, 5.0), st.sampled_from(stars.PHASES), st.sampled_from(stars.MASS_INTEGRATIONS)
)
def test_the_number_never_falls_while_stars_form(time, later, phase, mode):
    early, late = stars.time_in_phase(phase, *KROUPA, 0.0155, np.array([time, time + later]), mode)
    assert late >= early * (1 - 1e-12)


def test_all_stars_are_alive_until_the_first_one_dies():
    numbers = imf.number_between(11.0, 37.5, *KROUPA)
    for mode in stars.MASS_INTEGRATIONS:
        assert stars.time_in_phase("alive", *KROUPA, 0.014, 5.0, mode) == pytest.approx(5.0 * numbers, rel=1e-13)


def test_after_the_longest_life_the_number_is_the_mean_duration():
    table = stars.phase_table()
    numbers = imf.number_between(table.bin_edges[:-1], table.bin_edges[1:], *KROUPA)
    found = stars.time_in_phase("red_supergiant", *KROUPA, 0.017, 1e4)
    assert found == pytest.approx(float(numbers @ table.rsg_duration[1]), rel=1e-13)


def test_between_metallicities_durations_follow_a_power_law():
    table = stars.phase_table()
    middle = np.sqrt(0.014 * 0.017)
    numbers = imf.number_between(table.bin_edges[:-1], table.bin_edges[1:], *KROUPA)
    lifetime = np.sqrt(table.lifetime[0] * table.lifetime[1])
    found = stars.time_in_phase("alive", *KROUPA, middle, 100.0)
    assert found == pytest.approx(float(numbers @ lifetime), rel=1e-13)
    rsg = np.sqrt(table.rsg_duration[0] * table.rsg_duration[1])
    found = stars.time_in_phase("red_supergiant", *KROUPA, middle, 100.0)
    assert found == pytest.approx(float(numbers @ rsg), rel=1e-13)


def test_a_mass_function_that_does_not_reach_the_table_has_no_such_stars():
    for mode in stars.MASS_INTEGRATIONS:
        assert stars.time_in_phase("alive", [1.3], [0.08, 10.0], 0.014, 10.0, mode) == 0.0


def test_a_metallicity_that_missed_the_end_by_a_rounding_is_taken():
    exact = stars.time_in_phase("alive", *KROUPA, 0.017, 10.0)
    assert stars.time_in_phase("alive", *KROUPA, np.nextafter(0.017, 1.0), 10.0) == pytest.approx(exact, rel=1e-14)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"metallicity": [0.015, 0.02]}, r"metallicity is 0\.02; allowed is 0\.014 to 0\.017"),
        ({"metallicity": np.nan}, "metallicity is nan"),
        ({"time": [1.0, -1.0]}, r"time \[Myr\] is -1"),
        ({"time": np.inf}, r"time \[Myr\] is inf"),
        ({"phase": "red_supergiants"}, "did you mean 'red_supergiant'"),
        ({"mass_integration": "continuos"}, "did you mean 'continuous'"),
    ],
)
def test_what_cannot_be_computed_is_refused_with_the_range(change, message):
    arguments = {"phase": "alive", "metallicity": 0.014, "time": 10.0, "mass_integration": "bins", **change}
    with pytest.raises(EvaluationError, match=message):
        stars.time_in_phase(exponents=KROUPA[0], breaks=KROUPA[1], **arguments)


def test_the_shipped_table_is_read_in_its_units():
    table = stars.read_phase_table(data_path("stellar_phases.csv"))
    assert table.lifetime.shape == (2, 11)
    assert table.carbon_duration[0, 0] == pytest.approx(10.535e-3, rel=1e-15)
    assert table.carbon_rsg_duration[1, 4] == pytest.approx(1.930e-3, rel=1e-15)
    assert table.rsg_duration[1, 0] == 0.471392
    np.testing.assert_array_equal(table.bin_edges, [11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 32.5, 37.5])


def test_tabulated_and_computed_durations_of_carbon_burning_agree_to_the_last_printed_digits():
    table = stars.phase_table()
    for phase, column in (("carbon_burning", table.carbon_duration), ("carbon_burning_rsg", table.carbon_rsg_duration)):
        np.testing.assert_allclose(table.window(phase)[1], column, atol=5e-6)


def _write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_table_of_ones_own_in_other_units_is_used(tmp_path):
    header = HEADER.replace("lifetime Myr", "lifetime yr")
    rows = [row.replace(",20,19.9", ",2e7,19.9").replace(",9,8.9", ",9e6,8.9") for row in ROWS]
    table = stars.read_phase_table(_write(tmp_path / "own.csv", header, COLUMNS, *rows))
    np.testing.assert_array_equal(table.lifetime, [[20.0, 9.0]])
    assert stars.time_in_phase("alive", *KROUPA, 0.01, 1e3, table=table) > 0
    with pytest.raises(EvaluationError, match=r"0\.01 to 0\.01"):
        stars.time_in_phase("alive", *KROUPA, 0.014, 10.0, table=table)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([COLUMNS, *ROWS], r":1: no line '# units:"),
        ([HEADER.replace("mass Msun; ", ""), COLUMNS, *ROWS], ":1: no unit for column 'mass'"),
        ([HEADER.replace("lifetime Myr", "lifetime Mpc"), COLUMNS, *ROWS], ":1: column 'lifetime'"),
        ([HEADER.replace("lifetime Myr", "lifetime Myrz"), COLUMNS, *ROWS], ":1: column 'lifetime'"),
        (
            [HEADER, COLUMNS.replace("lifetime", "life_time"), *ROWS],
            ":2: no column 'lifetime'; did you mean 'life_time'",
        ),
        ([HEADER, COLUMNS, ROWS[0] + ",1", ROWS[1]], ":3: 9 values for 8 columns"),
        ([HEADER, COLUMNS, ROWS[0], ROWS[1].replace("0.5", "-0.5")], ":4: rsg_duration is -0.5"),
        ([HEADER, COLUMNS, ROWS[0], ROWS[1].replace("0.5", "nan")], ":4: rsg_duration is nan"),
        ([HEADER, COLUMNS, ROWS[0], ROWS[1].replace("0.5", "half")], ":4: rsg_duration is 'half', which is no number"),
        ([HEADER, COLUMNS, *ROWS[::-1]], ":3: found metallicity 0.01 and mass 20 where 0.01 and 10 belong"),
        ([HEADER, COLUMNS, *ROWS, ROWS[0].replace("0.01", "0.02", 1)], ":5: 3 rows for 2 metallicities and 2 masses"),
        ([HEADER, COLUMNS, ROWS[0]], ":3: a table needs"),
        ([HEADER, COLUMNS, ROWS[0], ROWS[1].replace(",20,9,", ",20,0,")], ":4: lifetime and carbon_end"),
        ([HEADER, COLUMNS], "no line of column names followed by rows"),
    ],
)
def test_a_bad_table_is_refused_with_file_and_line(tmp_path, lines, message):
    path = _write(tmp_path / "bad.csv", *lines)
    with pytest.raises(CatalogueError, match=message) as caught:
        stars.read_phase_table(path)
    assert str(path) in str(caught.value)
