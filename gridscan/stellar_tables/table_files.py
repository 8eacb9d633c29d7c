"""Files of stellar tables: plain or compressed by gzip, and what is no table at all, by its first bytes."""

from __future__ import annotations

import contextlib
import gzip
import io
import zlib
from typing import TYPE_CHECKING, BinaryIO, cast

from gridscan.atomic import reason
from gridscan.errors import CatalogueError, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_GZIP = b"\x1f\x8b"
_FOREIGN = {
    b"PK\x03\x04": "a ZIP",
    b"<": "a page of HTML or XML, perhaps that which links to the table",
    b"SIMPLE  =": "a FITS file",
    b"\x89HDF": "an HDF5 file",
    b"BZh": "compressed by bzip2",
    b"\xfd7zXZ": "compressed by xz",
    b"%PDF": "a PDF",
}


@contextlib.contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a table as a stream of bytes, uncompressed if it is compressed by gzip.

    Parameters
    ----------
    path
        The file.

    Yields
    ------
    BinaryIO
        At its beginning.

    Raises
    ------
    StoreError
        If the file cannot be read, or its compressed content is damaged or cut off.
    CatalogueError
        If it is of another kind: a ZIP, a page of HTML, a FITS file.
    """
    try:
        with contextlib.ExitStack() as stack:
            stream = stack.enter_context(path.open("rb"))
            if stream.peek(len(_GZIP))[: len(_GZIP)] == _GZIP:
                unpacked = stack.enter_context(gzip.open(stream))
                stream = stack.enter_context(io.BufferedReader(cast("io.RawIOBase", unpacked)))
            begin = stream.peek(16)[:16].lstrip()
            for mark, kind in _FOREIGN.items():
                if begin.startswith(mark):
                    raise CatalogueError(f"{path}: is {kind}; give one table, of isochrones or of a track")
            yield stream
    except (OSError, EOFError, zlib.error) as error:
        raise StoreError(f"{path}: cannot be read: {reason(error)}") from None
