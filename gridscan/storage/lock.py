"""Lock of an output, so that one run at a time writes it."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)


class Held(Exception):
    """Another run holds the lock of an output; the message says which."""


@contextlib.contextmanager
def locked(path: Path) -> Iterator[bool]:
    """Hold the lock of an output, so that one run at a time writes it.

    Parameters
    ----------
    path
        The output.

    Yields
    ------
    bool
        Whether the disk supports locks.

    Raises
    ------
    Held
        If another run holds it.
    OSError
        If the folder cannot be written to.
    """
    lock = path.with_name(f".{path.name}.lock")
    descriptor, known = _lock(lock)
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"process {os.getpid()} on {socket.gethostname()}".encode(), 0)
        yield known
    finally:
        with contextlib.suppress(OSError):
            lock.unlink()
        os.close(descriptor)


def _lock(lock: Path) -> tuple[int, bool]:
    while True:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 200, 0).decode(errors="replace")
            os.close(descriptor)
            raise Held(holder or "another process") from None
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                os.close(descriptor)
                raise
            return descriptor, False
        # The holder removes the file when it ends; a file opened before that locks nothing.
        with contextlib.suppress(FileNotFoundError):
            if os.stat(lock).st_ino == os.fstat(descriptor).st_ino:
                return descriptor, True
        os.close(descriptor)
