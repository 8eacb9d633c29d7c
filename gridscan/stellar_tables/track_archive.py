"""ZIP of evolutionary tracks, read as a stream without unpacking it to disk or trusting its sizes.

A member is a track if its name without folders is like ``Z0.014Y0.273_ROT0.00_M12.0.TAB``. All others are ignored, and
so are members whose name is absolute, climbs out of its folder, or holds characters that cannot be printed.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from gridscan.atomic import reason
from gridscan.errors import CatalogueError, CatalogueWarning, StoreError, listed, warn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_NUMBER = r"([0-9]{1,9}(?:\.[0-9]{1,9})?)"
_NAME = re.compile(rf"Z{_NUMBER}_?Y{_NUMBER}_ROT{_NUMBER}_M{_NUMBER}\.TAB", re.IGNORECASE)
_SEPARATOR = re.compile(r"[/\\]")
_FIRST_BYTES = b"PK\x03\x04"

_LARGEST_DIRECTORY = 8_000_000
_LARGEST_MEMBER = 500_000_000
# Deflated tables of numbers shrink to a third; a larger ratio is an attack on memory.
_LARGEST_RATIO = 200
_SMALL_MEMBER = 1_000_000
_BLOCK = 1 << 16
_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# The errors of the standard library about a damaged ZIP.
_DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError, ValueError, OverflowError)


@dataclass(frozen=True, order=True)
class TrackName:
    """A track as described by the name of its member.

    Attributes
    ----------
    metallicity, helium
        Initial mass fractions Z and Y.
    rotation
        Initial rotation rate as a share of the critical one.
    mass
        Initial mass [Msun].
    member
        Name of the member, with its folders.
    size
        Uncompressed size [bytes] that the ZIP states.
    """

    metallicity: float
    helium: float
    rotation: float
    mass: float
    member: str
    size: int

    @property
    def name(self) -> str:
        """Name of the member without its folders."""
        return _SEPARATOR.split(self.member)[-1]


class TrackArchive:
    """ZIP of tracks, opened for reading.

    Parameters
    ----------
    path
        The ZIP.

    Attributes
    ----------
    tracks
        The tracks found in it, sorted.

    Raises
    ------
    StoreError
        If the file cannot be read.
    CatalogueError
        If it is not a ZIP, or a damaged one, or holds no tracks.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        try:
            self._file = _Guarded(io.FileIO(self.path))
        except OSError as error:
            raise StoreError(f"{self.path}: cannot be read: {reason(error)}") from None
        try:
            with self._faults_named():
                self._zip = zipfile.ZipFile(self._file)
            self._members = self._find_tracks()
            self.tracks: list[TrackName] = sorted(self._members)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> TrackArchive:
        return self

    def __exit__(self, *_: Any) -> None:
        self._zip.close()
        self._file.close()

    def open(self, track: TrackName, progress: Callable[[int], None] | None = None) -> io.BufferedReader:
        """Open a track for reading; the stream raises `CatalogueError` where the ZIP turns out to be damaged.

        Parameters
        ----------
        track
            One of `tracks`.
        progress
            Called with the number of bytes of each block that is read.

        Returns
        -------
        io.BufferedReader
            The uncompressed table.

        Raises
        ------
        CatalogueError
            For a member that is encrypted, compressed by another method than deflate, or too large for a track.
        """
        info, where = self._members[track], f"{self.path}: {track.name}"
        if info.flag_bits & _ENCRYPTED:
            raise CatalogueError(f"{where}: is encrypted; expected a ZIP without a password")
        if info.compress_type not in _METHODS:
            raise CatalogueError(
                f"{where}: is compressed by method {info.compress_type}; expected a member that is deflated or stored"
            )
        if info.file_size > _LARGEST_MEMBER:
            raise CatalogueError(
                f"{where}: has {info.file_size:,} bytes; a track has no more than {_LARGEST_MEMBER:,} bytes"
            )
        if info.file_size > max(_SMALL_MEMBER, _LARGEST_RATIO * info.compress_size):
            raise CatalogueError(
                f"{where}: {info.compress_size:,} bytes would unpack to {info.file_size:,}; "
                f"the ratio for a table is at most {_LARGEST_RATIO}"
            )
        with self._faults_named(track.name):
            member = self._zip.open(info)
        return io.BufferedReader(_Member(self, track, member, progress), _BLOCK)

    def _find_tracks(self) -> dict[TrackName, zipfile.ZipInfo]:
        members: dict[TrackName, zipfile.ZipInfo] = {}
        passed_over = []
        for info in self._zip.infolist():
            track = _track_name(info)
            if track is None and info.filename.upper().endswith(".TAB"):
                passed_over.append(info.filename)
            if track in members:
                raise CatalogueError(f"{self.path}: holds two members of the same name {info.filename!r}")
            if track is not None:
                members[track] = info
        if not members:
            raise CatalogueError(
                f"{self.path}: holds no tracks among its {len(self._zip.infolist())} members; expected names like "
                "Z0.014Y0.273_ROT0.00_M12.0.TAB"
            )
        if passed_over:
            names = listed([repr(name) for name in passed_over], 3)
            warn(f"{self.path}: passed over, for their names are none of tracks: {names}", CatalogueWarning)
        return members

    @contextmanager
    def _faults_named(self, member: str = "") -> Iterator[None]:
        """Turn the errors of the standard library about a damaged ZIP into one message."""
        try:
            yield
        except _DAMAGE as error:
            if member:
                what = f" {member}: is damaged"
            else:
                self._file.seek(0)
                begins = self._file.read(4) == _FIRST_BYTES
                what = " is a ZIP that is damaged or cut off" if begins else " is not a ZIP"
            raise CatalogueError(f"{self.path}:{what} ({reason(error)})") from None
        except OSError as error:
            raise StoreError(f"{self.path}: cannot be read: {reason(error)}") from None


def list_tracks(path: str | Path) -> list[TrackName]:
    """Return the tracks of a ZIP, in the order of metallicity, helium, rotation and mass.

    Parameters
    ----------
    path
        The ZIP.

    Returns
    -------
    list of TrackName
        One for each track, from the names of the members.

    Raises
    ------
    StoreError
        If the file cannot be read.
    CatalogueError
        If it is not a ZIP, or a damaged one, or holds no tracks.
    """
    with TrackArchive(path) as archive:
        return archive.tracks


class _Guarded(io.BufferedReader):
    """A file that refuses to read an oversized table of contents, as of a ZIP of millions of members."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > _LARGEST_DIRECTORY:
            raise CatalogueError(
                f"{self.name!s}: its table of contents takes {size:,} bytes; a ZIP of tracks has no more than "
                f"{_LARGEST_DIRECTORY:,} bytes there"
            )
        return super().read(size)


class _Member(io.RawIOBase):
    """The bytes of one member, checked against the number that the ZIP states."""

    def __init__(
        self, archive: TrackArchive, track: TrackName, member: IO[bytes], progress: Callable[[int], None] | None
    ) -> None:
        self._archive, self._track, self._member, self._progress = archive, track, member, progress
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        with self._archive._faults_named(self._track.name):
            block = self._member.read(len(buffer))
        self._count += len(block)
        if self._count > self._track.size or (not block and self._count < self._track.size):
            raise CatalogueError(
                f"{self._archive.path}: {self._track.name}: is damaged: {self._count:,} bytes read, "
                f"{self._track.size:,} stated in the ZIP"
            )
        if self._progress is not None and block:
            self._progress(len(block))
        buffer[: len(block)] = block
        return len(block)

    def close(self) -> None:
        self._member.close()
        super().close()


def _track_name(info: zipfile.ZipInfo) -> TrackName | None:
    parts = _SEPARATOR.split(info.filename)
    found = _NAME.fullmatch(parts[-1])
    if found is None or "" in parts[:-1] or ".." in parts or not info.filename.isprintable():
        return None
    metallicity, helium, rotation, mass = (float(number) for number in found.groups())
    return TrackName(metallicity, helium, rotation, mass, info.filename, info.file_size)
