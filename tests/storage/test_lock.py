"""One run at a time writes an output, also where a disk knows no locks, or only those of one node."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import socket
import threading
import time

import pytest

import gridscan.storage.lock
from gridscan.storage.lock import Held, holder_of, locked

HERE = socket.gethostname()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "out.nc"


@pytest.fixture
def lock(tmp_path):
    return tmp_path / ".out.nc.lock"


def refuse(*_):
    raise OSError(errno.ENOLCK, "No locks available")


@pytest.fixture(params=["none", "of one node"])
def disk(request, monkeypatch):
    """A disk that knows no locks, or one whose locks other nodes do not see; all that takes time takes less."""
    how = {"none": refuse, "of one node": lambda *_: None}[request.param]
    monkeypatch.setattr(fcntl, "flock", how)
    for name, seconds in {"_BEAT": 0.02, "_SILENT": 0.4, "_SEEN": 0.1}.items():
        monkeypatch.setattr(gridscan.storage.lock, name, seconds)


def left_by(lock, text, seconds_ago=0.0):
    """Leave a lock file as somebody else's, with the time of its last sign of life."""
    lock.write_text(text)
    then = time.time() - seconds_ago
    os.utime(lock, (then, then))


def test_the_lock_of_a_process_of_this_node_that_was_killed_holds_nobody_up(path, lock, tmp_path):
    left_by(lock, f"process 999999 on {HERE}\nabc\n")
    with locked(path):
        assert lock.read_text().startswith(f"process {os.getpid()} on {HERE}\n")
    assert list(tmp_path.iterdir()) == []


def test_the_lock_of_another_node_that_has_been_silent_for_long_holds_nobody_up(path, lock, tmp_path):
    left_by(lock, "process 12 on somewhere\nabc\n", seconds_ago=60)
    with locked(path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_who_comes_second_leaves_and_names_the_holder(path):
    with locked(path):
        with pytest.raises(Held, match=rf"^process {os.getpid()} on {HERE}$"), locked(path):
            pass
        assert holder_of(path) == f"process {os.getpid()} on {HERE}"
    assert holder_of(path) is None


def test_who_comes_second_leaves_where_the_disk_has_no_lock_for_it(path, disk, tmp_path):
    with (
        locked(path),
        pytest.raises(Held, match=rf"process {os.getpid()} on {HERE}"),
        of_another_node(),
        locked(path),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


@contextlib.contextmanager
def of_another_node():
    """Let what asks for the name of this node get another in the meantime."""
    before = socket.gethostname
    socket.gethostname = lambda: "elsewhere"
    try:
        yield
    finally:
        socket.gethostname = before


def test_a_lock_of_a_node_that_died_is_taken_over_after_a_while(path, lock, disk):
    left_by(lock, "process 12 on somewhere\nabc\n")
    start = time.monotonic()
    with locked(path):
        assert time.monotonic() - start > 0.2
        assert holder_of(path) == f"process {os.getpid()} on {HERE}"


def test_of_several_that_take_over_one_has_it(path, lock, monkeypatch):
    monkeypatch.setattr(fcntl, "flock", refuse)
    for name, seconds in {"_BEAT": 0.02, "_SILENT": 0.1, "_SEEN": 0.2}.items():
        monkeypatch.setattr(gridscan.storage.lock, name, seconds)
    left_by(lock, "process 12 on somewhere\nabc\n", seconds_ago=60)
    inside, most, held = [], [], []

    def take():
        try:
            with locked(path):
                inside.append(1)
                most.append(len(inside))
                time.sleep(0.5)
                inside.pop()
        except Held:
            held.append(True)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (most, len(held)) == ([1], 3)


def test_a_holder_that_was_given_up_leaves_the_lock_of_its_successor(path, lock, disk):
    with locked(path):
        left_by(lock, "process 12 on somewhere\nabc\n")
        time.sleep(0.1)
        assert lock.read_text() == "process 12 on somewhere\nabc\n"
    assert lock.exists()


def test_nobody_holds_what_a_dead_process_or_a_silent_node_has_left(path, lock):
    left_by(lock, f"process 999999 on {HERE}\nabc\n")
    assert holder_of(path) is None
    left_by(lock, "process 12 on somewhere\nabc\n")
    assert holder_of(path) == "process 12 on somewhere"
    left_by(lock, "process 12 on somewhere\nabc\n", seconds_ago=60)
    assert holder_of(path) is None


def test_a_lock_that_its_holder_has_just_removed_locks_nothing(path, lock, tmp_path, monkeypatch):
    before, removed = fcntl.flock, []

    def flock(descriptor, how):
        before(descriptor, how)
        if not removed:
            removed.append(True)
            lock.unlink()

    monkeypatch.setattr(fcntl, "flock", flock)
    with locked(path):
        assert lock.exists()
        with pytest.raises(Held, match=f"process {os.getpid()} on "), locked(path):
            pass
    assert list(tmp_path.iterdir()) == []
