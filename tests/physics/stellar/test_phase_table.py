"""The windows of the phases of a table of two masses, worked out by hand."""

import numpy as np
import pytest

from gridscan.errors import EvaluationError
from gridscan.physics.stellar.phase_table import PHASES, PhaseTable
from gridscan.stellar_tables.phases import shipped_phase_table


def table(**changes):
    """Return a table of one metallicity: a star that burns carbon while red, and one that does so before."""
    columns = {
        "lifetime": [20.0, 10.0],
        "carbon_start": [19.0, 8.0],
        "carbon_end": [19.9, 8.5],
        "carbon_duration": [0.9, 0.5],
        "rsg_duration": [0.5, 1.0],
        "carbon_rsg_duration": [0.4, 0.0],
        **changes,
    }
    grids = {name: np.array([values]) for name, values in columns.items()}
    return PhaseTable(metallicity=np.array([0.014]), mass=np.array([12.0, 20.0]), **grids)


@pytest.mark.parametrize(
    ("phase", "end", "duration"),
    [
        ("alive", [20.0, 10.0], [20.0, 10.0]),
        ("red_supergiant", [20.0, 10.0], [0.5, 1.0]),
        ("carbon_burning", [19.9, 8.5], [0.9, 0.5]),
        # From 19.5 to 19.9; and never, as carbon is burnt at 8.5 and the star is red from 9.0 on.
        ("carbon_burning_rsg", [19.9, 8.5], [0.4, 0.0]),
    ],
)
def test_windows_are_those_of_the_ages(phase, end, duration):
    found = table().window(phase)
    np.testing.assert_allclose(found[0], [end], rtol=1e-14)
    np.testing.assert_allclose(found[1], [duration], rtol=1e-12, atol=1e-12)


def test_tabulated_durations_of_carbon_burning_are_not_used():
    for phase in PHASES:
        other = table(carbon_duration=[7.0, 7.0], carbon_rsg_duration=[3.0, 3.0]).window(phase)
        np.testing.assert_array_equal(other, table().window(phase))


def test_an_unknown_phase_is_refused_with_the_nearest_name():
    with pytest.raises(EvaluationError, match="unknown phase 'red_supergiants'; did you mean 'red_supergiant'"):
        table().window("red_supergiants")


def test_bins_are_half_way_between_the_masses_and_symmetric_at_the_ends():
    assert table().bin_edges.tolist() == [8.0, 16.0, 24.0]
    shipped = shipped_phase_table()
    middle = 0.5 * (shipped.mass[1:] + shipped.mass[:-1])
    np.testing.assert_array_equal(shipped.bin_edges[1:-1], middle)
    np.testing.assert_allclose(shipped.bin_edges[[0, -1]] + middle[[0, -1]], 2 * shipped.mass[[0, -1]])


def test_both_phases_at_once_are_within_each():
    shipped = shipped_phase_table()
    both = shipped.window("carbon_burning_rsg")[1]
    for phase in ("red_supergiant", "carbon_burning", "alive"):
        assert (both <= shipped.window(phase)[1] + 1e-12).all()
    assert (both > 0.0).any()
