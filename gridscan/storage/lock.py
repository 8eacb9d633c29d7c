"""Lock of an output, so that one run at a time writes it, also where a disk knows no locks.

The file beside the output is locked, where the disk can do that; on some clusters the disk then keeps other processes
of the same node away, and on some it refuses. So the holder also writes into the file every few seconds, and a file of
another node in which nobody has written for a while is that of a run that was killed.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import socket
import tempfile
import threading
import time
import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
# Seconds: between two signs of life; without any until a holder counts as gone; and until all have seen who took over.
_BEAT = 5.0
_SILENT = 30.0
_SEEN = 1.0
_LONGEST = 200


class Held(Exception):
    """Another run holds the lock of an output; the message says which."""


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of an output, so that one run at a time writes it.

    Parameters
    ----------
    path
        The output.

    Yields
    ------
    None
        To the block that writes it.

    Raises
    ------
    Held
        If another run holds it.
    OSError
        If the folder cannot be written to.
    """
    lock, sign = _lock_of(path), f"process {os.getpid()} on {socket.gethostname()}\n{uuid.uuid4().hex}\n".encode()
    descriptor = _taken(lock, sign)
    ended = threading.Event()
    beating = threading.Thread(target=_beat, args=(descriptor, sign, ended), daemon=True)
    beating.start()
    try:
        yield
    finally:
        ended.set()
        beating.join()
        with contextlib.suppress(OSError):
            if _content(descriptor).startswith(sign):
                lock.unlink()
        os.close(descriptor)


def holder_of(path: Path) -> str | None:
    """Return which process is writing an output, as far as its lock file tells.

    Parameters
    ----------
    path
        The output.

    Returns
    -------
    str or None
        Such as ``"process 12 on node3"``; None where nobody is.
    """
    try:
        descriptor = os.open(_lock_of(path), os.O_RDONLY)
    except OSError:
        return None
    try:
        said = _content(descriptor)
        is_silent = _now(path) - os.fstat(descriptor).st_mtime > _SILENT
    finally:
        os.close(descriptor)
    return None if is_silent or not said or (_is_local(said) and not _is_alive(said)) else _first_line(said)


def _lock_of(path: Path) -> Path:
    return path.with_name(f".{path.name}.lock")


def _taken(lock: Path, sign: bytes) -> int:
    """Open the lock file and take it, or raise `Held`."""
    while True:
        descriptor, is_new = _opened(lock)
        try:
            knows_locks = _flocked(descriptor)
            if not _is_at(descriptor, lock):
                # The holder removes the file when it ends; a file opened before that locks nothing.
                os.close(descriptor)
                continue
            said = b"" if is_new else _content(descriptor)
            if not is_new and not (knows_locks and (not said or _is_local(said))):
                _wait_for_silence(lock, descriptor, said)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, sign, 0)
            if not is_new and not knows_locks:
                # Of several that found it silent, the last to write has it.
                time.sleep(_SEEN)
                _check_sign(lock, sign)
        except BaseException:
            with contextlib.suppress(OSError):
                os.close(descriptor)
            raise
        return descriptor


def _opened(lock: Path) -> tuple[int, bool]:
    with contextlib.suppress(FileExistsError):
        return os.open(lock, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644), True
    return os.open(lock, os.O_RDWR | os.O_CREAT, 0o644), False


def _flocked(descriptor: int) -> bool:
    """Lock an open file, and tell whether its disk knows locks."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Held(_first_line(_content(descriptor)) or "another process") from None
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        return False
    return True


def _is_at(descriptor: int, lock: Path) -> bool:
    try:
        found, own = os.stat(lock), os.fstat(descriptor)
    except FileNotFoundError:
        return False
    return (found.st_dev, found.st_ino) == (own.st_dev, own.st_ino)


def _wait_for_silence(lock: Path, descriptor: int, said: bytes) -> None:
    """Return when nobody has written into a lock file for a while, or raise `Held` as soon as somebody does."""
    quiet_for = _now(lock) - os.fstat(descriptor).st_mtime
    until = time.monotonic() + _SILENT - max(quiet_for, 0.0)
    while time.monotonic() < until:
        time.sleep(min(_SEEN, _SILENT / 10))
        # Opened again: some disks show what others have written only then.
        try:
            found = lock.read_bytes()
        except FileNotFoundError:
            return
        if found != said:
            raise Held(_first_line(found) or "another process")


def _check_sign(lock: Path, sign: bytes) -> None:
    try:
        found = lock.read_bytes()
    except FileNotFoundError:
        found = b""
    if not found.startswith(sign):
        raise Held(_first_line(found) or "another process")


def _beat(descriptor: int, sign: bytes, ended: threading.Event) -> None:
    """Write into a lock file every few seconds, as long as it is ours."""
    number = 0
    while not ended.wait(_BEAT):
        number += 1
        with contextlib.suppress(OSError):
            if not _content(descriptor).startswith(sign):
                return
            os.pwrite(descriptor, f"{number:012d}\n".encode(), len(sign))


def _content(descriptor: int) -> bytes:
    return os.pread(descriptor, _LONGEST, 0)


def _first_line(said: bytes) -> str:
    return said.partition(b"\n")[0].decode(errors="replace")


def _is_local(said: bytes) -> bool:
    return _first_line(said).endswith(f" on {socket.gethostname()}")


def _is_alive(said: bytes) -> bool:
    """Tell whether the process that a lock file of this node names is there."""
    number = _first_line(said).split(" ")[1]
    return os.path.exists(f"/proc/{number}") if os.path.isdir("/proc/self") else True


def _now(path: Path) -> float:
    """Return the time of the clock that gives files of this folder their times."""
    try:
        with tempfile.TemporaryFile(dir=path.parent) as file:
            file.write(b"now")
            file.flush()
            return os.fstat(file.fileno()).st_mtime
    except OSError:
        return time.time()
