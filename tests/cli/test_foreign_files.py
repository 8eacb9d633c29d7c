"""`gridscan info` and `gridscan export` of files that others wrote: printed as they are, or refused in one line."""

from __future__ import annotations

import netCDF4
import numpy as np
import pytest
import xarray as xr
from click.testing import CliRunner

from gridscan.cli import main


def call(*command):
    outcome = CliRunner().invoke(main, [*map(str, command)])
    return outcome.exit_code, outcome.output


def exported(path, *options):
    status, said = call("export", path, "--out", path.with_suffix(".csv"), *options)
    assert status == 0, said
    return path.with_suffix(".csv").read_text().splitlines()[1:]


@pytest.fixture
def write(tmp_path):
    """Write a netCDF file with a dimension x of 3 with the library."""

    def written(fill, format="NETCDF4"):
        with netCDF4.Dataset(tmp_path / "foreign.nc", "w", format=format) as file:
            file.createDimension("x", 3)
            fill(file)
        return tmp_path / "foreign.nc"

    return written


def packed_with_dates(file):
    time = file.createVariable("x", "f8", ("x",))
    time.units, time.calendar = "days since 0001-01-01", "noleap"
    time[:] = [1, 2, 3]
    found = file.createVariable("air", "i2", ("x",), fill_value=-999)
    found.scale_factor, found.add_offset, found.units = 0.5, 280.0, "furlongs per fortnight"
    found[:] = np.ma.array([280.0, 281.5, 0], mask=[0, 0, 1])


@pytest.mark.parametrize("format", ["NETCDF4", "NETCDF4_CLASSIC", "NETCDF3_CLASSIC", "NETCDF3_64BIT_DATA"])
def test_packed_numbers_dates_and_unknown_units_are_shown_as_they_are(write, format):
    path = write(packed_with_dates, format)
    status, said = call("info", path)
    assert status == 0, said
    assert "was not written by gridscan" in said
    assert "days since 0001-01-01" in said
    assert "furlongs per fortnight" in said
    head, *rows = exported(path)
    assert head == "x [days since 0001-01-01],air [furlongs per fortnight]"
    assert rows == ["1.0,280.0", "2.0,281.5", "3.0,nan"]


def of_compounds(file):
    kind = file.createCompoundType(np.dtype([("a", "f8"), ("b", "i4")]), "pair")
    file.createVariable("y", kind, ("x",))[:] = np.zeros(3, dtype=kind.dtype)


def of_enumerations(file):
    kind = file.createEnumType(np.uint8, "sky", {"clear": 0, "cloud": 1})
    file.createVariable("y", kind, ("x",), fill_value=0)[:] = [0, 1, 0]


def of_lists(file):
    found = file.createVariable("y", file.createVLType(np.int32, "list"), ("x",))
    for place in range(3):
        found[place] = np.arange(place + 1, dtype="i4")


def of_texts(file):
    file.createVariable("y", str, ("x",))[:] = np.array(["ä", "[red]#", ""], dtype=object)


def of_no_values(file):
    file.createDimension("none", None)
    file.createVariable("y", "f4", ("none", "x"))


def with_numbers_as_attributes(file):
    file.title = np.int32(5)
    found = file.createVariable("y", "f4", ("x",))
    found.units, found.long_name = 1.0, np.array([1, 2])
    found[:] = 1


@pytest.mark.parametrize(
    "fill", [of_compounds, of_enumerations, of_lists, of_texts, of_no_values, with_numbers_as_attributes]
)
def test_values_of_every_type_are_shown_and_exported(write, fill):
    path = write(fill)
    status, said = call("info", path)
    assert status == 0, said
    assert "was not written by gridscan" in said
    assert len(exported(path)) == (1 if fill is of_no_values else 4)


def of_letters(file):
    file.createDimension("letter", 2)
    file.createVariable("y", "S1", ("x", "letter"))[:] = np.array([list("ab"), list("cd"), list("ef")], dtype="S1")


def test_labels_of_letters_are_exported_as_texts(write):
    assert exported(write(of_letters)) == ["x,y", "0,ab", "1,cd", "2,ef"]


def of_flags(file):
    for name, attributes in {
        "known": {"flag_values": np.array([0, 1], "i1"), "flag_meanings": "good bad"},
        "text": {"flag_values": "0b, 1b", "flag_meanings": "good bad"},
        "bits": {"flag_masks": np.array([1, 2], "i1"), "flag_meanings": "good bad"},
        "short": {"flag_values": np.array([0, 1, 9], "i1"), "flag_meanings": "good bad"},
    }.items():
        found = file.createVariable(name, "i1", ("x",))
        found.setncatts(attributes)
        found[:] = [0, 1, 9]


def test_flags_without_a_meaning_stay_numbers(write):
    rows = exported(write(of_flags))
    assert rows == ["x,known,text,bits,short", "0,good,0,0,0", "1,bad,1,1,1", "2,9,9,9,9"]


def scaled_by_a_word(file):
    found = file.createVariable("y", "i2", ("x",))
    found.set_auto_maskandscale(False)
    found.scale_factor = "abc"
    found[:] = 1


def of_undecodable_letters(file):
    file.createDimension("letter", 2)
    found = file.createVariable("y", "S1", ("x", "letter"))
    found.set_auto_chartostring(False)
    found[:] = np.array([[b"\xe9", b"a"]] * 3)
    found.setncattr("_Encoding", "utf-8")


@pytest.mark.parametrize("fill", [scaled_by_a_word, of_undecodable_letters])
def test_what_fails_only_when_it_is_read_is_told_in_one_line(write, fill):
    path = write(fill)
    assert call("info", path)[0] == 0
    status, said = call("export", path, "--out", path.with_suffix(".csv"))
    assert status == 2
    assert said.startswith(f"error: {path}: 'y' cannot be read (")
    assert said.count("\n") == 1
    status, said = call("sensitivity", path, "y", "--along", "x")
    assert status == 2, said


def of_damaged_numbers(file):
    file.createDimension("many", 20000)
    found = file.createVariable("y", "f8", ("many",), zlib=True, chunksizes=(20000,), fletcher32=True)
    found[:] = np.random.default_rng(1).random(20000)


def test_damaged_numbers_are_no_fault_of_the_place_that_is_written(write):
    path = write(of_damaged_numbers)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    status, said = call("export", path, "--out", path.with_suffix(".csv"))
    assert (status, said) == (
        2,
        f"error: {path}: 'y' cannot be read (NetCDF: HDF error);"
        " it is damaged, or stored in a way that xarray does not read\n",
    )


def of_groups(file):
    group = file.createGroup("inner")
    group.createDimension("y", 2)
    group.createVariable("z", "f8", ("y",))[:] = 1


@pytest.mark.parametrize("fill", [of_groups, lambda file: file.createVariable("x", "f8", ("x",))])
def test_a_file_without_quantities_has_none_to_export(write, fill):
    path = write(fill)
    assert call("info", path)[0] == 0
    status, said = call("export", path, "--out", path.with_suffix(".csv"))
    assert (status, said) == (2, "error: there is no quantity to write: the file has none, or has them in groups\n")


@pytest.mark.filterwarnings("ignore:Duplicate dimension names")
def test_a_dimension_that_comes_twice_is_refused_by_name_and_others_are_exported(write):
    path = write(
        lambda file: [file.createVariable("cov", "f8", ("x", "x")), file.createVariable("y", "i1", ("x",))[:].sum()]
    )
    status, said = call("export", path, "--out", path.with_suffix(".csv"))
    assert status == 2
    assert "error: 'cov' has a dimension twice, which a table cannot show" in said
    assert exported(path, "--quantities", "y")[0] == "x,y"


def test_a_zarr_folder_that_others_wrote_may_have_its_metadata_in_parts(tmp_path):
    path = tmp_path / "foreign.zarr"
    xr.Dataset({"y": ("x", [1.0, 2.0])}, {"x": [1, 2]}).to_zarr(path, zarr_format=3, consolidated=False)
    assert call("info", path)[0] == 0
    assert exported(path) == ["x,y", "1,1.0", "2,2.0"]


def test_the_scenario_of_a_file_that_has_none_is_refused(write):
    path = write(packed_with_dates)
    status, said = call("info", path, "--scenario")
    assert status == 2
    assert "was not written by gridscan run" in said
