import csv
import io
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr
from watched import Watched

import gridscan.accessor
from gridscan.errors import StoreError
from gridscan.storage.csv import columns_in_blocks, export_csv


@pytest.fixture
def dataset():
    axes = {"a": ("a", [1.0, 2.0], {"units": "kiloparsec"}), "kind": ("kind", ["x", "y, z"]), "m": ("kind", [3.0, 4.0])}
    values = np.arange(12.0).reshape(2, 2, 3)
    return xr.Dataset(
        {
            "full": (("a", "kind", "step"), values / 3, {"units": "1.988409870698051e+30 kg", "unit_name": "Msun"}),
            "part": (("kind",), [0.1, np.nan], {"units": "1"}),
        },
        coords=axes,
    )


def rows_of(path):
    first, _, text = path.read_text(encoding="utf-8").partition("\n")
    assert first.startswith("# written by gridscan ")
    return list(csv.reader(io.StringIO(text)))


@pytest.mark.parametrize("at_once", [1, 3, 200_000])
def test_rows_do_not_depend_on_how_many_are_written_at_once(dataset, tmp_path, at_once):
    rows = rows_of(export_csv(dataset, tmp_path / "table.csv", rows_at_once=at_once))
    assert rows[0] == ["a [kpc]", "kind", "step", "m", "full [Msun]", "part"]
    assert rows[1] == ["1.0", "x", "0", "3.0", "0.0", "0.1"]
    assert rows[-1] == ["2.0", "y, z", "2", "4.0", repr(11 / 3), "nan"]
    assert len(rows) == 13


def test_a_large_grid_is_written_in_blocks_along_its_first_axes(dataset):
    blocks = list(columns_in_blocks(dataset.assign_coords(step=[0, 1, 2]), ["full", "part"], 3))
    assert [len(columns[0]) for columns in blocks] == [3, 3, 3, 3]


def test_numbers_survive_to_the_last_bit(dataset, tmp_path):
    rows = rows_of(export_csv(dataset, tmp_path / "table.csv", ["full"]))
    found = [float(row[-1]) for row in rows[1:]]
    np.testing.assert_array_equal(found, dataset.full.values.ravel())


def test_a_scalar_is_one_row(dataset, tmp_path):
    assert rows_of(export_csv(dataset.isel(a=0, kind=0, step=1), tmp_path / "table.csv", ["part"])) == [
        ["part"],
        ["0.1"],
    ]


def test_an_unknown_quantity_leaves_an_earlier_file_alone(dataset, tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("precious", encoding="utf-8")
    with pytest.raises(StoreError, match="has no quantity 'ful'; did you mean 'full'"):
        export_csv(dataset, path, ["ful"])
    assert path.read_text(encoding="utf-8") == "precious"


def test_a_place_that_cannot_be_written_to_is_named(dataset, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(StoreError, match="cannot be created"):
        export_csv(dataset, tmp_path / "file" / "table.csv")
    assert not list(tmp_path.glob("*.part"))


def test_a_table_that_would_not_fit_on_the_disk_is_refused_after_its_first_rows(dataset, tmp_path, monkeypatch):
    monkeypatch.setattr(gridscan.storage.csv.shutil, "disk_usage", lambda _path: SimpleNamespace(free=200))
    path = tmp_path / "table.csv"
    path.write_text("precious", encoding="utf-8")
    with pytest.raises(StoreError, match=r"the 9 rows left, of about \d+ bytes each, need 0 MB, but 0.0 MB are"):
        export_csv(dataset, path, rows_at_once=3, force=True)
    assert [found.name for found in tmp_path.iterdir()] == ["table.csv"]
    assert path.read_text(encoding="utf-8") == "precious"
    # What is written already needs no more room.
    assert len(rows_of(export_csv(dataset.isel(a=[0], kind=[0]), path, rows_at_once=3, force=True))) == 4


def test_a_table_of_many_blocks_reads_each_once_and_holds_few(tmp_path):
    watched = Watched(((1,) * 4, (1,) * 5, (100,)))
    rows = rows_of(export_csv(watched.dataset(), tmp_path / "table.csv", rows_at_once=100))
    assert len(rows) == 1 + 2000
    assert set(watched.reads.values()) == {1}
    assert watched.most <= 2


def test_units_of_other_programs_are_written_as_they_are(tmp_path):
    units = {"t2m": "degC", "salinity": "psu", "clock": "days since 2000-01-01", "five": 5, "share": "dimensionless"}
    variables = {name: ("x", [1.0, 2.0], {"units": unit}) for name, unit in units.items()}
    foreign = xr.Dataset({**variables, "bare": ("x", [1.0, 2.0])}, {"x": ("x", [1.0, 2.0], {"units": "degrees_north"})})
    heads = rows_of(export_csv(foreign, tmp_path / "table.csv"))[0]
    assert heads == [
        *("x [deg]", "t2m [degC]", "salinity [psu]", "clock [days since 2000-01-01]", "five [5]", "share", "bare"),
    ]


def test_quantities_are_written_with_their_units(dataset, tmp_path):
    plain = dataset.assign(full=dataset.full.assign_attrs(units="Msun"))
    quantified = plain.gridscan.quantify()
    assert rows_of(export_csv(quantified, tmp_path / "a.csv")) == rows_of(export_csv(plain, tmp_path / "b.csv"))
    double = quantified.assign(full=2 * quantified.full * quantified.a)
    assert rows_of(export_csv(double, tmp_path / "c.csv"))[0][4] == "full [kpc*Msun]"
