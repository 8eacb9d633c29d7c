import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridscan.errors import EvaluationError
from gridscan.physics.stellar import phase_counts
from gridscan.physics.stellar.phase_windows import MassInterpolation, phase_ages
from gridscan.stellar_tables.phases import shipped_phase_table

TABLE = shipped_phase_table()
GRID = (TABLE.mass, TABLE.metallicity[:, None])
KEYS = {
    *("lifetime", "red_supergiant_start", "red_supergiant_end", "carbon_burning_start", "carbon_burning_end"),
    *("red_supergiant_duration", "carbon_burning_duration", "carbon_burning_rsg_duration"),
}


def test_at_the_tabulated_masses_and_metallicities_ages_are_those_of_the_table():
    ages = phase_ages(TABLE, *GRID)
    assert set(ages) == KEYS
    assert all(values.shape == (2, 11) for values in ages.values())
    exactly = {"rtol": 1e-13, "atol": 0.0}
    np.testing.assert_allclose(ages["lifetime"], TABLE.lifetime, **exactly)
    np.testing.assert_allclose(ages["red_supergiant_end"], TABLE.lifetime, **exactly)
    np.testing.assert_allclose(ages["red_supergiant_start"], TABLE.lifetime - TABLE.rsg_duration, **exactly)
    np.testing.assert_allclose(ages["red_supergiant_duration"], TABLE.rsg_duration, rtol=1e-11, atol=1e-14)
    np.testing.assert_allclose(ages["carbon_burning_start"], TABLE.carbon_start, **exactly)
    np.testing.assert_allclose(ages["carbon_burning_end"], TABLE.carbon_end, **exactly)
    np.testing.assert_allclose(
        ages["carbon_burning_duration"], TABLE.carbon_end - TABLE.carbon_start, rtol=1e-11, atol=1e-14
    )
    # The tabulated durations and ages are rounded one by one.
    np.testing.assert_allclose(ages["carbon_burning_rsg_duration"], TABLE.carbon_rsg_duration, rtol=0.0, atol=6e-6)


def test_half_way_in_the_logarithm_values_are_geometric_means():
    mass = np.sqrt(TABLE.mass[1:] * TABLE.mass[:-1])
    ages = phase_ages(TABLE, mass, TABLE.metallicity[:, None])
    for key, values in (("lifetime", TABLE.lifetime), ("carbon_burning_end", TABLE.carbon_end)):
        np.testing.assert_allclose(ages[key], np.sqrt(values[:, 1:] * values[:, :-1]), rtol=1e-13)
    between = phase_ages(TABLE, 20.0, np.sqrt(TABLE.metallicity.prod()))
    assert between["red_supergiant_duration"] == pytest.approx(np.sqrt(0.636186 * 0.635085), rel=1e-12)
    assert between["lifetime"] == pytest.approx(np.sqrt(9.027780 * 8.903541), rel=1e-12)


def test_a_duration_that_goes_to_zero_does_so_on_a_straight_line():
    ages = phase_ages(TABLE, [28.5, 29.0, 30.0, 32.0], 0.014)
    np.testing.assert_allclose(
        ages["red_supergiant_duration"], np.array([0.75, 0.5, 0.0, 0.0]) * 0.452595, rtol=1e-12, atol=0.0
    )
    np.testing.assert_array_equal(ages["red_supergiant_start"][2:], ages["red_supergiant_end"][2:])
    assert (ages["carbon_burning_duration"] > 0.0).all()


@settings(max_examples=60, deadline=None)
@given(st.floats(12.0, 35.0), st.floats(0.014, 0.017))
def test_durations_are_the_time_between_start_and_end_and_phases_end_before_death(mass, metallicity):
    ages = phase_ages(TABLE, mass, metallicity)
    for phase in ("red_supergiant", "carbon_burning"):
        assert 0.0 <= ages[f"{phase}_start"] <= ages[f"{phase}_end"] <= ages["lifetime"] * (1 + 1e-12)
        difference = ages[f"{phase}_end"] - ages[f"{phase}_start"]
        assert difference == pytest.approx(ages[f"{phase}_duration"], abs=1e-13)
        assert ages["carbon_burning_rsg_duration"] <= ages[f"{phase}_duration"] * (1 + 1e-12)
    assert ages["red_supergiant_end"] == ages["lifetime"]


@pytest.mark.parametrize("phase", phase_counts.PHASES)
def test_the_time_in_a_phase_of_nearly_one_mass_is_its_duration(phase):
    key = "lifetime" if phase == "alive" else f"{phase}_duration"
    for mass in (12.7, 21.0, 29.1):
        thin = ([0.0], [mass * (1 - 1e-6), mass * (1 + 1e-6)])
        # One solar mass of stars of this mass is 1/mass stars.
        spent = mass * phase_counts.time_in_phase(phase, TABLE, *thin, 0.0151, 1e3, "continuous")
        assert spent == pytest.approx(float(phase_ages(TABLE, mass, 0.0151)[key]), rel=1e-5)


def test_masses_and_metallicities_broadcast():
    assert phase_ages(TABLE, np.full((3, 1), 15.0), np.full(4, 0.015))["lifetime"].shape == (3, 4)
    assert phase_ages(TABLE, 15.0, 0.015)["carbon_burning_start"].shape == ()
    assert phase_ages(TABLE, np.empty(0), 0.015)["lifetime"].shape == (0,)
    grid = phase_ages(TABLE, np.array([[13.0], [29.0]]), np.array([0.0142, 0.0165]))
    one = phase_ages(TABLE, 29.0, 0.0142)
    for key in KEYS:
        assert grid[key][1, 0] == pytest.approx(float(one[key]), rel=1e-14)


def test_a_mass_that_missed_the_end_of_the_table_by_a_rounding_is_taken():
    beyond = phase_ages(TABLE, [np.nextafter(12.0, 0.0), np.nextafter(35.0, 40.0)], 0.014)
    np.testing.assert_allclose(beyond["lifetime"], [17.713250, 5.387179], rtol=1e-13)


def test_bins_hold_the_tabulated_window_and_continuous_ends_are_flat():
    end, duration = (values[0] for values in TABLE.window("carbon_burning"))
    held = MassInterpolation.bins(TABLE, end, duration)
    inside = np.log(TABLE.bin_edges[:-1] + 0.9 * np.diff(TABLE.bin_edges))
    np.testing.assert_array_equal(held.at(inside), (end, duration))
    continuous = MassInterpolation.continuous(TABLE, end, duration)
    found = continuous.at(np.log([11.2, 11.9, 35.1, 37.4]))
    np.testing.assert_array_equal(found, (end[[0, 0, -1, -1]], duration[[0, 0, -1, -1]]))


@pytest.mark.parametrize(
    ("mass", "metallicity", "message"),
    [
        (
            [20.0, 11.9],
            0.014,
            r"mass is 11\.9 Msun at index \[1\]; it must be from 12 to 35 Msun, the range",
        ),
        (35.1, 0.014, r"mass is 35\.1 Msun"),
        (np.nan, 0.014, r"mass is nan"),
        (20.0, 0.02, r"metallicity is 0\.02; it must be from 0\.014 to 0\.017"),
        (20.0, 0.0, "metallicity is 0;"),
    ],
)
def test_stars_outside_the_table_are_refused_with_its_range(mass, metallicity, message):
    with pytest.raises(EvaluationError, match=message):
        phase_ages(TABLE, mass, metallicity)
