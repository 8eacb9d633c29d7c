"""A result whose headers are as gridscan wrote them is known by plain Python; others are tried out of harm's way."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import netCDF4
import numpy as np
import pytest
import xarray as xr
from records import CHECKSUMS, content_of

import gridscan as gs
from gridscan.errors import StoreError
from gridscan.storage import pieces, plain_files, trial
from gridscan.storage.files import write_result
from gridscan.storage.frame import sealed_record
from gridscan.storage.standing import standing_of


def scenario(folder, toy, compression="none"):
    text = f"""model = "planet"
    [axes]
    planet = ["earth", "venus", "mars"]
    luminosity = ["0.5 Lsun", "1 Lsun", "2 Lsun"]
    [output]
    quantities = ["temperature", "tides", "depth"]
    path = "toy.nc"
    compression = "{compression}"
    """
    return gs.Scenario.parse(text, folder=folder, model=toy)


@pytest.fixture(params=["none", "zlib", "sample"])
def whole(request, tmp_path, toy):
    if request.param == "sample":
        made = xr.Dataset({"a": ("x", np.arange(300.0)), "b": ((), 7.0)}, {"x": ("x", np.arange(300.0))})
        return write_result(made.assign_attrs(gridscan_model="planet"), tmp_path / "toy.nc")
    return gs.run(scenario(tmp_path, toy, request.param))


def numbers_in(path):
    """Where the numbers and their checksums lie, as the HDF5 library says."""
    with h5py.File(path) as file:
        places = [(file[CHECKSUMS].id.get_offset(), file[CHECKSUMS].id.get_storage_size())]
        for key in content_of(file)["variables"]:
            item = file[key].id
            if file[key].chunks is None:
                places.append((item.get_offset(), item.get_storage_size()))
            else:
                chunks = [item.get_chunk_info(number) for number in range(item.get_num_chunks())]
                places += [(chunk.byte_offset, chunk.size) for chunk in chunks]
    return {byte for start, length in places for byte in range(start, start + length)}


def test_any_other_byte_of_the_frame_is_noticed_and_none_of_the_numbers(whole):
    content, numbers = whole.read_bytes(), numbers_in(whole)
    with h5py.File(whole) as file:
        size_at = file[CHECKSUMS].id.get_offset()
    # The size of the file, before the checksums of blocks, has a checksum of its own.
    numbers -= {*range(size_at, size_at + 8)}
    assert sealed_record(whole) is not None
    draw = random.Random(1)
    places = {*draw.sample(range(len(content)), 150), *draw.sample(sorted(numbers), 20), 0, len(content) - 1}
    seal = content.rindex(b'"seal"')
    for place in {*places, *range(seal, seal + 40)}:
        changed = bytearray(content)
        changed[place] ^= 1 << draw.randrange(8)
        whole.write_bytes(changed)
        assert (sealed_record(whole) is not None) == (place in numbers)
    for other in (b"", content[:-1], content + b"\0", content[: len(content) // 2], content[1:]):
        whole.write_bytes(other)
        assert sealed_record(whole) is None


def test_a_whole_result_is_opened_and_read_without_h5py_and_gives_what_the_library_gives(whole, monkeypatch):
    with xr.open_dataset(whole, engine="netcdf4") as plain:
        expected = {name: item.values for name, item in plain.data_vars.items()}
    monkeypatch.setattr(h5py, "File", lambda *_, **__: pytest.fail("h5py was called"))
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("the file was tried"))
    with gs.open(whole) as found:
        for name, values in expected.items():
            np.testing.assert_array_equal(found[name].values, values)


def test_a_file_that_takes_the_name_of_an_open_one_is_not_read_in_its_place(tmp_path, toy):
    path = gs.run(scenario(tmp_path, toy))
    with gs.open(path) as found, gs.open(path) as expected:
        expected.load()
        other = bytearray(path.read_bytes())
        (tmp_path / "new").write_bytes(other[:1000] + bytes(len(other) - 1000))
        os.replace(tmp_path / "new", path)
        xr.testing.assert_identical(found.load(), expected)
    assert pieces.Piece.of(str(path), 0).opened() is not None
    assert pieces.Piece(str(path), 0, (0, 0)).opened() is None
    assert pieces.Piece(str(tmp_path / "missing"), 0, (0, 0)).opened() is None


def test_of_a_file_that_was_cut_short_while_it_was_open_no_number_is_made_up(tmp_path, toy):
    path = gs.run(scenario(tmp_path, toy))
    with gs.open(path) as found:
        os.truncate(path, 3000)
        with pytest.raises(StoreError, match="damaged"):
            found.load()


PROGRAMS = {
    "comes back": ("", ""),
    "fails": ("raise SystemExit(1)", ""),
    "is ended": ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", "ends by signal 15 when it opens it"),
    "does not end": ("import time; time.sleep(600)", "does not come back from opening it"),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_file_that_a_library_might_not_come_back_from_is_tried_in_another_process(name, whole, tmp_path, monkeypatch):
    # Stand-ins: a file that really does this has no place in a test.
    code, said = PROGRAMS[name]
    program = tmp_path / "program.py"
    program.write_text(code)
    monkeypatch.setattr(trial, "LONGEST", 0.5 if name == "does not end" else 60.0)
    assert trial.why_not_opened(whole, str(program)) == said
    with netCDF4.Dataset(whole, "a") as file:
        file.title = "Another one"
    monkeypatch.setattr(plain_files, "why_not_opened", lambda path: trial.why_not_opened(path, str(program)))
    assert plain_files.has_record(whole) == (not said)
    if not said:
        assert standing_of(whole).kind != "unknown"
        return
    message = f"{whole}: is so damaged that the HDF5 library {said}"
    with pytest.raises(StoreError) as caught:
        gs.open(whole)
    assert str(caught.value) == message
    with pytest.raises(StoreError) as caught:
        xr.open_dataset(whole, engine="gridscan")
    assert str(caught.value) == message
    assert standing_of(whole).kind == "unknown"


def test_the_trial_opens_a_file_and_needs_no_gridscan(whole, tmp_path):
    alone = tmp_path / "trial.py"
    shutil.copy(trial.__file__, alone)
    paths = [whole, tmp_path / "missing.nc", Path(__file__)]
    questions = "".join(json.dumps([str(path), None]) + "\n" for path in paths)
    done = subprocess.run(
        [sys.executable, "-P", alone], input=questions, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "0\n0\n0\n", "")


def test_foreign_files_and_whole_results_are_not_tried(whole, tmp_path, monkeypatch):
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("the file was tried"))
    foreign = tmp_path / "foreign.nc"
    xr.Dataset({"x": ("n", [1.0, 2.0])}).to_netcdf(foreign, engine="netcdf4")
    gs.open(foreign).close()
    assert standing_of(foreign).kind == "foreign"
    assert standing_of(whole).kind in ("whole", "derived")
