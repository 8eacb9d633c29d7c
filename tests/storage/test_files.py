"""Results on disk: whole or not there, and clear about what cannot be read."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap

import dask.array as da
import netCDF4
import numpy as np
import pytest
import xarray as xr

import gridscan as gs
from gridscan.errors import ScenarioError, StoreError
from gridscan.limits import Limits
from gridscan.storage.files import open_result, scenario_in, write_result


@pytest.fixture
def dataset():
    values = np.arange(6.0).reshape(2, 3)
    return xr.Dataset(
        {
            "flux": (("x", "y"), values, {"units": "1", "long_name": "flux"}),
            "ratio": ("y", [1.0, np.nan, 3.0], {"units": "1", "comment": "missing (NaN) where nothing is"}),
        },
        {"x": ("x", ["a", "b"]), "y": ("y", [1.0, 2.0, 4.0], {"units": "kiloparsec"})},
    )


def _failing(dataset):
    def fail(block):
        raise RuntimeError("the computation failed")

    return dataset.assign(flux=(("x", "y"), da.ones((2, 3), chunks=1).map_blocks(fail, meta=np.empty((0, 0)))))


def test_what_is_written_is_what_is_read(dataset, tmp_path):
    path = write_result(dataset, tmp_path / "new" / "folder" / "out.nc")
    with open_result(path) as found:
        xr.testing.assert_identical(found.load(), dataset)


def test_a_fill_value_is_declared_only_where_values_may_be_missing(dataset, tmp_path):
    with netCDF4.Dataset(write_result(dataset, tmp_path / "out.nc")) as file:
        assert "_FillValue" not in file["flux"].ncattrs()
        assert "_FillValue" not in file["y"].ncattrs()
        assert np.isnan(file["ratio"].getncattr("_FillValue"))


def test_lazy_variables_are_stored_in_their_own_chunks(dataset, tmp_path):
    lazy = dataset.assign(flux=(("x", "y"), da.from_array(dataset.flux.values, chunks=(1, 2))))
    with netCDF4.Dataset(write_result(lazy, tmp_path / "out.nc")) as file:
        assert file["flux"].chunking() == [1, 2]
        assert file["flux"][:].tolist() == dataset.flux.values.tolist()


def test_a_large_result_is_opened_in_pieces_as_they_lie_in_the_file(tmp_path):
    axes = {"sfr": {"linspace": ["1 Msun/yr", "2 Msun/yr", 20]}, "radius": {"linspace": ["1 kpc", "2 kpc", 30]}}
    overrides = {**axes, "neutrino_luminosity": {"geomspace": ["1e37 erg/s", "1e39 erg/s", 250]}}
    path = gs.run("imf_scan", overrides=overrides, output=tmp_path / "out.nc")
    with gs.open(path, Limits(lazy_bytes=1000)) as dataset, netCDF4.Dataset(path) as file:
        assert dataset.flux.chunksizes["neutrino_luminosity"] == (250,)
        assert set(dataset.flux.chunksizes["imf"]) == {1}
        assert dataset.flux.data.npartitions > 64
        assert dataset.local_sfr_density.chunks == ((20,), (30,))
        assert file["flux"].chunking() == "contiguous"
        np.testing.assert_array_equal(dataset.flux[1, 1, 3].values, file["flux"][1, 1, 3])
    with gs.open(path, Limits(lazy_bytes=10**9)) as dataset:
        assert dataset.flux.chunks is None


@pytest.mark.parametrize("existing", [b"something precious", None])
def test_a_write_that_fails_leaves_the_folder_as_it_was(dataset, tmp_path, existing):
    path = tmp_path / "out.nc"
    if existing is not None:
        path.write_bytes(existing)
    with pytest.raises(RuntimeError, match="the computation failed"):
        write_result(_failing(dataset), path, force=True)
    assert [item.name for item in tmp_path.iterdir()] == ([] if existing is None else ["out.nc"])
    if existing is not None:
        assert path.read_bytes() == existing


def test_an_earlier_result_is_replaced_while_it_is_open(dataset, tmp_path):
    path = write_result(dataset, tmp_path / "out.nc")
    with open_result(path) as first:
        write_result(dataset.assign(flux=dataset.flux + 1), path)
        assert first.flux.values.tolist() == dataset.flux.values.tolist()
    with open_result(path) as second:
        assert second.flux.values.tolist() == (dataset.flux.values + 1).tolist()


@pytest.mark.parametrize("relative", [False, True])
def test_a_full_disk_is_reported_and_loses_nothing(tmp_path, relative):
    # A limit on the size of a file stands in for a full disk; it needs a process of its own.
    code = textwrap.dedent(f"""
        import resource, signal, pathlib, sys
        import numpy as np, xarray as xr
        from gridscan.errors import StoreError
        from gridscan.storage.files import write_result
        folder = pathlib.Path({"" if relative else str(tmp_path)!r})
        (folder / "out.nc").write_bytes(b"something precious")
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
        try:
            large = xr.Dataset({{"a": ("x", np.random.default_rng(1).random(10**6))}})
            write_result(large, folder / "out.nc", force=True)
        except StoreError as error:
            print(error)
        else:
            sys.exit("written nevertheless")
    """)
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=tmp_path)
    assert found.returncode == 0, found.stderr
    assert found.stderr == ""
    assert found.stdout.startswith(f"{'out.nc' if relative else tmp_path / 'out.nc'}: cannot be written: ")
    assert "an earlier file is kept" in found.stdout
    assert [item.name for item in tmp_path.iterdir()] == ["out.nc"]
    assert (tmp_path / "out.nc").read_bytes() == b"something precious"


def test_a_result_larger_than_the_free_disk_is_refused_before_it_is_computed(tmp_path):
    huge = xr.Dataset({"a": ("x", da.ones(10**15, chunks=10**12))})
    with pytest.raises(StoreError, match=r"needs about 8,000,000,00\d MB, but .* MB are free on that disk"):
        write_result(huge, tmp_path / "out.nc")
    assert list(tmp_path.iterdir()) == []


def test_a_target_that_cannot_be_is_refused(dataset, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StoreError, match="file: cannot be created: "):
        write_result(dataset, tmp_path / "file" / "out.nc")
    with pytest.raises(StoreError, match="file/deeper: cannot be created: "):
        write_result(dataset, tmp_path / "file" / "deeper" / "out.nc")
    (tmp_path / "folder.nc").mkdir()
    with pytest.raises(StoreError, match=r"folder\.nc: is a folder; expected the name of a file"):
        write_result(dataset, tmp_path / "folder.nc")


def test_a_name_that_is_too_long_is_refused(dataset, tmp_path):
    with pytest.raises(StoreError, match="File name too long"):
        write_result(dataset, tmp_path / f"{'x' * 300}.nc")


@pytest.mark.parametrize("content", [b"", b"title = 'x'", b"CDF\x01 and nothing more", b"\x00" * 4096])
def test_a_file_of_another_kind_is_refused(tmp_path, content):
    path = tmp_path / "out.nc"
    path.write_bytes(content)
    with pytest.raises(StoreError) as caught:
        open_result(path)
    assert str(caught.value).startswith(f"{path}: cannot be read as netCDF (")
    assert str(caught.value).endswith("); it is damaged or of another format")


@pytest.mark.parametrize("kept", [0.01, 0.1, 0.5, 0.9, 0.99])
def test_a_truncated_file_is_refused(dataset, tmp_path, kept):
    path = write_result(dataset, tmp_path / "out.nc")
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(StoreError, match=r"cannot be read as netCDF \(.*\); it is damaged or of another format"):
        open_result(path)


def test_a_missing_file_is_reported_with_the_nearest_name(dataset, tmp_path):
    write_result(dataset, tmp_path / "imf_scan.nc")
    with pytest.raises(StoreError) as caught:
        open_result(tmp_path / "imf_scam.nc")
    assert str(caught.value) == (
        f"{tmp_path / 'imf_scam.nc'}: no such file; did you mean {str(tmp_path / 'imf_scan.nc')!r}?"
    )
    with pytest.raises(StoreError, match=r"no such file$"):
        open_result(tmp_path / "nowhere" / "a.nc")
    with pytest.raises(StoreError, match="no such file"):
        open_result(tmp_path)


def test_a_file_without_a_scenario_cannot_be_run_again(dataset, tmp_path):
    path = write_result(dataset, tmp_path / "out.nc")
    with pytest.raises(StoreError, match="was not written by gridscan run: it has no attribute 'gridscan_scenario'"):
        scenario_in(path)


@pytest.mark.parametrize(
    ("attribute", "value", "error", "message"),
    [
        ("gridscan_overrides", "{", StoreError, "its provenance is damaged: "),
        ("gridscan_settings", "", StoreError, "its provenance is damaged: "),
        ("gridscan_scenario", " ", ScenarioError, "has no scenario inside that could be run again"),
        ("gridscan_identity", None, StoreError, "it has no attribute 'gridscan_identity'"),
    ],
)
def test_damaged_provenance_is_refused(tmp_path, attribute, value, error, message):
    found = gs.evaluate("imf_scan", quantities=["carbon_to_red_ratio"])
    attributes = {**found.attrs, attribute: value}
    attributes = {name: content for name, content in attributes.items() if content is not None}
    path = write_result(found.drop_attrs(deep=False).assign_attrs(attributes), tmp_path / "out.nc")
    with pytest.raises(error) as caught:
        scenario_in(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)


def test_every_attribute_of_a_result_is_text_or_a_number(tmp_path):
    path = gs.run("imf_scan", output=tmp_path / "out.nc")
    with xr.open_dataset(path, engine="netcdf4") as found:
        for owner in (found, *found.variables.values()):
            assert all(isinstance(value, str | int | float | np.number) for value in owner.attrs.values())
        assert all("long_name" in variable.attrs for variable in found.variables.values())
        assert "yr = 31557600 s" in found.attrs["comment"]
    with gs.open(path) as found:
        assert json.loads(found.attrs["gridscan_settings"])["sfr"]["unit"] == "Msun/yr"
