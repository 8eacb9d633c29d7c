"""The file in which a run works: blocks at their places, marks beside them, and nothing else that changes."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import textwrap

import netCDF4
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gridscan as gs
import gridscan.engine.files.working_file
from gridscan.engine.files.build_layout import build_layout
from gridscan.engine.files.working_file import WorkingFile, _runs, create, wait_for_disk
from gridscan.engine.partition import VariableGroup
from gridscan.evaluation.block_shape import block_of
from gridscan.limits import Limits
from gridscan.run import plan
from gridscan.storage.checksums import checksum_of_block

CELLS = {"x": 7, "y": 5, "z": 3}


@pytest.fixture
def file_layout(tmp_path):
    model = gs.Model("box", "A model")
    for axis in CELLS:
        model.parameter(axis, 1.0, f"Position along {axis}", unit="1")

    @model.quantity("1", long_name="all axes")
    def whole(x, y, z):
        """Source: none."""
        return x + y + z

    @model.quantity("1", long_name="two axes")
    def part(x, z):
        """Source: none."""
        return x * z

    @model.quantity("1", long_name="no axis")
    def single():
        """Source: none."""
        return 7.0

    axes = "\n".join(f"{name} = {{ values = {list(range(size))}, unit = '1' }}" for name, size in CELLS.items())
    text = f'model = "box"\n[axes]\n{axes}\n[output]\nquantities = ["whole", "part"]\ntypes = {{ part = "float32" }}\n'
    return build_layout(plan(gs.Scenario.parse(text, folder=tmp_path, model=model), limits=Limits(smallest_block=3)))


@pytest.fixture
def path(file_layout, tmp_path):
    create(file_layout, tmp_path / "work")
    return tmp_path / "work"


def arrays(file_layout):
    return {
        key: np.arange(item.cells, dtype=item.dtype).reshape(item.shape) + 1
        for key, item in file_layout.block_plan.stored.items()
    }


def fill(working, file_layout, *, checksums=True):
    for group in file_layout.block_plan.groups:
        for block in range(group.number):
            values = {key: arrays(file_layout)[key][group.box(block)] for key in group.stored}
            working.write(
                group, block, values, {key: checksum_of_block(values[key]) for key in group.stored} if checksums else {}
            )


def test_what_is_written_block_by_block_is_read_by_netcdf(file_layout, path):
    before = path.stat().st_size
    with WorkingFile(path, file_layout.block_plan) as working:
        fill(working, file_layout)
        working.flush()
    assert path.stat().st_size == before
    with netCDF4.Dataset(path) as file:
        for key, wanted in arrays(file_layout).items():
            assert file[key].chunking() == "contiguous"
            assert file[key][:].tolist() == wanted.tolist()
            assert file[key].dtype == wanted.dtype


def test_only_numbers_and_marks_of_a_file_change(file_layout, path, tmp_path):
    create(file_layout, tmp_path / "blank")
    assert (tmp_path / "blank").read_bytes() == path.read_bytes()
    with WorkingFile(path, file_layout.block_plan) as working:
        assert working.is_framed_as(tmp_path / "blank")
        fill(working, file_layout)
        assert working.is_framed_as(tmp_path / "blank")
    data, blank = path.read_bytes(), (tmp_path / "blank").read_bytes()
    changed = sum(a != b for a, b in zip(data, blank, strict=True))
    held = sum(item.nbytes for item in file_layout.block_plan.stored.values())
    checksums = 8 * sum(group.number * len(group.stored) for group in file_layout.block_plan.groups)
    assert changed <= held + checksums


def test_a_change_of_any_other_byte_is_noticed(file_layout, path, tmp_path):
    create(file_layout, tmp_path / "blank")
    whole = path.read_bytes()
    with WorkingFile(path, file_layout.block_plan) as working:
        held = set()
        for key, item in file_layout.block_plan.stored.items():
            held |= set(range(working._offsets[key], working._offsets[key] + item.nbytes))
            held |= set(
                range(working._checksums_at[key], working._checksums_at[key] + 8 * file_layout.groups[key][1].number)
            )
        for place in range(0, len(whole), 997):
            descriptor = os.open(path, os.O_WRONLY)
            os.pwrite(descriptor, bytes([whole[place] ^ 1]), place)
            assert working.is_framed_as(tmp_path / "blank") is (place in held)
            os.pwrite(descriptor, whole[place : place + 1], place)
            os.close(descriptor)
    path.write_bytes(whole + b"more")
    with WorkingFile(path, file_layout.block_plan) as working:
        assert not working.is_framed_as(tmp_path / "blank")


def test_blocks_are_done_when_all_their_variables_have_marks_that_are_right(file_layout, path):
    with WorkingFile(path, file_layout.block_plan) as working:
        for group in file_layout.block_plan.groups:
            assert not working.done(group).any()
        fill(working, file_layout, checksums=False)
        for group in file_layout.block_plan.groups:
            assert not working.done(group).any()
        fill(working, file_layout)
        for group in file_layout.block_plan.groups:
            assert working.done(group).all()


def test_a_damaged_block_is_forgotten_and_no_other(file_layout, path):
    with WorkingFile(path, file_layout.block_plan) as working:
        fill(working, file_layout)
        group = next(group for group in file_layout.block_plan.groups if "whole" in group.stored)
        cell = 4 * 5 * 3 + 2 * 3 + 1
        data = bytearray(path.read_bytes())
        data[working._offsets["whole"] + 8 * cell] ^= 1
        path.write_bytes(data)
    with WorkingFile(path, file_layout.block_plan) as working:
        done = working.done(group)
        (lost,) = np.flatnonzero(~done)
        box = group.box(int(lost))
        assert [part.start <= at < part.stop for part, at in zip(box, (4, 2, 1), strict=True)] == [True] * 3
        assert working.checksum_at("whole", int(lost)) == 0
    with WorkingFile(path, file_layout.block_plan) as working:
        assert np.flatnonzero(~working.done(group)).tolist() == [lost]


def test_blocks_of_zeros_are_told_from_none(file_layout, path):
    group = file_layout.block_plan.groups[0]
    zeros = {key: np.zeros([len(range(*part.indices(99))) for part in group.box(0)]) for key in group.stored}
    assert checksum_of_block(np.zeros(0)) != 0
    with WorkingFile(path, file_layout.block_plan) as working:
        kinds = {key: zeros[key].astype(file_layout.block_plan.stored[key].dtype) for key in group.stored}
        working.write(group, 0, kinds, {key: checksum_of_block(kinds[key]) for key in group.stored})
        assert working.done(group).tolist() == [True] + [False] * (group.number - 1)


@given(st.data())
def test_a_box_is_a_union_of_runs_of_the_whole(data):
    shape = tuple(data.draw(st.lists(st.integers(1, 5), max_size=4)))
    box = tuple(
        slice(start, data.draw(st.integers(start + 1, size)))
        for size in shape
        for start in [data.draw(st.integers(0, size - 1))]
    )
    whole = np.arange(int(np.prod(shape)) if shape else 1).reshape(shape)
    found = np.full(whole[box].size, -1)
    for at, start, count in _runs(shape, box):
        found[at : at + count] = whole.reshape(-1)[start : start + count]
    assert found.tolist() == whole[box].ravel().tolist()


@given(st.lists(st.integers(1, 40), max_size=4), st.booleans())
def test_each_block_is_one_run_of_the_file(shape, costly):
    shape = tuple(shape)
    group = VariableGroup(("d",) * len(shape), shape, block_of(shape, costly), (), ())
    seen = np.zeros(shape, dtype=int)
    for block in range(min(group.number, 50)):
        box = group.box(block)
        places = np.arange(seen.size).reshape(shape)[box].ravel()
        assert np.array_equal(places, np.arange(places[0], places[0] + places.size))
        seen[box] += 1
    assert seen.max() == 1
    assert group.number > 50 or seen.min() == 1


def test_what_is_written_in_pieces_is_written_whole(file_layout, path, monkeypatch):
    write = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda descriptor, data, place: write(descriptor, data[:5], place))
    read = os.pread
    monkeypatch.setattr(os, "pread", lambda descriptor, size, place: read(descriptor, min(size, 7), place))
    with WorkingFile(path, file_layout.block_plan) as working:
        fill(working, file_layout)
        for group in file_layout.block_plan.groups:
            assert working.done(group).all()


def test_a_file_that_ends_too_early_cannot_be_read(file_layout, path):
    with WorkingFile(path, file_layout.block_plan) as working:
        os.truncate(path, working._offsets["whole"] + 10)
        with pytest.raises(OSError, match="the file ends before its last value"):
            working.read("whole", (slice(0, 7), slice(0, 5), slice(0, 3)))


def test_a_file_of_another_kind_is_no_working_file(file_layout, tmp_path):
    (tmp_path / "text").write_text("text")
    with pytest.raises(OSError, match="file signature not found") as caught:
        WorkingFile(tmp_path / "text", file_layout.block_plan)
    assert caught.value.errno is None
    with netCDF4.Dataset(tmp_path / "other", "w") as file:
        file.createDimension("x", 2)
    with pytest.raises(OSError, match="the file is damaged"):
        WorkingFile(tmp_path / "other", file_layout.block_plan)
    with pytest.raises(FileNotFoundError):
        WorkingFile(tmp_path / "nowhere", file_layout.block_plan)


def test_a_disk_that_cannot_keep_a_file_says_so(tmp_path, monkeypatch):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_text("data")
    synced = []

    def sync(descriptor):
        synced.append(os.readlink(f"/proc/self/fd/{descriptor}"))

    monkeypatch.setattr(os, "fsync", sync)
    wait_for_disk(tmp_path / "folder")
    assert synced == [str(tmp_path / "folder" / "file"), str(tmp_path / "folder")]

    def fail(_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="Input/output error"):
        wait_for_disk(tmp_path / "folder" / "file")


def test_memory_stays_within_the_plan_however_large_the_result(tmp_path):
    code = textwrap.dedent(f"""
        import pathlib, re, sys
        import numpy as np, gridscan as gs
        from gridscan.run import perform, plan
        model = gs.Model("large", "A model")
        for axis in "xyz":
            model.parameter(axis, 1.0, axis, unit="1")

        @model.quantity("1", long_name="sum")
        def total(x, y, z):
            return 0 * (x + y * z)

        folder = pathlib.Path({str(tmp_path)!r})
        axes = "".join(f"{{axis}} = {{{{ linspace = [1, 9, 365], unit = '1' }}}}\\n" for axis in "xyz")
        for storage in ("", 'compression = "zlib"', 'format = "zarr"'):
            text = f'model = "large"\\n[axes]\\n{{axes}}[output]\\nquantities = ["total"]\\n{{storage}}\\n'
            made = plan(gs.Scenario.parse(text, folder=folder, name="large.toml", model=model), memory="300MB")
            outcome = perform(made)
            # Of this process alone: what getrusage tells may be that of the process that started it.
            peak = 1024 * int(re.search(r"VmHWM:\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1])
            print(peak / made.peak_memory, outcome.nbytes)
    """)
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert found.returncode == 0, found.stderr
    peaks = [line.split() for line in found.stdout.splitlines()]
    assert len(peaks) == 3
    # 49 million cells, which together do not fit into the memory that is allowed; equal, they are quickly compressed.
    assert float(peaks[0][1]) > 389e6
    assert all(float(peak) < 1.5 for peak, _ in peaks)
