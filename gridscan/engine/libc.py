"""Two functions of the GNU C library that Python lacks; with another C library they do nothing."""

from __future__ import annotations

import ctypes
import errno
import functools
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# Options of mallopt, see malloc.h, and bytes.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_KEPT = 1 << 30
_NOT_KNOWN = (errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)


@functools.cache
def _library() -> ctypes.CDLL | None:
    try:
        return ctypes.CDLL("libc.so.6", use_errno=True)
    except OSError:
        return None


def keep_freed_memory() -> None:
    """Keep freed arrays of some megabytes for reuse: returning each to the system costs as much as computing it."""
    if library := _library():
        for option in (_MMAP_THRESHOLD, _TRIM_THRESHOLD):
            library.mallopt(option, _KEPT)


def reserve(path: Path) -> None:
    """Allocate the whole of a sparse file on the disk, where the file system supports it.

    A full disk is noticed at once, and filling the file takes less time. ``os.posix_fallocate`` would write into
    each block of the file where this is not supported.

    Raises
    ------
    OSError
        If the disk is too small.
    """
    library = _library()
    if library is None:
        return
    descriptor = os.open(path, os.O_RDWR)
    try:
        size = ctypes.c_int64(os.fstat(descriptor).st_size)
        failed = library.fallocate64(descriptor, 0, ctypes.c_int64(0), size) != 0
        if failed and ctypes.get_errno() not in _NOT_KNOWN:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(path))
    finally:
        os.close(descriptor)
