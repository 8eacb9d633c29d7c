"""What appears at the place of a result while a run computes is not lost."""

from __future__ import annotations

import functools
import os
import shutil

import pytest
import xarray as xr

import gridscan as gs
from gridscan.errors import StoreError
from gridscan.limits import Limits

run = functools.partial(gs.run, limits=Limits(smallest_block=8))
SCENARIO = """
model = "swing"
axes.x = [1, 2, 3, 4, 5, 6]
axes.y = [1, 2, 3, 4, 5]
output.quantities = ["total"]
"""
STORAGES = {
    "plain": 'path = "out.nc"',
    "zlib": 'path = "out.nc"\ncompression = "zlib"',
    "zarr": 'path = "out.zarr"\nformat = "zarr"',
}


def scenario(folder, storage="plain", values="[1, 2, 3, 4, 5, 6]"):
    model = gs.Model("swing", "A model")
    model.parameter("x", 1.0, "Position", unit="1")
    model.parameter("y", 1.0, "Position", unit="1")

    @model.quantity("1", long_name="output")
    def total(x, y):
        """Source: none."""
        return x * y

    text = f"{SCENARIO.replace('[1, 2, 3, 4, 5, 6]', values)}\n[output]\n{STORAGES[storage]}"
    text = text.replace("output.quantities", "[output]\nquantities", 1).replace("\n[output]\npath", "\npath")
    return gs.Scenario.parse(text, folder=folder, name="out.toml", model=model)


def once(action):
    """Return a watcher that does something when the run has begun."""
    done = []

    def watch(_progress):
        if not done:
            done.append(True)
            action()

    return watch


def content(path):
    """Return the content of each file by its name."""
    parts = path.rglob("*") if path.is_dir() else [path]
    return {str(part.relative_to(path)): part.read_bytes() for part in parts if part.is_file()}


def put_text(path):
    path.write_text("a week of work", encoding="utf-8")


def put_netcdf(path):
    xr.Dataset({"mine": ("x", [1.0, 2.0])}).to_netcdf(path)


def put_folder(path):
    path.mkdir()
    (path / "notes.txt").write_text("a week of work", encoding="utf-8")


@pytest.mark.parametrize("put", [put_text, put_netcdf, put_folder])
@pytest.mark.parametrize("storage", STORAGES)
def test_what_appears_in_mid_run_is_kept_and_the_numbers_too(tmp_path, storage, put):
    made = scenario(tmp_path, storage)
    path = gs.plan(made).path
    with pytest.raises(StoreError, match="put there while the run was computing"):
        run(made, progress=once(lambda: put(path)))
    assert path.exists()
    if path.is_dir():
        assert (path / "notes.txt").read_text(encoding="utf-8") == "a week of work"
        shutil.rmtree(path)
    else:
        path.unlink()
    calls = []
    assert run(made, progress=lambda progress: calls.append(progress.computed)) == path
    assert calls[-1] == 0


@pytest.mark.parametrize("storage", STORAGES)
def test_what_takes_the_place_of_an_earlier_result_in_mid_run_is_kept(tmp_path, storage):
    path = run(scenario(tmp_path, storage))

    def put():
        os.rename(path, tmp_path / "moved")
        put_text(path)

    with pytest.raises(StoreError, match="put there while the run was computing"):
        run(scenario(tmp_path, storage, "[7, 8]"), progress=once(put))
    assert path.read_text(encoding="utf-8") == "a week of work"


@pytest.mark.parametrize("storage", STORAGES)
def test_a_result_that_goes_away_or_comes_in_mid_run_stops_nothing(tmp_path, storage):
    path = run(scenario(tmp_path, storage))
    os.rename(path, tmp_path / "moved")
    good = content(run(scenario(tmp_path, storage, "[7, 8]")))
    os.rename(path, tmp_path / "other")
    run(scenario(tmp_path, storage, "[7, 8]"), progress=once(lambda: os.rename(tmp_path / "moved", path)))
    assert content(path) == good
    run(scenario(tmp_path, storage), progress=once(lambda: os.rename(path, tmp_path / "gone")))
    assert path.exists()


def test_a_hidden_file_beside_a_result_that_is_not_a_folder_is_kept(tmp_path):
    mine = tmp_path / ".out.nc.old"
    mine.write_text("a week of work", encoding="utf-8")
    run(scenario(tmp_path, "zlib"))
    run(scenario(tmp_path, "zlib", "[7, 8]"))
    assert mine.read_text(encoding="utf-8") == "a week of work"
