"""Spreading out: worker processes of this machine and of a dask cluster, which may die, change no bit of a result."""

from __future__ import annotations

import functools
import json
import math
import os
import pickle
import random
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest

import gridscan as gs
from gridscan.engine.compute import make_workload
from gridscan.engine.executors import dask_clients, executors, serialize
from gridscan.engine.executors.executors import DaskExecutor, Task
from gridscan.errors import GridscanError, GridscanWarning, StoreError
from gridscan.limits import Limits
from gridscan.model_loader import load_model
from gridscan.physics.scattering import amplitudes

# Modules beside it, a package, a function whose results are kept, and failures that each have a reason of their own.
MODEL = """
    import numpy as np

    import gridscan as gs
    import helper
    from tools.deep import offset

    model = gs.Model("pool", "Water in a pool")
    model.parameter("length", "1 m", "Length", minimum=0)
    model.parameter("width", "1 m", "Width", minimum=0)
    model.parameter("depth", "1 m", "Depth", minimum=0)


    @model.kernel("m^2", long_name="area", length="m", width="m")
    def area(length, width):
        helper.note()
        helper.refuse(length * width)
        return length * width * helper.factor(2)


    @model.quantity("m^3", long_name="volume")
    def volume(area, depth):
        return area * depth + offset(area * depth)


    @model.quantity("1", long_name="number of fish", count=True)
    def fish(volume, depth):
        return volume / depth**3
"""
HELPER = """
    import functools
    import os
    import time

    import numpy as np

    from gridscan.errors import EvaluationError

    SEEN, PAUSE, LIMIT = None, 0.0, np.inf


    def note():
        time.sleep(PAUSE)
        if SEEN:
            with open(SEEN, "a") as file:
                file.write(f"{os.getpid()}\\n")


    def refuse(area):
        if np.any(area > LIMIT):
            raise EvaluationError(f"{np.max(area):g} m^2 are too many")


    @functools.lru_cache(maxsize=4)
    def factor(number):
        return number / 2
"""
SCENARIO = """
    model = "pool"
    [axes]
    length = { linspace = [1, 6, 6], unit = "m" }
    width = { linspace = [1, 10, 10], unit = "m" }
    depth = { linspace = [1, 2, 3], unit = "m" }
    [sampling]
    realisations = 5
    seed = 1
    [output]
    quantities = ["area", "volume", "fish"]
    path = "out.nc"
"""


def write_pool(folder, **settings):
    """Write the model, what it imports, and a scenario of it; return the scenario and the name of the model."""
    helper = textwrap.dedent(HELPER) + "".join(f"\n{name} = {value!r}" for name, value in settings.items())
    texts = {"pool.py": textwrap.dedent(MODEL), "helper.py": helper, "pool.toml": textwrap.dedent(SCENARIO)}
    texts |= {"tools/__init__.py": "", "tools/deep.py": "def offset(volume):\n    return 0 * volume\n"}
    (folder / "tools").mkdir()
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder / "pool.toml", f"{folder / 'pool.py'}:model"


@pytest.fixture
def forget_modules(monkeypatch):
    """Let each test import its own modules beside a model."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    for name in ("helper", "tools", "tools.deep"):
        sys.modules.pop(name, None)


#: Blocks of a few cells.
SMALL = Limits(smallest_block=7, largest_costly_block=4)
run_small = functools.partial(gs.run, limits=SMALL)


# Where gridscan is, and nothing that a test has put on the path.
HOME = str(Path(gs.__file__).parents[1])


def start(*arguments, folder):
    return subprocess.Popen(
        [sys.executable, "-m", *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": HOME},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def cluster_of(folder, number):
    """Start a scheduler and workers as a user would; give its address and all processes, the scheduler's first."""
    file = folder / "scheduler.json"
    with ExitStack() as stack:

        def begin(program, *arguments):
            process = start(f"distributed.cli.dask_{program}", *arguments, "--host", "127.0.0.1", folder=folder)
            stack.callback(process.communicate)
            stack.callback(process.kill)
            return process

        processes = [
            begin(
                "scheduler",
                "--port",
                0,
                "--no-dashboard",
                "--dashboard-address",
                "127.0.0.1:0",
                "--scheduler-file",
                file,
            )
        ]
        options = (
            "--no-nanny",
            "--nthreads",
            1,
            "--no-dashboard",
            "--local-directory",
            folder,
            "--preload",
            "gridscan.engine.executors.serialize",
        )
        processes += [begin("worker", "--scheduler-file", file, *options) for _ in range(number)]
        wait_until(lambda: file.exists() and file.read_text().endswith("}"))
        yield json.loads(file.read_text())["address"], processes


def finished(process):
    """Wait for the end of a process, and keep what it says."""
    process.out, process.err = process.communicate(timeout=120)
    return process


def wait_until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def clusters(tmp_path_factory):
    """Return a function that gives a scheduler with two workers, and its processes: new ones once some were killed."""
    with ExitStack() as stack:
        living = []

        def given():
            if not living or any(process.poll() is not None for process in living[0][1]):
                living[:] = [stack.enter_context(cluster_of(tmp_path_factory.mktemp("cluster"), 2))]
            return living[0]

        yield given


@pytest.fixture
def cluster(clusters):
    """Return the address of a scheduler with two workers."""
    return clusters()[0]


@pytest.fixture
def lonely():
    """Return a scheduler without workers, in this process."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=0, scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"}, silence_logs=50
    ) as found:
        yield found


@pytest.fixture
def pool(tmp_path, forget_modules):
    """Return the scenario of the pool and its model, in blocks of few cells of which some fail."""
    file, name = write_pool(tmp_path, LIMIT=24.5)
    return file, load_model(name)


@pytest.fixture
def alone(pool, tmp_path):
    """Return what this process makes of the pool."""
    return run(pool, tmp_path / "alone.nc")


def run(pool, path, **options):
    """Run the pool, of which some cells fail, and return the bytes of the result."""
    with pytest.warns(GridscanWarning):
        return run_small(pool[0], model=pool[1], output=path, **options).read_bytes()


def test_a_result_of_worker_processes_is_that_of_this_process_bit_for_bit(pool, alone, tmp_path, monkeypatch):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    before = set(psutil.Process().children(recursive=True))
    assert run(pool, tmp_path / "spread.nc", workers=2) == alone
    with gs.open(tmp_path / "spread.nc") as dataset:
        length, width, depth = np.meshgrid(dataset.length, dataset.width, dataset.depth, indexing="ij")
        expected = np.where(length * width > 24.5, np.nan, length * width * depth)
        np.testing.assert_allclose(dataset.volume, expected, rtol=1e-14)
        assert len(set(dataset.run_status.attrs["messages"].splitlines())) > 10
    assert not list(scratch.iterdir())
    assert set(psutil.Process().children(recursive=True)) <= before


def test_a_cluster_whose_workers_cannot_import_the_model_gives_the_same_bytes(pool, alone, tmp_path, cluster):
    assert run(pool, tmp_path / "spread.nc", scheduler=cluster) == alone


def test_functions_of_a_notebook_and_closures_are_sent(pool, tmp_path, cluster):
    power = 2

    @functools.lru_cache
    def scale(number):
        return 3.0 * number

    swapped = pool[1].replace(
        area=lambda length, width: scale(power) * length * width, volume=lambda area, depth: area * depth**power / depth
    )
    overrides = {"depth": "2 m"}
    paths = [
        run_small(pool[0], model=swapped, output=tmp_path / f"{name}.nc", overrides=overrides, **options)
        for name, options in {"alone": {}, "spread": {"scheduler": cluster}}.items()
    ]
    assert paths[0].read_bytes() == paths[1].read_bytes()
    with gs.open(paths[1]) as dataset:
        assert float(dataset.area[1, 2]) == 3 * 2 * 2 * 3


def test_kernels_integrals_and_vectors_give_the_same_bytes(toy, tmp_path, cluster):
    text = """
        model = "planet"
        [axes]
        planet = ["earth", "mars", "venus"]
        end = { linspace = [1, 9, 9], unit = "yr" }
        moons = [0, 1, 2]
        [output]
        quantities = ["temperature", "heat", "heat_error", "tides"]
        path = "out.nc"
    """
    (tmp_path / "planet.toml").write_text(textwrap.dedent(text), encoding="utf-8")
    alone = run_small(tmp_path / "planet.toml", model=toy, output=tmp_path / "alone.nc")
    spread = run_small(tmp_path / "planet.toml", model=toy, output=tmp_path / "spread.nc", scheduler=cluster)
    assert alone.read_bytes() == spread.read_bytes()


def test_a_script_may_use_processes_without_a_guard_of_its_main_part(tmp_path):
    script = """
        import gridscan as gs
        print("begin")
        model = gs.Model("square", "A square")
        model.parameter("side", "1 m", "Side", minimum=0)
        axes, output = '[axes]\\nside = ["1 m", "2 m"]\\n', '[output]\\nquantities = ["area"]\\npath = "out.nc"\\n'
        open("square.toml", "w").write('model = "square"\\n' + axes + output)

        @model.quantity("m^2", long_name="area")
        def area(side):
            return side**2

        paths = [gs.run("square.toml", model=model, output=f"{n}.nc", workers=n) for n in (None, 1)]
        print(paths[0].read_bytes() == paths[1].read_bytes())
    """
    (tmp_path / "square.py").write_text(textwrap.dedent(script), encoding="utf-8")
    done = finished(start("square", folder=tmp_path))
    assert (done.out.split(), done.err) == (["begin", "True"], "")


def test_what_cannot_be_sent_is_named(pool, tmp_path):
    lock = threading.Lock()

    def volume(area, depth):
        with lock:
            return area * depth

    with pytest.raises(GridscanError) as caught:
        run_small(pool[0], model=pool[1].replace(volume=volume), output=tmp_path / "spread.nc", workers=1)
    assert str(caught.value).startswith(f"'volume' ({__file__}:")
    assert "cannot be sent to workers: TypeError: cannot pickle '_thread.lock' object" in str(caught.value)


def test_a_result_that_is_there_needs_no_workers(pool, tmp_path):
    overrides = {"length": "1 m", "width": "2 m"}
    path = run_small(pool[0], model=pool[1], output=tmp_path / "out.nc", overrides=overrides)
    before = path.stat().st_mtime_ns
    run_small(pool[0], model=pool[1], output=path, overrides=overrides, scheduler="tcp://127.0.0.1:1")
    assert path.stat().st_mtime_ns == before


def test_workers_and_a_scheduler_are_not_to_be_had_together(pool):
    with pytest.raises(StoreError, match="--workers and --scheduler cannot be combined"):
        run_small(pool[0], model=pool[1], workers=1, scheduler="tcp://127.0.0.1:1")
    with pytest.raises(StoreError, match="the number of workers must be at least 1, found 0"):
        run_small(pool[0], model=pool[1], workers=0)


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "127.0.0.1:1", "nowhere.invalid:8786", "tcp://", "no://x:1"])
def test_where_no_scheduler_is_this_is_said(pool, address):
    limits = Limits(connect_seconds=0.3)
    with pytest.raises(StoreError, match=f"there is no dask scheduler at '{address}': [^\n]*$"):
        run_small(pool[0], model=pool[1], scheduler=address, limits=limits)


def test_a_scheduler_to_which_no_worker_comes_is_given_up(pool, lonely):
    limits = Limits(first_worker_seconds=0.2)
    address = lonely.scheduler_address
    with pytest.raises(StoreError, match=f"the scheduler has had no worker for .* dask worker {address}$"):
        run_small(pool[0], model=pool[1], scheduler=address, limits=limits)


def test_a_cluster_that_loses_all_workers_is_given_up_after_a_while(pool, lonely):
    limits = replace(SMALL, worker_seconds=0.2, fetch_seconds=0.5, first_worker_seconds=0.1)
    done = []

    def lose(progress):
        if progress.computed and not done:
            done.append(True)
            lonely.scale(0)
            wait_until(lambda: not lonely.scheduler.workers)

    with pytest.raises(StoreError, match=r"no worker for .* s; finished blocks are kept; run it again"):
        run_small(pool[0], model=pool[1], scheduler=with_threads(lonely), progress=lose, limits=limits)
    assert done


def test_workers_that_have_no_gridscan_are_named(pool, lonely, monkeypatch):
    monkeypatch.setattr(dask_clients, "NEEDED", "gridscan.absent")
    message = (
        r"the worker at tcp://127\.0\.0\.1:\d+ cannot compute: ModuleNotFoundError: No module named 'gridscan.absent'"
    )
    with pytest.raises(StoreError, match=message):
        run_small(pool[0], model=pool[1], scheduler=with_threads(lonely))


def with_threads(scheduler):
    """Give a scheduler a worker in this process; return its address."""
    from distributed import Worker

    scheduler.worker_spec["w"] = {"cls": Worker, "options": {"nthreads": 1, "dashboard": False}}
    scheduler.sync(scheduler._correct_state)
    return scheduler.scheduler_address


def test_processes_that_do_not_start_say_why(pool, tmp_path, monkeypatch):
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho no python today >&2\nexit 1\n", encoding="utf-8")
    broken.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(broken))
    with pytest.raises(StoreError, match="the workers did not start: no python today"):
        run_small(pool[0], model=pool[1], workers=1)


def test_processes_end_with_the_one_that_started_them_though_it_is_killed(tmp_path):
    script = """
        import sys, tempfile
        from gridscan.engine.executors.local_processes import client_of_processes
        tempfile.tempdir = sys.argv[1]
        with client_of_processes(1):
            print("ready", flush=True)
            sys.stdin.read()
    """
    (tmp_path / "script.py").write_text(textwrap.dedent(script), encoding="utf-8")
    (tmp_path / "scratch").mkdir()
    process = start("script", "scratch", folder=tmp_path)
    assert process.stdout.readline() == "ready\n"
    children = psutil.Process(process.pid).children(recursive=True)
    assert len(children) > 1
    process.kill()
    finished(process)
    assert not psutil.wait_procs(children, timeout=30)[1]
    assert not list((tmp_path / "scratch").iterdir())


def test_workers_with_other_code_are_refused(pool, monkeypatch):
    workload = make_workload(gs.plan(pool[0], model=pool[1], limits=SMALL).block_plan)
    content = serialize.packed(workload)
    assert serialize.unpacked(content).dims == workload.dims
    here = serialize._code
    monkeypatch.setattr(
        serialize, "_code", lambda names: here(names) | {"gridscan/engine/compute.py": "0", "numpy": "1.0"}
    )
    with pytest.raises(
        StoreError, match=r"different code \(numpy .* is now 1.0, gridscan/engine/compute.py has changed\)"
    ):
        serialize.unpacked(content)


def test_code_that_is_compared_is_all_of_gridscan_that_the_functions_use():
    workload = make_workload(gs.plan("imf_scan").block_plan)
    names = serialize._modules_imported(serialize._steps(workload))
    assert {
        "gridscan.engine.compute",
        "gridscan.physics.galaxy.distances",
        "gridscan.physics.stellar.phase_counts",
    } <= set(names)

    step = serialize._steps(workload)[0]
    own = replace(step, node=replace(step.node, function=lambda energy: amplitudes.helm_form_factor(energy)))
    assert "gridscan.physics.scattering.amplitudes" in serialize._modules_imported([own])
    assert "gridscan.physics.scattering.amplitudes" not in names


def test_a_worker_that_is_killed_costs_little_and_a_scheduler_that_is_killed_ends_the_run(
    tmp_path, forget_modules, clusters
):
    seen = tmp_path / "seen"
    file, name = write_pool(tmp_path, SEEN=str(seen), PAUSE=0.01, LIMIT=24.5)
    pool = file, load_model(name)
    address, [scheduler, *both] = clusters()

    def calls(*pids):
        found = Counter(seen.read_text().split()) if seen.exists() else Counter()
        return [found[str(pid)] for pid in pids]

    def calls_of_workers():
        return calls(*(process.pid for process in both))

    def once(condition, kill):
        def watch(_):
            if killed == [] and condition():
                killed.append(True)
                kill()

        killed = []
        return watch

    alone = run(pool, tmp_path / "alone.nc")
    [whole] = calls(os.getpid())
    watch = once(lambda: sum(calls_of_workers()) > 5, lambda: both[int(np.argmax(calls_of_workers()))].kill())
    assert run(pool, tmp_path / "spread.nc", scheduler=address, progress=watch) == alone
    assert sorted(process.poll() is None for process in both) == [False, True]
    before = sum(calls_of_workers())
    assert whole <= before < 2 * whole

    watch = once(lambda: sum(calls_of_workers()) > before + 20, scheduler.kill)
    message = "^the scheduler is gone; finished blocks are kept; run it again to go on from there$"
    with pytest.raises(StoreError, match=message):
        run_small(file, model=pool[1], output=tmp_path / "broken.nc", scheduler=address, progress=watch)
    with pytest.warns(GridscanWarning):
        again = run_small(file, model=pool[1], output=tmp_path / "broken.nc")
    assert again.reused > 0
    assert again.read_bytes() == alone


class Promise:
    """A result that is told of when the test says so."""

    def __init__(self, outcome):
        self.outcome = outcome

    def add_done_callback(self, tell):
        self.tell = lambda: tell(self)

    def result(self, **_):
        return self.outcome

    def release(self):
        pass


class Shuffled:
    """A client whose results come in any order, one whenever somebody waits for one."""

    status = "running"

    def __init__(self, threads, seconds=0.0):
        self.threads, self.seconds = threads, seconds
        self.open, self.most, self.sizes = [], 0, []
        self.random = random.Random(1)

    def nthreads(self):
        return {"worker": self.threads}

    def submit(self, function, *arguments, **_):
        if function is not executors._distant:
            return function(*arguments)
        seconds, found = function(*arguments)
        self.sizes.append(len(found))
        promise = Promise((self.seconds * len(found) or seconds, found))
        self.open.append(promise)
        self.most = max(self.most, len(self.open))
        return promise

    def tell(self):
        self.open.pop(self.random.randrange(len(self.open))).tell()


def worked(pool, client, monkeypatch, limits=SMALL):
    """Return the blocks of the areas of the pool in the order in which they come, those without failures first."""
    block_plan = gs.plan(pool[0], model=pool[1], limits=SMALL).block_plan
    executor = DaskExecutor(lambda: client, limits)
    executor.prepare(make_workload(block_plan))
    group = block_plan.groups[0]
    tasks = [
        Task(0, block, [group.box(block)], [{}], None, math.prod(part.stop - part.start for part in group.box(block)))
        for block in range(group.number)
    ]
    wait = executors.Queue.get

    def told(queue, timeout):
        client.tell()
        return wait(queue, timeout=timeout)

    monkeypatch.setattr(executors.Queue, "get", told)
    blocks = {False: [], True: []}
    for task, pieces in executor.work(iter(tasks), costly=True):
        assert pieces[0].values["area"].size == task.cells
        blocks[bool(pieces[0].codes)].append(task.block)
    return blocks[False], blocks[True], group.number


def test_pieces_with_failures_come_in_their_order_whatever_the_order_of_results(pool, monkeypatch):
    client = Shuffled(threads=2, seconds=1.0)
    whole, failed, number = worked(pool, client, monkeypatch)
    assert sorted(whole + failed) == list(range(number))
    assert whole != sorted(whole)
    assert failed == sorted(failed)
    assert len(failed) > 5
    assert client.most == 2 * executors._AHEAD
    assert set(client.sizes) == {1}


def test_cheap_blocks_are_sent_more_and_more_at_once(pool, monkeypatch):
    client = Shuffled(threads=1, seconds=1e-6)
    whole, failed, number = worked(pool, client, monkeypatch)
    assert sorted(whole + failed) == list(range(number))
    assert client.sizes[:4] == [1, 1, 1, 2]
    assert max(client.sizes) >= 4


@pytest.mark.parametrize("waiting", [1, 1000])
def test_what_a_worker_has_no_time_for_is_sent_again(pool, monkeypatch, waiting):
    monkeypatch.setattr(executors._Bundles, "take", lambda self, _, take=executors._Bundles.take: take(self, 4))
    limits = replace(SMALL, task_seconds=0.0, task_seconds_per_worker=0.0, waiting_cells=waiting)
    whole, failed, number = worked(pool, client := Shuffled(threads=2), monkeypatch, limits)
    assert sorted(whole + failed) == list(range(number))
    assert failed == sorted(failed)
    assert set(client.sizes) == {1}


def test_units_are_sent_as_those_of_the_registry_of_gridscan():
    import pint

    from gridscan.engine.executors import serialize
    from gridscan.units import base_factor, parse_unit, registry

    before = pint.get_application_registry().get()
    try:
        pint.set_application_registry(pint.UnitRegistry())
        unit = pickle.loads(serialize._dumped(parse_unit("Msun/yr")))
        assert unit._REGISTRY is registry
        assert base_factor(unit) == base_factor(parse_unit("Msun/yr"))
    finally:
        pint.set_application_registry(before)


def test_failures_that_wait_for_their_turn_do_not_pile_up(pool, monkeypatch):
    limits = replace(SMALL, waiting_cells=1)
    whole, failed, number = worked(pool, Shuffled(threads=2), monkeypatch, limits)
    assert sorted(whole + failed) == list(range(number))
    assert failed == sorted(failed)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the priority of a thread is that of its process")
def test_threads_that_compute_let_the_one_that_writes_go_first(monkeypatch):
    priorities = set()

    def compute(*_):
        priorities.add(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        return []

    monkeypatch.setattr(executors, "compute", compute)
    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    executor = executors.LocalExecutor(2)
    executor.prepare(None)
    tasks = [Task(0, block, [()], [{}], None, 1) for block in range(5)]
    assert [task for task, _ in executor.work(iter(tasks), costly=False)] == tasks
    assert priorities == {min(own + executors._LOWER_PRIORITY, 19)}
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == own
