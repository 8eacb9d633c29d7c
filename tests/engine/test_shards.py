"""Runs in shards: each computes a part, all together what one run computes, and what is missing is named."""

from __future__ import annotations

import errno
import functools
import json
import os
import resource
import textwrap

import netCDF4
import numpy as np
import pytest
import xarray as xr
from steady import make_model

import gridscan as gs
from gridscan.engine.division import Division, bytes_in, cells_in
from gridscan.engine.merging import Survey
from gridscan.engine.shards import Shard, shards_at, unfinished_at
from gridscan.errors import GridscanWarning, StoreError
from gridscan.limits import Limits
from gridscan.run import perform
from gridscan.storage.standing import standing_of

#: Blocks of a few cells.
SMALL = Limits(smallest_block=8, fewest_blocks=16)
run, plan, merge = (functools.partial(part, limits=SMALL) for part in (gs.run, gs.plan, gs.merge))
STORAGES = {"plain": 'path = "out.nc"', "zlib": 'path = "out.nc"\ncompression = "zlib"', "zarr": 'path = "out.zarr"'}
STORAGES["zarr"] += '\nformat = "zarr"'


def scenario(folder, storage="plain", x="[1, 2, 3, 4, 5, 6]", **changes):
    text = f"""
        model = "steady"
        [axes]
        x = {x}
        y = [1, 2, 3, 4, 5]
        z = [1, 2, 3]
        [sampling]
        realisations = 4
        [output]
        quantities = ["total", "events", "plain"]
    """
    text = textwrap.dedent(text) + STORAGES[storage]
    return gs.Scenario.parse(text, folder=folder, name="out.toml", model=make_model(**changes))


def content(path):
    """Return the content of each file by its name."""
    parts = path.rglob("*") if path.is_dir() else [path]
    return {str(item.relative_to(path)): item.read_bytes() for item in parts if item.is_file()}


def names(folder):
    return sorted(item.name for item in folder.iterdir())


def in_shards(folder, of, numbers=None, **options):
    return [run(scenario(folder, **options), shard=(number, of)) for number in numbers or range(1, of + 1)]


@pytest.mark.parametrize(("storage", "of"), [("plain", 1), ("plain", 3), ("zlib", 2), ("zarr", 2)])
def test_shards_make_the_file_of_one_run(tmp_path, of, storage):
    whole = run(scenario(tmp_path / "whole", storage))
    parts = in_shards(tmp_path / "parts", of, storage=storage)
    output = tmp_path / "parts" / whole.name
    assert parts == [Shard(of, number).path(output) for number in range(1, of + 1)]
    made = merge(scenario(tmp_path / "parts", storage))
    assert names(made.parent) == [whole.name]
    assert content(made) == content(whole)
    assert standing_of(made).kind == "whole"
    # Once more, all is there.
    assert merge(scenario(tmp_path / "parts", storage)).was_made


@pytest.mark.parametrize("of", [1, 2, 5, 40])
def test_each_block_of_a_kernel_belongs_to_one_shard_with_all_that_it_reads(tmp_path, of):
    block_plan = plan(scenario(tmp_path)).block_plan
    division = Division(block_plan, of)
    parts = [division.part(number) for number in range(1, of + 1)]
    place = {key: group for group in block_plan.groups for key in group.stored}
    for key, group in place.items():
        times = np.sum([part[key] for part in parts], axis=0)
        if group.costly and "part" in key:
            assert (times == 1).all(), key
        # Formulas of what several shards have are left to the merge.
        assert (times >= group.costly).all(), key
    for part in parts:
        for key, group in place.items():
            for block in np.flatnonzero(part[key]):
                box = dict(zip(group.dims, group.box(int(block)), strict=True))
                for read in group.reads.values():
                    other = place[read]
                    at = tuple(
                        slice(box[d].start // n, -(-box[d].stop // n))
                        for d, n in zip(other.dims, other.block, strict=True)
                    )
                    assert part[read].reshape(other.counts)[at].all(), (key, read)
    cells = [cells_in(block_plan, part) for part in parts]
    assert max(cells) <= sum(item.cells for item in block_plan.stored.values())
    assert bytes_in(block_plan, parts[0]) == 8 * cells[0] if of > 1 else True


def test_many_formulas_are_divided_and_not_left_to_the_merge(tmp_path):
    text = """
        model = "steady"
        axes.x = { linspace = [1, 2, 1000], unit = "1" }
        axes.y = { linspace = [1, 2, 1000], unit = "1" }
        axes.z = { linspace = [1, 2, 10], unit = "1" }
        output = { quantities = ["events"], path = "out.nc" }
    """
    model = make_model()
    few = gs.plan(gs.Scenario.parse(text.replace("1000", "10"), folder=tmp_path, name="out.toml", model=model))
    many = gs.plan(gs.Scenario.parse(text, folder=tmp_path, name="out.toml", model=model.replace(events=times_x)))
    kernel = next(key for key in few.block_plan.stored if "base" in key)
    for made, is_divided in ((few, False), (many, True)):
        parts = [Division(made.block_plan, 4).part(number) for number in (1, 2, 3, 4)]
        assert np.all([part["events"].any() for part in parts]) == is_divided
        assert np.sum([part[kernel] for part in parts]) == len(parts[0][kernel]) * (4 if is_divided else 1)


def times_x(base, x, y):
    """Source: none."""
    return base * x * y


def test_a_shard_that_was_stopped_goes_on_and_is_up_to_date_afterwards(tmp_path):
    def stop(progress):
        if progress.computed > 20:
            raise KeyboardInterrupt

    whole = perform(plan(scenario(tmp_path / "whole")), shard=(2, 2)).progress
    with pytest.raises(KeyboardInterrupt):
        run(scenario(tmp_path), shard="2/2", progress=stop)
    assert [str(shard) for shard in unfinished_at(tmp_path / "out.nc")] == ["2/2"]
    outcome = perform(plan(scenario(tmp_path)), shard="2/2")
    assert outcome.progress.reused > 20
    assert outcome.progress.done == whole.done == whole.cells
    assert perform(plan(scenario(tmp_path)), shard=(2, 2)).was_made


def test_shards_take_no_space_for_blocks_of_others(tmp_path):
    text = """
        model = "steady"
        axes.x = { linspace = [1, 2, 1000], unit = "1" }
        axes.y = { linspace = [1, 2, 1000], unit = "1" }
        output = { quantities = ["plain"], path = "out.nc" }
    """
    made = gs.run(gs.Scenario.parse(text, folder=tmp_path, name="out.toml", model=make_model()), shard=(2, 4))
    assert made.stat().st_size > 8_000_000
    assert 1_900_000 < made.stat().st_blocks * 512 < 4_000_000


def test_what_is_missing_is_named_and_everything_stays(tmp_path):
    with pytest.raises(StoreError, match=r"out\.nc: there are no shards of it; compute them with gridscan run"):
        merge(scenario(tmp_path))
    in_shards(tmp_path, 3, [1])
    before = names(tmp_path)
    message = r"2 of 3 shards are missing: 2/3 \(not begun\), 3/3 \(not begun\); run again with --shard 2/3 and so on"
    with pytest.raises(StoreError, match=message):
        merge(scenario(tmp_path))
    with pytest.raises(KeyboardInterrupt):
        run(scenario(tmp_path), shard=(2, 3), progress=interrupted)
    with pytest.raises(StoreError, match=r"2 of 3 shards are missing: 2/3 \((stopped|\d+ of \d+ cells)\)"):
        merge(scenario(tmp_path))
    assert [name for name in names(tmp_path) if not name.startswith(".")] == before


def interrupted(progress):
    if progress.computed:
        raise KeyboardInterrupt


def test_shards_of_another_split_plan_or_code_are_refused_by_name_and_lend_what_they_can(tmp_path):
    in_shards(tmp_path, 2)
    in_shards(tmp_path, 3, [1])
    message = (
        r"there are shards of several splits \(of 2: out\.nc\.shard-001-of-002, .*; of 3: out\.nc\.shard-001-of-003\)"
    )
    with pytest.raises(StoreError, match=message):
        merge(scenario(tmp_path))
    Shard(3, 1).path(tmp_path / "out.nc").unlink()
    with pytest.raises(
        StoreError, match=r"shard-001-of-002 \(and 1 more\): is of another run: .*; run shard 1/2, 2/2 again"
    ):
        merge(scenario(tmp_path, x="[1, 2, 3, 4, 5, 7]"))
    with pytest.raises(
        StoreError, match=r"shard-001-of-002 .*: is of another run: for 'total', function base .* has changed"
    ):
        merge(scenario(tmp_path, factor=2.0))
    # A run takes the cells that are the same.
    assert perform(plan(scenario(tmp_path, x="[1, 2, 3, 4, 5, 7]"))).computed_by_variable["plain"] == 5
    assert sorted(map(str, shards_at(tmp_path / "out.nc"))) == ["1/2", "2/2"]


def test_a_shard_under_the_name_of_another_is_no_shard_of_that_name(tmp_path):
    first, _ = in_shards(tmp_path, 2)
    first.replace(Shard(2, 2).path(tmp_path / "out.nc"))
    in_shards(tmp_path, 2, [1])
    with pytest.raises(
        StoreError, match=r"shard-002-of-002: is of another run: by its content it is shard 1/2; run shard 2/2 again"
    ):
        merge(scenario(tmp_path))


def test_a_later_run_takes_the_cells_of_all_shards_and_leaves_them(tmp_path):
    in_shards(tmp_path, 3, [1, 3])
    with pytest.raises(KeyboardInterrupt):
        run(scenario(tmp_path), shard=(2, 3), progress=interrupted)
    before = {name for name in names(tmp_path) if "shard" in name}
    whole = run(scenario(tmp_path / "whole")).computed
    outcome = perform(plan(scenario(tmp_path)))
    assert 0 < outcome.progress.computed < whole
    assert outcome.path.read_bytes() == (tmp_path / "whole" / "out.nc").read_bytes()
    assert {name for name in names(tmp_path) if "shard" in name} == before


def test_shards_take_the_cells_of_an_earlier_result(tmp_path):
    run(scenario(tmp_path, x="[1, 2, 3, 4]"))
    shards = in_shards(tmp_path, 2)
    assert sum(shard.reused for shard in shards) > 0
    in_shards(tmp_path / "other", 2)
    made = merge(scenario(tmp_path))
    assert made.read_bytes() == merge(scenario(tmp_path / "other")).read_bytes()


def test_a_damaged_block_of_a_shard_is_computed_again(tmp_path):
    shards = in_shards(tmp_path, 2)
    whole = run(scenario(tmp_path / "whole"))
    with netCDF4.Dataset(shards[0], "a") as file:
        file["plain"][0, 0] += 1e-9
    with pytest.warns(GridscanWarning, match=r"shard-001-of-002: 1 damaged block was recomputed"):
        made = merge(scenario(tmp_path))
    assert made.read_bytes() == whole.read_bytes()


def test_cells_that_fail_are_tried_again_by_the_merge(tmp_path):
    with pytest.warns(GridscanWarning) as caught:
        shards = in_shards(tmp_path, 2, fails_at=3.0)
    assert sum(shard.failed for shard in shards) > 0
    assert all("run_status" not in str(item.message) for item in caught)
    with pytest.warns(GridscanWarning, match="'run_status' in the file says which"):
        whole = run(scenario(tmp_path / "whole", fails_at=3.0))
    with pytest.warns(GridscanWarning, match="'run_status' in the file says which"):
        made = merge(scenario(tmp_path, fails_at=3.0))
    assert made.read_bytes() == whole.read_bytes()
    assert names(tmp_path) == ["out.nc", "whole"]


def test_a_shard_is_no_result(tmp_path):
    shard = in_shards(tmp_path, 2, [1])[0]
    for read in (gs.open, functools.partial(xr.open_dataset, engine="gridscan")):
        with pytest.raises(StoreError, match=r"shard-001-of-002: is shard 1/2 of a run, and no result"):
            read(shard)


@pytest.mark.parametrize("text", ["3", "3/2", "0/2", "1/0", "a/b", "1/2/3", "-1/2", "1.5/2", (1,), (1, 2.0), (2, 1), 7])
def test_what_is_no_shard_is_refused(tmp_path, text):
    with pytest.raises(StoreError, match=r"is not a shard; the third of 40 is '3/40'|there is no shard"):
        run(scenario(tmp_path), shard=text)
    assert names(tmp_path) == []


def test_named_results_lend_their_cells(tmp_path):
    lender = run(scenario(tmp_path, x="[1, 2, 3]"), output=tmp_path / "old.nc")
    fresh = run(scenario(tmp_path), output=tmp_path / "fresh.nc")
    made = run(scenario(tmp_path), reuse=[lender])
    assert made.reused > 0
    assert made.reused + made.computed == fresh.computed
    assert made.read_bytes() == fresh.read_bytes()
    shard = run(scenario(tmp_path), output=tmp_path / "parts.nc", shard=(1, 2), reuse=[str(made)])
    assert shard.computed == 0


def test_files_that_cannot_lend_are_named(tmp_path):
    (tmp_path / "notes.txt").write_text("no result")
    for name, message in {"gone.nc": "gone.nc: cannot be read", "notes.txt": "notes.txt: cannot be read"}.items():
        with pytest.raises(StoreError, match=message):
            run(scenario(tmp_path), reuse=[tmp_path / name])
    lender = run(scenario(tmp_path, factor=2.0), output=tmp_path / "old.nc", quantities=["total", "events"])
    with pytest.warns(GridscanWarning, match=r"old\.nc: no cell of it can be used: of 'total', .*changed"):
        run(scenario(tmp_path), reuse=[lender])


def test_the_state_of_shards_is_told_from_files_alone(tmp_path):
    output = tmp_path / "out.nc"
    assert Survey(plan(scenario(tmp_path))).whole().kind == "not begun"
    in_shards(tmp_path, 3, [1])
    with pytest.raises(KeyboardInterrupt):
        run(scenario(tmp_path), shard=(2, 3), progress=interrupted)
    seen = []

    def look(_progress):
        if not seen:
            seen.append(Survey(plan(scenario(tmp_path))).states(3)[2])

    assert [state.kind for state in Survey(plan(scenario(tmp_path))).states(3)] == ["done", "stopped", "not begun"]
    run(scenario(tmp_path), shard=(3, 3), progress=look)
    assert (seen[0].kind, seen[0].why.split(" on ")[0]) == ("running", f"process {os.getpid()}")
    survey = Survey(plan(scenario(tmp_path)))
    states = survey.states(3)
    assert [state.kind for state in states] == ["done", "stopped", "done"]
    assert [state.is_complete for state in states] == [True, False, True]
    assert sum(state.done for state in states) >= survey.counted(states)[0] > 0
    in_shards(tmp_path, 3, [2])
    merge(scenario(tmp_path))
    whole = Survey(plan(scenario(tmp_path))).whole()
    assert (whole.kind, whole.done, whole.path) == ("done", whole.cells, output)


@pytest.mark.parametrize("knows_locks", [True, False])
def test_a_second_job_on_a_shard_leaves(tmp_path, monkeypatch, knows_locks):
    if not knows_locks:
        monkeypatch.setattr("fcntl.flock", no_locks)
        monkeypatch.setattr("gridscan.storage.lock._BEAT", 0.01)
    told = []

    def second(progress):
        if progress.computed and not told:
            told.append(True)
            with pytest.raises(StoreError, match=r"shard-001-of-002: another run is writing it \(process \d+ on "):
                run(scenario(tmp_path), shard=(1, 2))

    run(scenario(tmp_path), shard=(1, 2), progress=second)
    assert told
    assert names(tmp_path) == ["out.nc.shard-001-of-002"]


def no_locks(*_):
    raise OSError(errno.ENOLCK, "No locks available")


def test_more_shards_than_files_that_may_be_open_can_be_merged(tmp_path):
    in_shards(tmp_path, 6)
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    opened = len(os.listdir("/proc/self/fd"))
    resource.setrlimit(resource.RLIMIT_NOFILE, (opened + 3, before[1]))
    try:
        assert merge(scenario(tmp_path)).reused
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_nothing_is_told_of_what_was_never_begun(tmp_path):
    survey = Survey(plan(scenario(tmp_path / "not there")))
    assert (survey.splits, survey.whole().kind) == ([], "not begun")


def test_the_record_says_which_shard_a_file_is(tmp_path):
    import h5py

    shard = in_shards(tmp_path, 2, [2])[0]
    with h5py.File(shard) as file:
        content = bytes(np.asarray(file["gridscan/record"])).decode()
    assert json.loads(content[: content.rindex("}") + 1])["shard"] == [2, 2]
