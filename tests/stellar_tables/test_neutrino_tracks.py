import numpy as np
import pytest
from presupernova import ERG, REFERENCE, YEAR

from gridscan.errors import CatalogueError
from gridscan.stellar_tables.neutrino_tracks import read_luminosity_table, shipped_luminosity_table

UNITS = "# units: mass Msun; time_before_collapse yr; luminosity erg/s; mean_energy MeV; pinching 1"
HEADER = "mass,time_before_collapse,luminosity,mean_energy,pinching"
ROWS = ("12,1,1e43,0.8,6", "12,10,1e42,0.7,9", "20,2,1e43,0.8,6", "20,9,1e42,0.7,9", "20,90,1e41,0.6,11")


def table(*rows, units=UNITS, header=HEADER):
    return "\n".join(["# a table", units, header, *(rows or ROWS), ""])


def test_the_shipped_table_is_that_of_the_reference():
    shipped = shipped_luminosity_table()
    for mass, track in zip(shipped.mass, shipped.tracks, strict=True):
        expected = REFERENCE["luminosity_table"][f"{mass:g}"]
        np.testing.assert_allclose(track.time, np.array(expected["time_before_collapse_yr"]) * YEAR, rtol=1e-14)
        np.testing.assert_allclose(track.luminosity, np.array(expected["luminosity_antinu_e_erg_s"]) * ERG, rtol=1e-14)
        assert track.mean_energy.tolist() == expected["mean_energy_MeV"]
        assert track.pinching.tolist() == expected["pinching"]
        assert track.nux_to_nue is track.nue_to_antinue is track.nux_hardness is None


def test_units_and_order_of_columns_are_free():
    units = "# units: mass kg; time_before_collapse day; luminosity MeV/s; mean_energy keV; pinching 1; nux_to_nue 1"
    header = "pinching,nux_to_nue,mean_energy,luminosity,time_before_collapse,mass"
    text = table("3,0.1,1500,2e50,1,2.4e31", "4,0.2,1000,1e49,2,2.4e31", units=units, header=header)
    read = read_luminosity_table(text)
    assert read.mass == pytest.approx([12.07], rel=1e-3)
    track = read.tracks[0]
    assert track.time.tolist() == [86400.0, 172800.0]
    assert track.mean_energy.tolist() == [1.5, 1.0]
    assert track.luminosity.tolist() == [2e50, 1e49]
    assert track.nux_to_nue.tolist() == [0.1, 0.2]


def test_masses_may_have_different_times():
    read = read_luminosity_table(table())
    assert [len(track.time) for track in read.tracks] == [2, 3]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (table("12,1,0,0.8,6", ROWS[1]), r"t:4: luminosity is 0; it must be above 0, since it follows a power law"),
        (table("12,1,-1e43,0.8,6", ROWS[1]), "t:4: luminosity is -1e"),
        (table(ROWS[0], "12,10,1e42,0.7,1"), "t:5: pinching is 1; it must be above 1"),
        (table(ROWS[0], "12,10,1e42,0,9"), "t:5: mean_energy is 0; it must be above 0"),
        (table("12,0,1e43,0.8,6", ROWS[1]), "t:4: time_before_collapse is 0; it must be above 0"),
        (table(ROWS[1], ROWS[0]), "t:5: time_before_collapse does not increase within its mass"),
        (table(ROWS[0], ROWS[0]), "t:5: time_before_collapse does not increase within its mass"),
        (table(*ROWS[2:], *ROWS[:2]), "t:7: rows are not sorted by mass"),
        (table(*ROWS[:3]), "t:6: the star of 20 Msun has one time; two or more are needed"),
        (table(ROWS[0], "12,10,1e42,0.7"), "t:5: 4 values for 5 columns"),
        (table(ROWS[0], "12,10,bright,0.7,9"), "t:5: luminosity is 'bright', not a number"),
        (table(ROWS[0], "12,10,nan,0.7,9"), "t:5: luminosity is nan; it must be finite"),
        (table(ROWS[0], "12,10,inf,0.7,9"), "t:5: luminosity is inf; it must be finite"),
        (table(units="# nothing"), "t:1: missing line '# units: column unit; ...'"),
        (table(units=UNITS.replace("pinching 1", "pinchng 1")), "t:2: no unit for column 'pinching'; did you mean"),
        (
            table(units=UNITS.replace("; pinching 1", "")),
            "t:2: no unit for column 'pinching'; write it as '# units: ...; pinching 1'",
        ),
        (table(units=UNITS.replace("erg/s", "erg")), "t:2: column 'luminosity': "),
        (table(header=HEADER.replace("pinching", "alpha")), "t:3: unknown column 'alpha'"),
        (table(header=HEADER.replace("luminosity", "luminosty")), "t:3: unknown column 'luminosty'; did you mean"),
        (table("1,2", "3,4", header="mass,pinching"), "t:3: no column 'time_before_collapse'"),
        (table(*ROWS, header=HEADER.replace("pinching", "mass")), "t:3: two columns 'mass'"),
        ("# only comments", "t: holds no line of column names"),
        (
            table("12,1,1e43,0.8,6,-1", units=UNITS + "; nux_to_nue 1", header=HEADER + ",nux_to_nue"),
            "t:4: nux_to_nue is -1; it must be 0 or more",
        ),
    ],
)
def test_faulty_tables_are_refused_with_their_line(text, message):
    with pytest.raises(CatalogueError, match=message):
        read_luminosity_table(text, "t")


def test_line_ends_of_windows_and_a_mark_at_the_beginning_do_not_matter():
    text = "\ufeff" + table().replace("\n", "\r\n")
    assert read_luminosity_table(text).mass.tolist() == [12.0, 20.0]
