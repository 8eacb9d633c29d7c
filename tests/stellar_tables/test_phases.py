import numpy as np
import pytest

from gridscan.errors import CatalogueError, EvaluationError
from gridscan.physics.stellar import phase_counts
from gridscan.stellar_tables.phases import read_phase_table, shipped_phase_table

KROUPA = ([1.3, 2.3], [0.08, 0.5, 120.0])
HEADER = (
    "# units: metallicity 1; mass Msun; lifetime Myr; carbon_start Myr; carbon_end Myr; rsg_duration Myr; "
    "carbon_rsg_duration kyr; carbon_duration kyr"
)
COLUMNS = "metallicity,mass,lifetime,carbon_start,carbon_end,carbon_duration,rsg_duration,carbon_rsg_duration"
ROWS = ["0.01,10,20,19.9,20,100,1,100", "0.01,20,9,8.9,9,100,0.5,100"]


def test_the_shipped_table_is_read_in_its_units():
    table = shipped_phase_table()
    assert table.lifetime.shape == (2, 11)
    assert table.carbon_duration[0, 0] == pytest.approx(10.535e-3, rel=1e-15)
    assert table.carbon_rsg_duration[1, 4] == pytest.approx(1.930e-3, rel=1e-15)
    assert table.rsg_duration[1, 0] == 0.471392
    np.testing.assert_array_equal(table.bin_edges, [11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 32.5, 37.5])


def test_tabulated_and_computed_durations_of_carbon_burning_agree_to_the_last_printed_digits():
    table = shipped_phase_table()
    for phase, column in (("carbon_burning", table.carbon_duration), ("carbon_burning_rsg", table.carbon_rsg_duration)):
        np.testing.assert_allclose(table.window(phase)[1], column, atol=5e-6)


def test_a_table_of_ones_own_in_other_units_is_used():
    header = HEADER.replace("lifetime Myr", "lifetime yr")
    rows = [row.replace(",20,19.9", ",2e7,19.9").replace(",9,8.9", ",9e6,8.9") for row in ROWS]
    table = read_phase_table("\n".join([header, COLUMNS, *rows]))
    np.testing.assert_array_equal(table.lifetime, [[20.0, 9.0]])
    assert phase_counts.time_in_phase("alive", table, *KROUPA, 0.01, 1e3) > 0
    with pytest.raises(EvaluationError, match=r"0\.01 to 0\.01"):
        phase_counts.time_in_phase("alive", table, *KROUPA, 0.014, 10.0)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([COLUMNS, *ROWS], r":1: missing line '# units:"),
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
        ([HEADER, COLUMNS, ROWS[0], ROWS[1].replace("0.5", "half")], ":4: rsg_duration is 'half', not a number"),
        ([HEADER, COLUMNS, *ROWS[::-1]], ":3: found metallicity 0.01 and mass 20 where 0.01 and 10 belong"),
        ([HEADER, COLUMNS, *ROWS, ROWS[0].replace("0.01", "0.02", 1)], ":5: 3 rows for 2 metallicities and 2 masses"),
        ([HEADER, COLUMNS, ROWS[0]], ":3: a table needs"),
        ([HEADER, COLUMNS, ROWS[0], ROWS[1].replace(",20,9,", ",20,0,")], ":4: lifetime and carbon_end"),
        (
            [HEADER, COLUMNS.replace("carbon_end", "carbon_start"), *ROWS],
            ":2: two columns 'carbon_start'",
        ),
        ([HEADER, COLUMNS, ROWS[0].replace("19.9", "20.1"), ROWS[1]], ":3: carbon_end is before carbon_start"),
        ([HEADER, COLUMNS, ROWS[0], ROWS[1].replace("8.9,9,", "8.9,9.1,")], ":4: carbon_end is after the end"),
        ([HEADER, COLUMNS, ROWS[0], ROWS[1].replace(",0.5,", ",9.5,")], ":4: rsg_duration is longer"),
        ([HEADER, COLUMNS, ROWS[0].replace(",20,100,", ",20,101,"), ROWS[1]], ":3: carbon_duration is longer"),
        ([HEADER, COLUMNS, ROWS[0], ROWS[1].replace(",0.5,100", ",0.5,101")], ":4: carbon_rsg_duration is longer"),
        ([HEADER, COLUMNS], ": holds no line of column names followed by rows"),
    ],
)
def test_a_bad_table_is_refused_with_name_and_line(lines, message):
    with pytest.raises(CatalogueError, match=f"^my_phases.csv{message}"):
        read_phase_table("\n".join(lines) + "\n", "my_phases.csv")
