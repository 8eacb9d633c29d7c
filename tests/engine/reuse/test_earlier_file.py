"""Damage in what an earlier run has left: nothing wrong is taken from it, nothing right is lost, and it is said."""

from __future__ import annotations

import errno
import random
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from landscape import Grid, Land, blocks_of
from records import CHECKSUMS, KEYS, RECORD, content_of, place_of_checksums, variable_path

from gridscan.engine.reuse.earlier_file import EarlierFile
from gridscan.errors import StoreError
from gridscan.limits import Limits
from gridscan.run import execute

AXES = {"a": ["1 m", "2 m", "5 m"], "b": [1.0, 2.0], "d": [1.0, 2.0, 4.0, 8.0]}
GRID = Grid(["height", "stones", "colour"], AXES)

LEFT_ALONE = "not overwritten; move it away, or give another --output"
UNKNOWN = "is so damaged that nobody can tell whether it is a result that somebody changed"


@pytest.fixture
def land(tmp_path):
    return Land(tmp_path, limits=blocks_of(2))


def place_of(path, key, box):
    """Return where the first value of a box is in a file."""
    with h5py.File(path, "r") as file:
        variable = file[variable_path(key)]
        first = np.ravel_multi_index([part.start for part in box], variable.shape)
        return variable.id.get_offset() + int(first) * variable.dtype.itemsize


def flip(path, place, bit=3):
    content = bytearray(path.read_bytes())
    content[place] ^= 1 << bit
    path.write_bytes(bytes(content))


def box_of(land, key, block):
    group = next(group for group in land.plan(GRID).block_plan.groups if key in group.stored)
    return group.box(block), group


@pytest.mark.parametrize("key", ["stones", "intermediate/rough", "colour", "intermediate/depth"])
@pytest.mark.parametrize("block", [0, -1])
def test_of_a_damaged_result_only_the_damaged_block_is_computed_anew_and_it_is_said(land, key, block):
    land.run(GRID)
    whole = land.path.read_bytes()
    box, group = box_of(land, key, block % box_of(land, key, 0)[1].number)
    flip(land.path, place_of(land.path, key, box))
    outcome = land.run(GRID)
    assert outcome.notes == (f"{land.path}: 1 damaged block was recomputed",)
    cells = np.prod([part.stop - part.start for part in box], dtype=int)
    computed = {name: number for name, number in outcome.computed_by_variable.items() if number}
    assert computed == dict.fromkeys(group.stored, cells) or computed == {key: cells}
    assert land.path.read_bytes() == whole
    assert land.run(GRID).was_made


def test_a_mark_that_is_damaged_is_as_good_as_a_block_that_is(land):
    land.run(GRID)
    whole = land.path.read_bytes()
    with h5py.File(land.path, "r+") as file:
        file[CHECKSUMS][place_of_checksums(file, "stones")[0].start] += np.uint64(2)
    outcome = land.run(GRID)
    assert outcome.computed_by_variable["stones"] == 2
    assert outcome.notes == (f"{land.path}: 1 damaged block was recomputed",)
    assert land.path.read_bytes() == whole


def test_damage_where_nothing_is_needed_is_no_matter(land):
    land.run(GRID)
    box, _ = box_of(land, "stones", 0)
    flip(land.path, place_of(land.path, "stones", box))
    less = Grid(["stones"], {**AXES, "a": ["2 m"]})
    outcome = land.run(less)
    assert outcome.notes == ()
    assert outcome.computed_by_variable["stones"] == 0
    land.same_as_undisturbed(less)


def test_a_value_is_never_taken_for_another_whose_key_a_damage_makes_it(land):
    # One bit of the exponent makes 1 of 2.
    land.run(Grid(["stones"], {"d": [2.0, 16.0]}))
    with h5py.File(land.path, "r+") as file:
        first = content_of(file)["inputs"]["d"]["keys"]
        assert file[KEYS][first] == np.float64(2.0).view(np.uint64)
        file[KEYS][first] = np.float64(1.0).view(np.uint64)
    other = Grid(["stones"], {"d": [1.0, 16.0]})
    (note,) = land.forecast(other).notes
    assert note == f"{land.path}: {UNKNOWN}; {LEFT_ALONE}"
    with pytest.raises(StoreError, match="is so damaged"):
        land.run(other)


@pytest.mark.parametrize(
    "damage",
    [
        lambda file: file.attrs.__setitem__("gridscan_overrides", "[]"),
        lambda file: file["stones"].attrs.__setitem__("units", "2"),
        lambda file: file["d"].__setitem__(0, 3.0),
        lambda file: file.__delitem__("planet") if "planet" in file else file.attrs.__delitem__("title"),
        lambda file: [file.attrs.__delitem__(name) for name in list(file.attrs) if name.startswith("gridscan")],
    ],
    ids=["attribute", "unit", "coordinate", "gone", "all"],
)
def test_what_a_result_says_beside_its_numbers_is_kept_where_it_is_another(land, damage):
    land.run(GRID)
    with h5py.File(land.path, "r+") as file:
        damage(file)
    changed = land.path.read_bytes()
    said = r"(was changed since gridscan wrote it|is derived from a result of gridscan): "
    with pytest.raises(StoreError, match=said):
        land.run(GRID)
    assert land.path.read_bytes() == changed
    land.path.unlink()
    assert land.run(GRID).notes == ()


@pytest.mark.parametrize("where", ["result", "remains"])
def test_whatever_byte_is_damaged_the_result_is_right(land, where):
    remains = land.stop(GRID, 9)
    stopped = remains.read_bytes()
    land.run(GRID)
    good, whole = land.data(), land.path.read_bytes()
    source = random.Random(5)
    for _ in range(10):
        if where == "result":
            flip(land.path, source.randrange(len(whole)), source.randrange(8))
        else:
            land.path.unlink()
            remains.write_bytes(stopped)
            flip(remains, source.randrange(len(stopped)), source.randrange(8))
        damaged = land.path.read_bytes() if land.path.exists() else b""
        refusal = ""
        try:
            assert len(land.run(GRID).notes) <= 2
        except StoreError as error:
            refusal = str(error)
        if refusal:
            # What is not among the numbers may have been changed on purpose.
            assert where == "result"
            assert refusal.endswith(LEFT_ALONE)
            assert land.path.read_bytes() == damaged
        else:
            xr.testing.assert_identical(land.data(), good)
        assert [item.name for item in land.path.parent.iterdir()] == [land.path.name]
        land.path.write_bytes(whole)


def test_of_a_stopped_run_only_the_damaged_block_is_computed_again_and_it_is_said(land):
    remains = land.stop(GRID, 12)
    with h5py.File(remains, "r") as file:
        done = {
            key: int(np.count_nonzero(file[CHECKSUMS][place_of_checksums(file, key)[0]]))
            for key in box_of(land, "stones", 0)[1].stored
        }
    box, group = box_of(land, "stones", 0)
    assert done["stones"] > 1
    flip(remains, place_of(remains, "stones", box))
    outcome = land.run(GRID)
    assert outcome.notes == (f"{remains}: 1 damaged block was recomputed",)
    assert outcome.computed_by_variable["stones"] == 2 * (group.number - done["stones"] + 1)
    land.same_as_undisturbed(GRID)


def test_what_is_whole_of_a_stopped_run_is_used_although_what_it_says_of_its_variables_is_damaged(land):
    remains = land.stop(GRID, 12)
    with h5py.File(remains, "r+") as file:
        file["stones"].attrs["units"] = "2"
    outcome = land.run(GRID)
    assert outcome.notes == (f"{remains}: the file of an interrupted run is damaged; its undamaged blocks were reused",)
    assert outcome.computed_by_variable["intermediate/rough"] == 0
    land.same_as_undisturbed(GRID)


def truncated(path):
    path.write_bytes(path.read_bytes()[:-200])


def foreign(path):
    xr.Dataset({"stones": ("d", [1.0, 2.0])}).to_netcdf(path)


def text(path):
    path.write_text("height, stones\n1, 2\n", encoding="utf-8")


def empty(path):
    path.write_bytes(b"")


def without_a_part(path):
    with h5py.File(path, "r+") as file:
        del file[CHECKSUMS]


def of_another_shape(path):
    with h5py.File(path, "r+") as file:
        del file["gridscan/intermediate/rough"]
        file["gridscan/intermediate/rough"] = np.zeros((2, 2))


def no_record(path):
    with h5py.File(path, "r+") as file:
        file[RECORD][:6] = np.frombuffer(b"[1, 2]", dtype=np.uint8)


def signature(path):
    flip(path, 0)


def cut_short(path):
    path.write_bytes(path.read_bytes()[:60])


def evaluated(path):
    execute(Land(path.parent).plan(GRID)).to_netcdf(path)


DAMAGED = [truncated, cut_short, empty, signature, without_a_part, of_another_shape, no_record, evaluated]
LEFT = ".land.nc.0123456789ab.work"


@pytest.mark.parametrize(
    ("where", "damage"),
    [("land.nc", empty), *((LEFT, damage) for damage in (*DAMAGED, foreign, text))],
)
def test_what_cannot_lend_anything_is_left_out_with_one_clear_note(land, damage, where):
    land.run(GRID)
    place = land.path.with_name(where)
    if place != land.path:
        shutil.move(land.path, place)
    damage(place)
    cannot = damage in (truncated, cut_short, text, empty, signature)
    said = "cannot be read" if cannot else "is damaged or not a result of this version of gridscan"
    (note,) = land.forecast(GRID).notes
    assert note.startswith(f"{place}: {said}, so nothing of it is reused (")
    assert len(note) < len(str(place)) + 250
    assert "\n" not in note
    outcome = land.run(GRID)
    assert outcome.notes == (note,)
    assert outcome.progress.reused == 0
    assert not place.exists() or place == land.path
    land.same_as_undisturbed(GRID)


@pytest.mark.parametrize("damage", [damage for damage in DAMAGED if damage is not empty])
def test_a_result_so_damaged_that_it_could_be_anything_is_left_alone(land, damage):
    land.run(GRID)
    damage(land.path)
    before = land.path.read_bytes()
    with pytest.raises(StoreError) as caught:
        land.run(GRID)
    assert str(caught.value).endswith(LEFT_ALONE)
    assert land.forecast(GRID).notes == (str(caught.value),)
    assert land.path.read_bytes() == before


def picture(path):
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(2000))


def hdf5(path):
    with h5py.File(path, "w") as file:
        file["gridscan/blocks"] = np.arange(5.0)


def old_netcdf(path):
    xr.Dataset({"stones": ("d", [1.0, 2.0])}).to_netcdf(path, engine="scipy")


def description(path):
    path.write_text("gridscan_identity, gridscan_settings, gridscan_versions: attributes of a result", encoding="utf-8")


def sample(path):
    execute(Land(path.parent).plan(GRID)).assign_attrs(gridscan_population="stones").to_netcdf(path)


def damaged_sample(path):
    sample(path)
    signature(path)


def sensitivity(path):
    xr.Dataset({"score": ("d", [1.0])}, attrs={"gridscan_scenario": "", "gridscan_overrides": "{}"}).to_netcdf(path)


@pytest.mark.parametrize(
    "write",
    [foreign, text, picture, hdf5, old_netcdf, description, sample, damaged_sample, sensitivity],
    ids=lambda item: item.__name__,
)
def test_a_file_that_no_run_has_made_is_left_alone_and_the_run_refused(land, write):
    write(land.path)
    before = land.path.read_bytes()
    what = "was not written by gridscan run"
    if write in (sample, sensitivity):
        what = "is derived from a file of gridscan, and has no record of its own"
    message = f"{land.path}: {what}; {LEFT_ALONE}"
    assert land.forecast(GRID).notes == (message,)
    with pytest.raises(StoreError) as caught:
        land.run(GRID)
    assert str(caught.value) == message
    assert land.path.read_bytes() == before
    assert [item.name for item in land.path.parent.iterdir()] == ["land.nc"]


def test_a_zarr_folder_that_no_run_has_made_is_left_alone_and_an_empty_one_is_used(tmp_path):
    land = Land(tmp_path, "land.zarr")
    xr.Dataset({"stones": ("d", [1.0, 2.0])}, attrs={"title": "mine"}).to_zarr(land.path, zarr_format=2)
    before = {item: item.read_bytes() for item in land.path.rglob("*") if item.is_file()}
    (note,) = land.forecast(GRID).notes
    assert note.startswith(f"{land.path}: was not written by gridscan run; not overwritten")
    with pytest.raises(StoreError, match=r"land\.zarr: was not written by gridscan run"):
        land.run(GRID)
    assert {item: item.read_bytes() for item in land.path.rglob("*") if item.is_file()} == before
    shutil.rmtree(land.path)
    land.path.mkdir()
    assert land.run(GRID).progress.failed == 0
    land.same_as_undisturbed(GRID)


@pytest.mark.parametrize("name", [".zmetadata", "gridscan/.zattrs"])
def test_a_zarr_result_without_what_only_gridscan_writes_is_mended(tmp_path, name):
    land = Land(tmp_path, "land.zarr")
    land.run(GRID)
    good = land.data()
    (land.path / name).unlink()
    assert len(land.run(GRID).notes) == 1
    xr.testing.assert_identical(land.data(), good)


@pytest.mark.parametrize("name", [".zattrs", ".zgroup"])
def test_a_zarr_result_of_which_a_part_is_gone_is_left_alone(tmp_path, name):
    land = Land(tmp_path, "land.zarr")
    land.run(GRID)
    (land.path / name).unlink()
    with pytest.raises(StoreError, match=LEFT_ALONE):
        land.run(GRID)
    assert (land.path / "stones").is_dir()


def test_a_file_that_cannot_be_read_now_is_not_taken_for_a_damaged_one(land, monkeypatch):
    land.run(GRID)
    before, whole = Path.open, land.path.read_bytes()

    def opened(path, *arguments, **options):
        if path == land.path:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return before(path, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", opened)
        said = f"{land.path}: cannot be read (Permission denied); not overwritten; move it away, or give another"
        assert land.forecast(GRID).notes[0].startswith(said)
        with pytest.raises(StoreError, match=r"cannot be read \(Permission denied\); not overwritten"):
            land.run(Grid(["slope"]))
    assert land.path.read_bytes() == whole


def test_what_the_system_says_of_a_file_is_told_without_the_numbers_of_the_call(tmp_path, monkeypatch):
    def refused(*_, **__):
        long = "Unable to open file (unable to open file: name = 'a', errno = 13, error message = 'no', flags = 0)"
        raise PermissionError(errno.EACCES, long)

    monkeypatch.setattr(h5py, "File", refused)
    (tmp_path / "land.nc").touch()
    with pytest.raises(StoreError, match=r"so nothing of it is reused \(Permission denied\)$"):
        EarlierFile(tmp_path / "land.nc")


def test_a_donor_that_is_no_file_of_ours_is_refused_and_closed(tmp_path):
    path = tmp_path / "other.nc"
    foreign(path)
    with pytest.raises(StoreError, match="not a result of this version"):
        EarlierFile(path)
    path.unlink()


def damage_first_chunk(path):
    if path.is_dir():
        chunk = path / "rough" / "0.0" if (path / "rough" / "0.0").exists() else path / "rough" / "0"
        chunk.write_bytes(bytes(byte ^ 255 for byte in chunk.read_bytes()))
    else:
        with h5py.File(path, "r") as file:
            found = file["rough"].id.get_chunk_info(0)
        for place in range(found.byte_offset, found.byte_offset + found.size):
            flip(path, place)


@pytest.mark.parametrize("output", [{"format": "zarr"}, {"compression": "zlib"}], ids=["zarr", "zlib"])
@pytest.mark.parametrize(
    ("axes", "cells", "damaged"),
    [(AXES, 2, 2), ({"a": [f"{n} m" for n in range(1, 6)]}, 4, 3)],
    ids=["chunks of what is read at once", "other chunks"],
)
def test_of_a_damaged_chunk_all_blocks_are_computed_anew_and_no_others(tmp_path, output, axes, cells, damaged):
    limits = blocks_of(cells, largest_costly_block=1)
    land = Land(tmp_path, "land.zarr" if "format" in output else "land.nc", limits)
    grid = Grid(["rough"], axes, output=output)
    land.run(grid)
    good = land.data()
    damage_first_chunk(land.path)
    outcome = land.run(grid)
    assert outcome.notes == (f"{land.path}: {damaged} damaged blocks were recomputed",)
    assert outcome.computed_by_variable["rough"] == damaged
    xr.testing.assert_identical(land.data(), good)
    assert land.run(grid).was_made


@given(
    chosen=st.lists(st.integers(0, 299), min_size=1, max_size=12, unique=True),
    rows=st.permutations(range(3)),
    at_once=st.sampled_from([1, 5, 40, 10**6]),
)
@settings(max_examples=40)
def test_values_far_from_each_other_are_read_without_those_between(few, chosen, rows, at_once):
    earlier, values, sizes = few
    sizes.clear()
    earlier.limits = Limits(read_cells=at_once)
    found, there = earlier.cells("stones", [np.array(rows), np.array(chosen)])
    assert there.all()
    np.testing.assert_array_equal(found, values[np.ix_(rows, chosen)])
    assert max(sizes) <= max(at_once, 4 * found.size)


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    """Return a donor of three rows of 300 values, all of them checked, its values, and the sizes of what it reads."""
    land = Land(tmp_path_factory.mktemp("few"))
    land.run(Grid(["stones"], {"a": AXES["a"], "d": [1.0 + n for n in range(300)]}))
    values = land.data().stones.values
    earlier = EarlierFile(land.path)
    assert earlier.is_whole()
    sizes, read = [], earlier._values

    def measured(key, box):
        sizes.append(int(np.prod([part.stop - part.start for part in box])))
        return read(key, box)

    earlier._values = measured
    yield earlier, values, sizes
    earlier.close()
