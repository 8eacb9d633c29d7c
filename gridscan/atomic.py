"""Files that appear under their name only when they are complete."""

from __future__ import annotations

import contextlib
import errno
import glob
import os
import shutil
import socket
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from gridscan.errors import StoreError
from gridscan.marks.files import refuse_foreign, seal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_MARGIN = 2_000_000


@contextlib.contextmanager
def replacing(
    path: str | Path, *, force: bool = False, refuse: Callable[[Path], None] = refuse_foreign
) -> Iterator[Path]:
    """Yield a temporary file beside a path, which replaces it when the block ends without an error.

    Only what gridscan wrote and nobody changed is replaced: what is there is looked at before the block and again after
    it. The new file gets the mark by which that is known, where its format has a place for it. Temporary files left by
    killed runs are removed first.

    Parameters
    ----------
    path
        The file to write.
    force
        Whether any file may be replaced.
    refuse
        Raises `StoreError` for a file that may not; of netCDF files, those that gridscan writes have a record in place
        of a mark.

    Yields
    ------
    pathlib.Path
        The temporary file.

    Raises
    ------
    StoreError
        If the file cannot be written, or another one would be lost; an earlier file is kept.
    OSError
        As raised by the block, if the disk is not the cause.
    RuntimeError
        As raised by the block, if the disk is not the cause.
    """
    path = target_of(path)
    if not force:
        refuse(path)
    _remove_remains(path)
    temporary = path.with_name(f".{path.name}.{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}.part")
    try:
        temporary.touch()
    except OSError as error:
        raise StoreError(f"{path.parent}: not writable: {reason(error)}") from None
    try:
        yield temporary
        seal(temporary)
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        if not force:
            refuse(path)
        os.replace(temporary, path)
    except (OSError, RuntimeError) as error:
        what = what_failed(error, path)
        if what is None:
            raise
        raise StoreError(f"{path}: cannot be written: {what}; an earlier file is kept") from None
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def check_place(path: str | Path, *, force: bool = False, refuse: Callable[[Path], None] = refuse_foreign) -> None:
    """Refuse a place to which `replacing` would not write, before anything is computed.

    Parameters
    ----------
    path
        The file to write.
    force
        Whether any file may be replaced.
    refuse
        As of `replacing`.

    Raises
    ------
    StoreError
        If no file can be written there, or another one would be lost.
    """
    if not force:
        refuse(place_of(path))


def check_space(path: Path, size: int) -> None:
    """Refuse to begin a file that is too large for the disk.

    Parameters
    ----------
    path
        The file to write.
    size
        Its size [bytes].

    Raises
    ------
    StoreError
        If there is less space; the message says how much is needed and how much is free.
    """
    free = shutil.disk_usage(folder_above(path)).free
    if size + _MARGIN > free:
        raise StoreError(
            f"{path}: needs about {(size + _MARGIN) / 1e6:,.0f} MB, but {free / 1e6:,.1f} MB are free on that disk;"
            " give another path with --output, or fewer values"
        )


def reason(error: BaseException) -> str:
    """Return in a few words why a file cannot be read or written.

    Parameters
    ----------
    error
        The exception.

    Returns
    -------
    str
        Text for a message.
    """
    said = (getattr(error, "strerror", None) or str(error) or type(error).__name__).splitlines()[0]
    # HDF5 adds the flags of the call and more to the message of the system.
    return os.strerror(error.errno) if isinstance(error, OSError) and error.errno and "errno = " in said else said


def folder_above(path: Path) -> Path:
    """Return the innermost existing folder above a path, or the file in its place.

    Parameters
    ----------
    path
        A file or folder, which need not exist.

    Returns
    -------
    pathlib.Path
        An existing path.
    """
    return next((folder for folder in path.parents if os.path.exists(folder)), path.parent)


def target_of(path: str | Path) -> Path:
    """Return the path to which a file is to be written, and make its folder if needed.

    Parameters
    ----------
    path
        The file to write.

    Returns
    -------
    pathlib.Path
        The path, with links followed.

    Raises
    ------
    StoreError
        If no file can be written there.
    """
    path = place_of(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{path.parent}: cannot be created: {reason(error)}") from None
    return path


def place_of(path: str | Path) -> Path:
    """Return the path to which a file is to be written, without making its folder.

    Parameters
    ----------
    path
        The file to write.

    Returns
    -------
    pathlib.Path
        The path, with links followed.

    Raises
    ------
    StoreError
        If no file can be written there.
    """
    path = Path(path)
    if os.path.isdir(path) and path.suffix != ".zarr":
        raise StoreError(f"{path}: is a folder; expected the name of a file")
    # The target of a link is replaced, not the link.
    path = Path(os.path.realpath(path)) if os.path.islink(path) else path
    if os.path.exists(path) and not os.path.isfile(path) and path.suffix != ".zarr":
        raise StoreError(f"{path}: not a regular file; only regular files can be replaced")
    above = folder_above(path)
    if os.path.exists(above) and not os.path.isdir(above):
        raise StoreError(f"{path.parent}: cannot be created: {above} is a file, not a folder")
    return path


def what_failed(error: OSError | RuntimeError, path: Path) -> str | None:
    """Return why the disk refused to write.

    Parameters
    ----------
    error
        The exception.
    path
        The file that was being written.

    Returns
    -------
    str or None
        Text for a message; None if the error is of another kind.
    """
    if isinstance(error, OSError):
        return "the disk is full" if error.errno in _FULL else reason(error)
    if "NetCDF" not in str(error):
        return None
    free = shutil.disk_usage(path.parent).free / 1e6
    return (
        f"{reason(error)}; {free:,.1f} MB are free on that disk, unless a quota or a limit of the shell says otherwise"
    )


def _remove_remains(path: Path) -> None:
    """Remove temporary files of the same name whose process on this machine has ended."""
    pattern = f".{glob.escape(path.name)}.{glob.escape(socket.gethostname())}-*.part"
    for name in glob.glob(pattern, root_dir=path.parent):
        process = name.removesuffix(".part").rsplit("-", 2)[1]
        if process.isdigit() and not _is_alive(int(process)):
            with contextlib.suppress(OSError):
                (path.parent / name).unlink()


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
