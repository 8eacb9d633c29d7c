"""Clusters of dask in any form: an address, a client, a cluster; and what is said where nothing answers."""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
import threading
import time

import dask
import distributed
import pytest

import gridscan as gs
from gridscan.engine.executors import executors, local_processes
from gridscan.engine.executors.dask_clients import within
from gridscan.engine.executors.executors import DaskExecutor
from gridscan.errors import GridscanError, StoreError
from gridscan.limits import Limits

SCENARIO = """
model = "square"
axes.side = { linspace = [1, 30, 30], unit = "m" }
output.quantities = ["area"]
"""


@pytest.fixture(scope="module")
def scenario():
    model = gs.Model("square", "A square")
    model.parameter("side", "1 m", "Side", minimum=0)

    @model.kernel("m^2", side="m", long_name="area")
    def area(side):
        return side**2

    return gs.Scenario.parse(SCENARIO, model=model)


def one_thread(**options):
    """Start a cluster of one thread in this process."""
    return distributed.LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        processes=False,
        silence_logs=logging.CRITICAL,
        dashboard_address="127.0.0.1:0",
        **options,
    )


@pytest.fixture(scope="module")
def cluster():
    with one_thread() as found:
        yield found


def test_a_client_and_a_cluster_compute_the_same_bytes_and_stay_open(scenario, tmp_path, cluster):
    alone = gs.run(scenario, output=tmp_path / "alone.nc")
    with distributed.Client(cluster, set_as_default=False) as client:
        for name, given in {"client": client, "cluster": cluster}.items():
            path = gs.run(scenario, output=tmp_path / f"{name}.nc", **{name: given})
            assert path.computed == alone.computed
            assert path.read_bytes() == alone.read_bytes()
        assert client.status == "running"
        assert client.nthreads()
    assert cluster.status.name == "running"


@pytest.mark.parametrize("name", ["client", "cluster"])
@pytest.mark.parametrize("given", ["tcp://127.0.0.1:1", 3, distributed.Client])
def test_what_is_no_client_or_cluster_is_named(scenario, tmp_path, name, given):
    with pytest.raises(StoreError, match=f"{name} takes a {name.capitalize()[0]}?.*of dask.*, found [^\n]*$"):
        gs.run(scenario, output=tmp_path / "a.nc", **{name: given})


def test_a_client_and_a_cluster_that_are_closed_are_refused(scenario, tmp_path, cluster):
    client = distributed.Client(cluster, set_as_default=False)
    client.close()
    with pytest.raises(StoreError, match="the client is closed; give one that runs"):
        gs.run(scenario, output=tmp_path / "a.nc", client=client)
    with one_thread() as closed:
        pass
    with pytest.raises(StoreError, match="the cluster is closed; give one that runs"):
        gs.run(scenario, output=tmp_path / "a.nc", cluster=closed)


def test_an_asynchronous_client_and_cluster_are_refused(scenario, tmp_path):
    class Asynchronous(distributed.Client):
        asynchronous = True

        def __init__(self):
            self.scheduler_address = "tcp://127.0.0.1:1"

        def __del__(self):
            pass

    for name in ("client", "cluster"):
        with pytest.raises(StoreError, match=f"the {name} is asynchronous"):
            gs.run(scenario, output=tmp_path / "a.nc", **{name: Asynchronous()})


def test_one_kind_of_workers_at_a_time(scenario, cluster):
    with pytest.raises(StoreError, match=r"^--scheduler and cluster cannot be combined$"):
        gs.run(scenario, output="a.nc", scheduler="tcp://127.0.0.1:1", cluster=cluster)


def test_tls_settings_of_dask_reach_the_scheduler(scenario, tmp_path):
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-days", "2"]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    own = {
        f"tls_{role}_{kind}": str(file)
        for role in ("scheduler", "worker", "client")
        for kind, file in {"cert": certificate, "key": key}.items()
    }
    security = distributed.Security(tls_ca_file=str(certificate), require_encryption=True, **own)
    with one_thread(security=security, protocol="tls", host="127.0.0.1") as cluster:
        address = cluster.scheduler_address
        assert address.startswith("tls://")
        with pytest.raises(StoreError, match=f"there is no dask scheduler at '{address}': TLS .* configuration"):
            gs.run(scenario, output=tmp_path / "a.nc", scheduler=address)
        own = {"ca-file": certificate, "client.cert": certificate, "client.key": key}
        settings = {f"distributed.comm.tls.{name}": str(file) for name, file in own.items()}
        with dask.config.set(settings):
            by_address = gs.run(scenario, output=tmp_path / "a.nc", scheduler=address)
        assert gs.run(scenario, output=tmp_path / "b.nc", cluster=cluster).read_bytes() == by_address.read_bytes()


@pytest.mark.parametrize("address", ["nonsense", "", "tls://127.0.0.1:1", "foo://127.0.0.1:1", "127.0.0.1:1"])
def test_no_client_is_made_where_no_scheduler_answers(scenario, tmp_path, monkeypatch, address):
    # One that has not reached its scheduler prints tracebacks when Python ends.
    monkeypatch.setattr(distributed, "Client", lambda *_, **__: pytest.fail("a client was made"))
    with pytest.raises(StoreError, match=f"^there is no dask scheduler at '{address}': (?!in <)[^\n]+$"):
        gs.run(scenario, output=tmp_path / "a.nc", scheduler=address, limits=Limits(connect_seconds=0.2))


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-OpenSSH_9.2\r\n"])
def test_a_port_that_accepts_and_is_no_scheduler_is_soon_left(scenario, tmp_path, answer):
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        accepted = in_background(lambda: server.accept()[0].sendall(answer))
        with pytest.raises(StoreError, match=f"there is no dask scheduler at '{address}': "):
            gs.run(scenario, output=tmp_path / "a.nc", scheduler=address, limits=Limits(connect_seconds=0.3))
        accepted.join(5)


def in_background(call):
    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    return thread


def test_the_address_of_a_worker_is_none_of_a_scheduler(scenario, tmp_path):
    with one_thread(protocol="tcp", host="127.0.0.1") as cluster:
        worker = next(iter(cluster.workers.values())).address
        with pytest.raises(StoreError, match=r"it is the address of a worker$"):
            gs.run(scenario, output=tmp_path / "a.nc", scheduler=worker)


class Alone:
    """A client whose scheduler has no workers, or does not answer."""

    status = "running"
    scheduler = type("Scheduler", (), {"address": "tcp://127.0.0.1:1"})

    def __init__(self, answer):
        self.nthreads = answer

    def submit(self, *_, **__):
        return None


def waiting(answer, **limits):
    """Return an executor that waits for workers."""
    executor = DaskExecutor(lambda: Alone(answer), Limits(connect_seconds=0.05, **limits))
    executor.client, executor._since = Alone(answer), time.monotonic()
    return executor


def given_up(executor):
    try:
        while True:
            executor._check()
            time.sleep(0.01)
    except StoreError as error:
        return str(error)


@pytest.mark.parametrize(
    ("answer", "told", "end"),
    [
        (
            dict,
            "the scheduler has no worker; waiting for 0.2 s",
            r"the scheduler has had no worker for 0 s; start some",
        ),
        (lambda: time.sleep(9), "the scheduler does not answer; waiting for 0.2 s", "the scheduler has not answered"),
    ],
)
def test_a_run_that_waits_for_workers_says_so_and_for_how_long(caplog, answer, told, end):
    assert given_up(waiting(answer, first_worker_seconds=0.2)).startswith(end)
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage() == f"{told} (--wait, or gs.Limits(first_worker_seconds=…), to change)"


def test_workers_that_are_lost_and_come_again_are_told_of(caplog, monkeypatch):
    monkeypatch.setattr(executors, "_SILENT", 0.0)
    here = {"worker": 1}
    executor = waiting(lambda: here, worker_seconds=60.0)
    executor._check()
    here.clear()
    executor._check()
    executor._check()
    here["worker"] = 1
    executor._check()
    told = [record.getMessage() for record in caplog.records]
    assert told[0].startswith("the scheduler has no worker; waiting for 60 s (--wait, or gs.Limits(worker_seconds=…)")
    assert told[1:] == ["there are workers again"]


def test_what_does_not_answer_in_time_is_left_alone():
    assert within(5.0, lambda: 3) == 3
    with pytest.raises(TimeoutError):
        within(0.01, lambda: time.sleep(0.5))
    with pytest.raises(ZeroDivisionError):
        within(5.0, lambda: 1 / 0)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_more_workers_than_files_may_be_opened_for_are_refused(scenario, tmp_path, monkeypatch):
    import resource

    monkeypatch.setattr(resource, "getrlimit", lambda _: (58, 4096))
    monkeypatch.setattr(local_processes, "_FILES_PER_WORKER", 10)
    message = "2 workers cannot start: a process may open 58 files here, and about 60 are needed"
    with pytest.raises(GridscanError, match=f"^{message}; allow more with: ulimit -n 1024$"):
        gs.run(scenario, output=tmp_path / "a.nc", workers=2)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("tornado: OSError: [Errno 24] Too many open files", "Too many open files; allow more with: ulimit -n 4096"),
        ("Traceback:\\nImportError: no tornado\\n  <no Python frame>", "ImportError: no tornado"),
    ],
)
def test_processes_that_do_not_start_say_why_in_a_line(scenario, tmp_path, monkeypatch, said, reason):
    broken = tmp_path / "python"
    wait = "sleep 60" if "files" in said else "exit 1"
    broken.write_text(f"#!/bin/sh\nprintf '{said}\\n' >&2\n{wait}\n", encoding="utf-8")
    broken.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(broken))
    with pytest.raises(StoreError) as caught:
        gs.run(scenario, output=tmp_path / "a.nc", workers=1)
    assert str(caught.value) == f"the workers did not start: {reason}"
