"""Calls of the C library that Python lacks: what they do where it has them, and where it has not."""

from __future__ import annotations

import ctypes
import errno
import os

import pytest

import gridscan as gs
from gridscan.engine import libc
from gridscan.engine.libc import reserve
from gridscan.errors import StoreError

SCENARIO = """\
model = "red_supergiants"
[axes]
time = ["10 Myr", "20 Myr"]
[output]
quantities = ["flux"]
path = "out.nc"
"""


class Library:
    """A C library on whose disk nothing can be reserved, for one reason."""

    def __init__(self, number):
        self.number = number

    def fallocate64(self, *_):
        ctypes.set_errno(self.number)
        return -1


@pytest.fixture
def sparse(tmp_path):
    path = tmp_path / "file"
    with path.open("wb") as file:
        file.truncate(1 << 20)
        file.seek(5)
        file.write(b"kept")
    return path


def test_what_is_reserved_has_its_place_on_the_disk_and_its_content(sparse):
    before = sparse.read_bytes()
    assert 512 * os.stat(sparse).st_blocks < 1 << 19
    reserve(sparse)
    if libc._library() is not None:
        assert 512 * os.stat(sparse).st_blocks >= 1 << 20
    assert sparse.read_bytes() == before


@pytest.mark.parametrize("number", [errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_disk_that_knows_no_reserving_is_no_fault(sparse, monkeypatch, number):
    monkeypatch.setattr(libc, "_library", lambda: Library(number))
    reserve(sparse)
    monkeypatch.setattr(libc, "_library", lambda: None)
    reserve(sparse)
    assert 512 * os.stat(sparse).st_blocks < 1 << 19


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_disk_that_is_too_small_is_found_out_before_anything_is_computed(tmp_path, monkeypatch, number):
    (tmp_path / "s.toml").write_text(SCENARIO, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(libc, "_library", lambda: Library(number))
    told = []
    with pytest.raises(StoreError, match="the disk is full"):
        gs.run("s.toml", progress=told.append)
    assert not any(progress.computed for progress in told)
    assert [path.name for path in tmp_path.iterdir()] == ["s.toml"]
