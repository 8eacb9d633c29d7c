import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from gridscan.atomic import replacing
from gridscan.errors import StoreError


def test_a_file_appears_only_when_it_is_whole(tmp_path):
    path = tmp_path / "table.csv"
    with replacing(path) as temporary:
        temporary.write_text("half", encoding="utf-8")
        assert not path.exists()
    assert path.read_text(encoding="utf-8") == "half"
    assert os.listdir(tmp_path) == ["table.csv"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, ValueError, MemoryError])
def test_whatever_happens_the_earlier_file_stays_and_nothing_else(tmp_path, error):
    path = tmp_path / "table.csv"
    path.write_text("precious", encoding="utf-8")

    def fail():
        with replacing(path, force=True) as temporary:
            temporary.write_text("half", encoding="utf-8")
            raise error

    with pytest.raises(error):
        fail()
    assert path.read_text(encoding="utf-8") == "precious"
    assert os.listdir(tmp_path) == ["table.csv"]


def test_a_full_disk_is_called_that(tmp_path):
    message = "table.csv: cannot be written: the disk is full"
    with pytest.raises(StoreError, match=message), replacing(tmp_path / "table.csv"):
        raise OSError(28, "No space left on device")


def test_permissions_are_those_of_any_new_file(tmp_path):
    umask = os.umask(0o027)
    try:
        with replacing(tmp_path / "table.csv") as temporary:
            temporary.write_text("", encoding="utf-8")
    finally:
        os.umask(umask)
    assert (tmp_path / "table.csv").stat().st_mode & 0o777 == 0o640


def test_what_a_killed_run_left_is_removed_and_what_a_running_one_writes_is_not(tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    host = socket.gethostname()
    dead = tmp_path / f".table.csv.{host}-{gone.pid}-0badcafe.part"
    alive = tmp_path / f".table.csv.{host}-{os.getppid()}-0badcafe.part"
    other = tmp_path / f".other.csv.{host}-{gone.pid}-0badcafe.part"
    elsewhere = tmp_path / f".table.csv.another-host-{gone.pid}-0badcafe.part"
    for path in (dead, alive, other, elsewhere):
        path.touch()
    with replacing(tmp_path / "table.csv"):
        pass
    assert [path.exists() for path in (dead, alive, other, elsewhere)] == [False, True, True, True]


def test_what_a_link_stands_for_is_replaced_and_the_link_stays(tmp_path):
    (tmp_path / "real.txt").write_text("old", encoding="utf-8")
    (tmp_path / "link.txt").symlink_to("real.txt")
    with replacing(tmp_path / "link.txt", force=True) as temporary:
        temporary.write_text("new", encoding="utf-8")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text(encoding="utf-8") == "new"


def test_pipes_and_devices_are_left_alone(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for place in (tmp_path / "pipe", Path("/dev/null")):
        with pytest.raises(StoreError, match="not a regular file"), replacing(place):
            pass
    assert not (tmp_path / "pipe").is_file()
