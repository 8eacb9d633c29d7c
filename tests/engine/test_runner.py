"""Runs that are stopped, disturbed or refused by the disk: nothing is lost, and the same file comes of them."""

from __future__ import annotations

import errno
import functools
import json
import os
import resource
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from reference import ROOT

import gridscan as gs
import gridscan.engine.files.finalize
import gridscan.engine.files.working_file
import gridscan.engine.progress
import gridscan.engine.runner
from gridscan.engine.executors.executors import LocalExecutor
from gridscan.engine.runner import carry_out
from gridscan.errors import EvaluationError, GridscanWarning, StoreError
from gridscan.limits import Limits
from gridscan.run import perform

BENCHMARKS = ROOT / "tests" / "benchmarks"
#: Blocks of a few cells.
SMALL = Limits(smallest_block=8)
run, plan = functools.partial(gs.run, limits=SMALL), functools.partial(gs.plan, limits=SMALL)


def make_model():
    """Return a model with an intermediate quantity, two outputs and a count."""
    model = gs.Model("steady", "A model")
    for axis in ("x", "y", "z"):
        model.parameter(axis, 1.0, f"Position along {axis}", unit="1")

    @model.kernel("1", long_name="intermediate quantity", x="1")
    def part(x):
        """Source: none."""
        return np.sqrt(x)

    @model.quantity("1", long_name="output")
    def total(part, y, z):
        """Source: none."""
        return part * y + z

    @model.quantity("1", long_name="expected events", count=True)
    def events(part, y):
        """Source: none."""
        return part * y

    return model


def scenario(folder, output="", model=None):
    text = """
        model = "steady"
        [axes]
        x = { values = [1, 2, 3, 4, 5, 6], unit = "1" }
        y = { values = [1, 2, 3, 4, 5], unit = "1" }
        z = { values = [1, 2, 3], unit = "1" }
        [sampling]
        realisations = 4
        [output]
        quantities = ["total", "events"]
    """
    return gs.Scenario.parse(
        textwrap.dedent(text) + output, folder=folder, name="out.toml", model=model or make_model()
    )


def files(folder):
    return sorted(str(item.relative_to(folder)) for item in folder.rglob("*") if item.is_file())


def content(path):
    return {name: (path / name).read_bytes() for name in files(path)} if path.is_dir() else path.read_bytes()


def stopped_after(blocks, error=KeyboardInterrupt):
    """Return a watcher that stops a run when so many blocks are done."""
    told = []

    def watch(progress):
        told.append(progress.computed)
        # It is told of the beginning, too.
        if len(told) == blocks + 1:
            raise error

    return watch


STORAGES = {"out.nc": "", "zlib/out.nc": 'path = "zlib/out.nc"\ncompression = "zlib"', "out.zarr": 'format = "zarr"'}


def test_killed_runs_end_with_the_same_file_and_compute_a_block_twice_at_most():
    command = [sys.executable, BENCHMARKS / "kills.py", "--small", "--runs", "2"]
    found = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert found.returncode == 0, found.stderr
    results = json.loads(found.stdout)
    assert list(results) == ["netCDF", "zlib", "zarr", "shards"]
    for result in results.values():
        assert result["different"] == 0
        assert result["needed"] > 0
        assert result["blocks_twice_a_kill"][1] <= 1 + len(os.sched_getaffinity(0))
    assert sum(result["kills"] for result in results.values()) >= 3


def test_signals_end_a_run_with_a_message_and_keep_its_work(tmp_path):
    code = textwrap.dedent(f"""
        import json, os, pathlib, signal, sys, time
        sys.path.insert(0, {str(BENCHMARKS)!r})
        import kills, gridscan as gs
        from gridscan.cli import main, scenarios
        from gridscan.limits import Limits
        # The command line has no option for it: small blocks, so that there is something to stop.
        scenarios.DEFAULT = Limits(smallest_block=16)
        # What runs in the background may have been told to ignore it.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        folder = pathlib.Path({str(tmp_path)!r})
        (folder / "slow.toml").write_text(kills.scenario_text(small=True))
        model = {str(BENCHMARKS / "kills.py")!r} + ":slow"
        kills.Killer(kills.scenario_text(small=True), folder)
        said = []
        for number in (signal.SIGTERM, signal.SIGINT, None):
            (folder / "counts").unlink(missing_ok=True)

            def work():
                kills.tell(folder / "counts", 0.02 if number else 0.0)
                for stream, name in ((1, "out"), (2, "err")):
                    os.dup2(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream)
                main(["run", str(folder / "slow.toml"), "--model", model], prog_name="gridscan")

            child = kills.forked(work)
            while number and kills.counted(folder / "counts").total() < 1200:
                time.sleep(0.005)
            if number:
                os.kill(child, number)
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            names = sorted(item.name for item in folder.iterdir())
            computed = kills.counted(folder / "counts").total()
            said.append([status, (folder / "out").read_text(), (folder / "err").read_text(), names, computed])
        print(json.dumps(said))
    """)
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert found.returncode == 0, found.stderr
    (term, interrupt, rest) = json.loads(found.stdout)
    assert [term[0], interrupt[0], rest[0]] == [143, 130, 0]
    for _, out, err, names, _ in (term, interrupt):
        assert out == ""
        assert err == "stopped; finished blocks are kept, and the same command resumes the run\n"
        assert names[0].endswith(".work")
        assert names[1:] == ["counts", "err", "out", "slow.toml"]
    assert rest[3] == ["counts", "err", "out", "slow.nc", "slow.toml"]
    assert "; reused " in rest[1]
    assert 0 < rest[4] < term[4] + interrupt[4]


@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("blocks", [1, 20])
def test_a_run_that_was_stopped_goes_on_where_it_was(tmp_path, storage, blocks):
    undisturbed = perform(plan(scenario(tmp_path / "a", STORAGES[storage])))
    with pytest.raises(KeyboardInterrupt):
        run(scenario(tmp_path / "b", STORAGES[storage]), progress=stopped_after(blocks))
    told = []
    outcome = perform(
        plan(scenario(tmp_path / "b", STORAGES[storage])),
        progress=lambda p: told.append((p.computed, p.reused, p.done)),
    )
    assert content(outcome.path) == content(undisturbed.path)
    assert files(tmp_path / "a") == files(tmp_path / "b")
    # The progress is honest: what was there is not counted as computed.
    assert told[0][0] == 0
    assert outcome.progress.reused == told[0][1]
    assert outcome.progress.computed + outcome.progress.reused == undisturbed.progress.computed
    assert sum(outcome.computed_by_variable.values()) < sum(undisturbed.computed_by_variable.values())


@pytest.mark.parametrize("storage", STORAGES)
def test_a_result_that_is_there_is_not_written_again(tmp_path, storage):
    path = run(scenario(tmp_path, STORAGES[storage]))
    before = {name: (tmp_path / name).stat().st_mtime_ns for name in files(tmp_path)}
    outcome = perform(plan(scenario(tmp_path, STORAGES[storage])))
    assert outcome.was_made
    assert outcome.path == path
    assert outcome.progress.computed == 0
    assert {name: (tmp_path / name).stat().st_mtime_ns for name in files(tmp_path)} == before


@pytest.mark.parametrize("storage", STORAGES)
def test_a_file_gets_its_name_only_when_the_disk_has_it(tmp_path, storage, monkeypatch):
    events, sync, replace = [], os.fsync, os.replace

    def synced(descriptor):
        events.append(("sync", os.readlink(f"/proc/self/fd/{descriptor}")))
        sync(descriptor)

    def replaced(source, target):
        events.append(("replace", str(source)))
        replace(source, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", replaced)
    run(scenario(tmp_path, STORAGES[storage]))
    moved = [place for kind, place in events if kind == "replace" and ".out." in Path(place).name]
    assert [Path(place).suffix for place in moved] == [".new", ".work" if storage == "out.nc" else ".new"]
    for place in moved:
        before = events[: events.index(("replace", place))]
        assert ("sync", place) in before
    if storage == "out.zarr":
        assert sum(place.startswith(f"{moved[1]}/") for kind, place in events if kind == "sync") > 20


@pytest.mark.parametrize("storage", ["zlib/out.nc", "out.zarr"])
def test_a_conversion_that_is_stopped_is_done_again_without_computing(tmp_path, storage, monkeypatch):
    undisturbed = run(scenario(tmp_path / "a", STORAGES[storage]))
    made = scenario(tmp_path / "b", STORAGES[storage])
    with monkeypatch.context() as patch:
        patch.setattr(gridscan.engine.files.finalize, "_copy", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            run(made)
    # Killed, it would have left what it began, too.
    (work,) = (tmp_path / "b").rglob(".*.work")
    work.with_suffix(".new").mkdir() if storage == "out.zarr" else work.with_suffix(".new").write_bytes(b"half of it")
    outcome = perform(plan(made))
    assert outcome.progress.computed == 0
    assert content(outcome.path) == content(undisturbed)
    assert files(tmp_path / "b") == files(tmp_path / "a")


def test_what_a_kill_has_left_beside_a_finished_result_is_removed(tmp_path):
    made = scenario(tmp_path)
    path = run(made)
    file_layout = gridscan.engine.runner.build_layout(plan(made))
    work = gridscan.engine.runner.working_path(path, file_layout.record["run"])
    work.write_bytes(b"a kill came after the result had its name and before this was removed")
    assert perform(plan(made)).was_made
    assert files(tmp_path) == ["out.nc"]


def test_an_earlier_zarr_result_is_found_where_a_kill_came_while_it_was_replaced(tmp_path):
    made = scenario(tmp_path, STORAGES["out.zarr"])
    path = run(made)
    path.rename(tmp_path / ".out.zarr.old")
    assert perform(plan(made)).was_made
    assert not (tmp_path / ".out.zarr.old").exists()
    assert path.is_dir()


def test_the_working_file_of_another_result_with_a_longer_name_is_left_alone(tmp_path):
    other = tmp_path / ".out.nc.more.nc.0123456789ab.work"
    other.write_bytes(b"another run is at work here")
    run(scenario(tmp_path))
    assert other.read_bytes() == b"another run is at work here"


def _damaged(path, place):
    data = bytearray(path.read_bytes())
    data[place] ^= 0xFF
    path.write_bytes(data)


def interrupted(folder, blocks=12, output=""):
    with pytest.raises(KeyboardInterrupt):
        run(scenario(folder, output), progress=stopped_after(blocks))
    (work,) = folder.glob(".*.work")
    return work


def test_damage_at_any_place_of_a_working_file_leaves_no_trace(tmp_path):
    undisturbed = run(scenario(tmp_path / "a")).read_bytes()
    work = interrupted(tmp_path / "b")
    kept = work.read_bytes()
    for place in [*range(0, len(kept), len(kept) // 6), len(kept) - 1]:
        work.write_bytes(kept)
        _damaged(work, place)
        outcome = perform(plan(scenario(tmp_path / "b")))
        assert outcome.path.read_bytes() == undisturbed
        outcome.path.unlink()
    for size in (0, len(kept) // 2, len(kept) - 1):
        work.write_bytes(kept[:size])
        with pytest.warns(GridscanWarning, match=r"\.work: the file of an interrupted run is damaged and was not used"):
            path = run(scenario(tmp_path / "b"))
        assert path.read_bytes() == undisturbed
        path.unlink()


def test_a_disk_that_cannot_read_a_working_file_now_does_not_lose_it(tmp_path, monkeypatch):
    work = interrupted(tmp_path)
    kept, before = work.read_bytes(), os.open

    def opened(path, *arguments, **options):
        if Path(path) == work and arguments[0] & os.O_RDWR:
            raise OSError(errno.EIO, "Input/output error")
        return before(path, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", opened)
        with pytest.raises(
            StoreError, match=r"out\.nc: cannot be written: Input/output error; finished blocks are kept"
        ):
            run(scenario(tmp_path))
    assert work.read_bytes() == kept
    assert perform(plan(scenario(tmp_path))).progress.reused > 0


@pytest.mark.parametrize(
    ("number", "storage"),
    [(errno.EIO, "out.nc"), (errno.ESTALE, "zlib/out.nc"), (errno.ENOSPC, "out.zarr"), (errno.ENOSPC, "out.nc")],
)
def test_a_disk_that_fails_in_the_middle_keeps_what_is_done(tmp_path, monkeypatch, number, storage):
    undisturbed = run(scenario(tmp_path / "a", STORAGES[storage]))
    made = scenario(tmp_path / "b", STORAGES[storage])
    earlier = Path(plan(made).path)
    calls, write = [], os.pwrite

    def failing(*arguments):
        calls.append(arguments)
        if len(calls) > 21:
            raise OSError(number, os.strerror(number))
        return write(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", failing)
        with pytest.raises(StoreError) as caught:
            run(made)
    what = "the disk is full" if number == errno.ENOSPC else os.strerror(number)
    assert str(caught.value) == (
        f"{earlier}: cannot be written: {what}; finished blocks are kept; run it again to go on from there"
    )
    assert not earlier.exists()
    outcome = perform(plan(made))
    # 21 writes are the lock, and ten blocks with their marks.
    assert sum(outcome.computed_by_variable.values()) < 6 + 90 + 30 + 120 - 9
    assert content(outcome.path) == content(undisturbed)


def in_a_fork(work):
    """Do something in a process of its own, and return what it says."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        try:
            said = work()
        except BaseException as error:
            said = repr(error)
        with os.fdopen(writing, "w") as file:
            file.write(said)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as file:
        said = file.read()
    os.waitpid(child, 0)
    return said


@pytest.mark.parametrize(("size", "output"), [(20_000, ""), (2_000, ""), (20_000, 'format = "zarr"')])
def test_a_full_disk_keeps_an_earlier_result_and_what_is_done(tmp_path, size, output):
    before = run(scenario(tmp_path, "types = { total = 'float32' }")).read_bytes()
    (tmp_path / "out.zarr").mkdir()

    def work():
        # A limit on the size of a file stands in for a full disk; it is one of a whole process.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        try:
            run(scenario(tmp_path, output))
        except StoreError as error:
            return str(error)
        return "written nevertheless"

    said = in_a_fork(work)
    assert ": cannot be written: " in said
    # There was not even room for the file.
    assert said.endswith("; give another path with --output")
    assert len(said.splitlines()) == 1
    assert (tmp_path / "out.nc").read_bytes() == before
    assert files(tmp_path) == ["out.nc"]


def test_a_run_without_room_is_refused_before_it_begins(tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("usage", (), {"free": 1_000_000}))
    with pytest.raises(StoreError, match=r"out\.nc: needs about 2 MB, but 1\.0 MB are free on that disk"):
        run(scenario(tmp_path))
    assert files(tmp_path) == []


def test_a_second_run_leaves_and_names_the_first(tmp_path):
    made = scenario(tmp_path)

    def second(progress):
        if progress.computed:
            with pytest.raises(StoreError) as caught:
                run(made)
            said.append(str(caught.value))

    said = []
    path = run(made, progress=second)
    assert set(said) == {
        f"{tmp_path / 'out.nc'}: another run is writing it (process {os.getpid()} on {os.uname().nodename});"
        " wait for it to end, or give another --output"
    }
    assert files(tmp_path) == ["out.nc"]
    assert gs.open(path).total.shape == (6, 5, 3)


def test_other_outputs_of_the_same_folder_are_free(tmp_path):
    def second(progress):
        if progress.computed and not (tmp_path / "other.nc").exists():
            run(scenario(tmp_path), output=tmp_path / "other.nc")

    run(scenario(tmp_path), progress=second)
    assert files(tmp_path) == ["other.nc", "out.nc"]


def test_a_watcher_that_has_gone_is_not_taken_for_a_disk_that_fails(tmp_path):
    with pytest.raises(BrokenPipeError):
        run(scenario(tmp_path), progress=stopped_after(12, BrokenPipeError))
    assert perform(plan(scenario(tmp_path))).progress.reused > 0


def test_places_that_cannot_be_written_are_refused(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    (tmp_path / "folder.nc").mkdir()
    (tmp_path / "file.zarr").write_text("no folder")
    (tmp_path / "full.zarr").mkdir()
    (tmp_path / "full.zarr" / "thesis.tex").write_text("years of work")
    for name, message in {
        "file/out.nc": "file: cannot be created: .*file is a file, not a folder",
        "file/deeper/out.nc": "file/deeper: cannot be created: .*file is a file, not a folder",
        "folder.nc": r"folder\.nc: is a folder; expected the name of a file",
        "file.zarr": r"file\.zarr: is a file, which a zarr folder cannot replace",
        "full.zarr": r"full\.zarr: was not written by gridscan run; not overwritten",
        f"{'x' * 300}.nc": "File name too long",
    }.items():
        with pytest.raises(StoreError, match=message):
            run(scenario(tmp_path), output=tmp_path / name)
    assert files(tmp_path) == ["file", "file.zarr", "full.zarr/thesis.tex"]


def test_a_folder_that_cannot_be_written_is_refused(tmp_path, monkeypatch):
    # The tests may run as root, who may write everywhere.
    before = os.open

    def opened(path, flags, *arguments, **options):
        if flags & os.O_CREAT and Path(path).parent == tmp_path:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return before(path, flags, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", opened)
        said = r"out\.nc: cannot be written: Permission denied; give another path with --output$"
        with pytest.raises(StoreError, match=said):
            run(scenario(tmp_path))
    # What a run before it has done is kept, as ever.
    interrupted(tmp_path)
    monkeypatch.setattr(os, "open", opened)
    with pytest.raises(StoreError, match=r"out\.nc: cannot be written: Permission denied; finished blocks are kept"):
        run(scenario(tmp_path))


@pytest.mark.parametrize(
    ("written", "said"), [(0, "give another path"), (1, "give another"), (12, "finished blocks are kept")]
)
def test_that_what_is_done_is_kept_is_said_only_where_something_is_done(tmp_path, monkeypatch, written, said):
    calls, write = [], os.pwrite

    def failing(*arguments):
        calls.append(arguments)
        # The first is the lock.
        if len(calls) > written + 1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(*arguments)

    monkeypatch.setattr(os, "pwrite", failing)
    with pytest.raises(StoreError, match=f"the disk is full; {said}"):
        run(scenario(tmp_path))


def test_a_disk_that_cannot_reserve_a_file_has_done_nothing(tmp_path, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(gridscan.engine.runner, "reserve", full)
    with pytest.raises(StoreError, match=r"out\.nc: cannot be written: the disk is full; give another path with"):
        run(scenario(tmp_path))
    assert files(tmp_path) == []


def test_a_folder_that_a_run_has_made_is_told(tmp_path):
    place = tmp_path / "new" / "deep" / "out.nc"
    outcome = perform(plan(scenario(tmp_path), output=place))
    assert outcome.created == place.parent
    assert outcome.notes == ()
    assert perform(plan(scenario(tmp_path), output=place)).created is None


class Slow:
    """Computes at once, but takes a minute to begin; a cell of an output takes a second by its clock."""

    def __init__(self):
        self.now, self.executor = 0.0, LocalExecutor(1)

    def perf_counter(self):
        return self.now

    def prepare(self, workload):
        self.now += 60.0 if self.now == 0 else 0.0
        self.executor.prepare(workload)

    def work(self, tasks, *, costly):
        for task, pieces in self.executor.work(tasks, costly=costly):
            self.now += 0.0 if costly else task.cells
            yield task, pieces


@pytest.mark.parametrize("resumed", [False, True])
def test_the_rate_counts_no_time_before_there_is_somebody_to_compute_and_no_cells_that_were_there(
    tmp_path, monkeypatch, resumed
):
    if resumed:
        interrupted(tmp_path, 20)
    slow, rates, left = Slow(), [], []

    def watch(progress):
        if progress.computed:
            rates.append(progress.rate)
            left.append(progress.seconds_left - (progress.cells - progress.done))
        elif slow.now == 0:
            assert progress.rate == 0
            assert progress.seconds_left is None
            assert bool(progress.reused) == resumed

    monkeypatch.setattr(gridscan.engine.progress, "time", slow)
    outcome = carry_out(plan(scenario(tmp_path)), slow, watch)
    assert bool(outcome.progress.reused) == resumed
    assert rates == pytest.approx([1.0] * len(rates))
    assert left == pytest.approx([0.0] * len(rates), abs=1e-6)
    assert len(rates) > 10


@pytest.mark.parametrize("storage", ["out.nc", "out.zarr"])
def test_what_a_link_stands_for_is_written(tmp_path, storage):
    place = tmp_path / "deep" / f"real{Path(storage).suffix}"
    run(scenario(tmp_path, STORAGES[storage]), output=place)
    link = tmp_path / storage
    link.symlink_to(place)
    assert perform(plan(scenario(tmp_path, STORAGES[storage]))).was_made
    interrupted_at = scenario(tmp_path, STORAGES[storage] + '\ntypes = { total = "float32" }')
    with pytest.raises(KeyboardInterrupt):
        run(interrupted_at, progress=stopped_after(12))
    run(interrupted_at)
    assert link.is_symlink()
    assert gs.open(place).total.dtype == np.float32
    assert [item.name for item in place.parent.iterdir()] == [place.name]


def test_the_first_failure_stops_a_run_that_should_fail_fast(tmp_path):
    model = make_model()

    @model.quantity("1", long_name="root")
    def root(x, y):
        """Source: none."""
        return (4.5 - x) ** 0.5 * y

    text = (
        'model = "steady"\n[axes]\nx = { values = [1, 2, 3, 4, 5, 6], unit = "1" }\n'
        'y = { values = [1, 2, 3, 4, 5], unit = "1" }\n[output]\nquantities = ["root"]\npath = "out.nc"\n'
    )
    made = gs.Scenario.parse(text, folder=tmp_path, model=model)
    with pytest.raises(EvaluationError) as caught:
        run(made, fail_fast=True)
    assert str(caught.value) == "'root' is nan (first at x = 5, y = 1)"
    (work,) = tmp_path.iterdir()
    assert work.suffix == ".work"
    # What was done before is used by the next run.
    with pytest.warns(GridscanWarning, match="10 of 30 cells of 'root' failed: 'root' is nan"):
        run(made)
    assert files(tmp_path) == ["out.nc"]
    with pytest.raises(EvaluationError, match=r"\(first at x = 5, y = 1\)"):
        run(made, fail_fast=True)


def test_a_run_that_fails_at_once_leaves_nothing(tmp_path):
    broken = make_model().replace(events=lambda x: x / 0)
    with pytest.raises(EvaluationError, match="'events' is inf"):
        run(
            gs.Scenario.parse(
                'model = "m"\n[axes]\nx = { values = [1, 2], unit = "1" }\n[output]\nquantities = ["events"]\n',
                folder=tmp_path,
                model=broken,
            ),
            fail_fast=True,
        )
    assert files(tmp_path) == []
