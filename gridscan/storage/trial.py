"""Opening a file with the HDF5 and netCDF libraries, in a process of its own that they may end, or keep busy for ever.

Run as a program with a path, by `why_not_opened`; it needs nothing else of gridscan. What these libraries refuse, they
refuse again in the process that asked; only whether they come back is found out here.
"""

from __future__ import annotations

import contextlib
import functools
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

#: Time that the libraries have [s]; they need some hundredths of it.
LONGEST = 30.0


def why_not_opened(path: Path, program: str = __file__) -> str:
    """Try whether the libraries come back from opening a file.

    Parameters
    ----------
    path
        An HDF5 file.
    program
        What tries it.

    Returns
    -------
    str
        What becomes of them, in words; empty if they come back.
    """
    found = os.stat(path)
    return _tried(str(path), program, (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns))


@functools.lru_cache(maxsize=1024)
def _tried(path: str, program: str, _: tuple[int, ...]) -> str:
    """Try it once for each state of a file."""
    # Without the folder of this module, of whose names some are those of modules of Python.
    command = [sys.executable, "-P", program, path]
    nothing = subprocess.DEVNULL
    try:
        done = subprocess.run(command, stdin=nothing, stdout=nothing, stderr=nothing, timeout=LONGEST, check=False)
    except subprocess.TimeoutExpired:
        return "does not come back from opening it"
    return f"ends by signal {-done.returncode} when it opens it" if done.returncode < 0 else ""


def _open(path: str) -> None:
    import h5py
    import netCDF4

    def look(_: str, item: Any) -> None:
        for name in item.attrs:
            with contextlib.suppress(Exception):
                item.attrs[name]

    with contextlib.suppress(Exception), h5py.File(path, "r") as file:
        look("", file)
        file.visititems(look)
    with contextlib.suppress(Exception), netCDF4.Dataset(path) as file:
        _look_at_group(file)


def _look_at_group(group: Any) -> None:
    for owner in (group, *group.variables.values()):
        for name in owner.ncattrs():
            with contextlib.suppress(Exception):
                owner.getncattr(name)
    for inner in group.groups.values():
        _look_at_group(inner)


if __name__ == "__main__":
    _open(sys.argv[1])
