"""Numbers that lie in one piece in a file, read without a library and compared with their checksums on the way.

The system copies them from its memory into an array in pieces that stay in the cache of a processor; adding these up
for the checksum costs little there, and the copies that libraries make are spared.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from io import FileIO
from typing import TYPE_CHECKING

import numpy as np

from gridscan.storage.checksums import are_whole

if TYPE_CHECKING:
    from collections.abc import Iterator

_IN_CACHE = 1 << 19


@dataclass(frozen=True)
class Piece:
    """Where the numbers of a variable lie.

    Attributes
    ----------
    path
        The file.
    start
        Place of the first number [bytes].
    identity
        Device and number of the file when it was opened, since another may have taken its name.
    """

    path: str
    start: int
    identity: tuple[int, int]

    @classmethod
    def of(cls, path: str, start: int) -> Piece:
        """Describe where numbers lie in a file.

        Parameters
        ----------
        path
            The file.
        start
            Place of the first number [bytes].

        Returns
        -------
        Piece
            For a file that is there now.
        """
        return cls(path, start, _identity(os.stat(path)))

    def opened(self) -> FileIO | None:
        """Open the file; None if another has taken its name."""
        try:
            file = FileIO(self.path)
        except OSError:
            return None
        if _identity(os.fstat(file.fileno())) == self.identity:
            return file
        file.close()
        return None


def _identity(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino


def read_into(values: np.ndarray, file: FileIO, start: int, checksum: np.uint64) -> bool:
    """Read numbers, and compare them with their checksum.

    Parameters
    ----------
    values
        Where to put them, in one piece.
    file
        Open for reading.
    start
        Place of the first [bytes].
    checksum
        That in the file.

    Returns
    -------
    bool
        Whether they are all there, and as they were written.
    """
    file.seek(start)
    return are_whole(_pieces(file, values.reshape(-1).view(np.uint8).data), checksum)


def _pieces(file: FileIO, data: memoryview) -> Iterator[memoryview]:
    while data:
        count = file.readinto(data[:_IN_CACHE])
        if not count:
            return
        yield data[:count]
        data = data[count:]
