"""The mark of gridscan in the files it writes, by which it knows later what it may replace.

The mark names gridscan and its version and holds a seal, a digest of all the rest of the file, so that a picture that
was edited since, or a table to which somebody added a column, is told from one that is as it was written.
"""

from __future__ import annotations

import hashlib
import os
import re
import struct
import zlib
from typing import TYPE_CHECKING, Literal

from gridscan._version import __version__
from gridscan.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

#: What is at the place of a file: nothing (or an empty file), what gridscan wrote, that but changed, or another file.
State = Literal["nothing", "ours", "changed", "foreign"]

#: What is done about a file that would be lost.
KEPT = "not overwritten: give another name, or --force (in Python force=True)"
_SEAL = 16
_TEXT = rb"gridscan \S{1,40}, seal [0-9a-f]{%d}" % _SEAL
# At the start of a text file, behind the line that names the shell of a script; the digits of the seal are written when
# the rest is known.
_LINE = re.compile(rb"(?:#![^\r\n]{0,60}\n)?[#%%] written by (%s)\r?\n" % _TEXT)
_IN_PNG = re.compile(rb"(?s)\0\0.{2}tEXtSoftware\0(%s).{4}" % _TEXT)
_IN_GIF = re.compile(rb"(?s)!\xfe.(%s)\0" % _TEXT)
_IN_XML = re.compile(rb"<!-- (%s) -->\n" % _TEXT)
_IN_PDF = re.compile(rb"%% (%s)\n" % _TEXT)
_IN_MP4 = re.compile(rb"(?s)\0\0\0.free(%s)" % _TEXT)
_END_OF_ZIP = re.compile(rb"(?s)PK\x05\x06.{18}(%s)\Z" % _TEXT)
_IN_PARQUET = re.compile(rb"\0mark: (%s)\0" % _TEXT)
_ZIP = b"PK\x03\x04"
_AT_ONCE = 1 << 20


def first_line(sign: str = "#") -> str:
    """Return the comment line with which a text file of gridscan begins, for `seal` to complete.

    Parameters
    ----------
    sign
        By which a comment begins: ``"#"``, or ``"%"`` in TeX.

    Returns
    -------
    str
        With a line break.
    """
    return f"{sign} written by {_text('0' * _SEAL)}\n"


def comment_of_zip() -> bytes:
    """Return the comment with which a ZIP of gridscan ends, for `seal` to complete.

    Returns
    -------
    bytes
        To be set as the comment of the archive.
    """
    return _text("0" * _SEAL).encode()


def seal(path: Path) -> None:
    """Put the mark into a file that has just been written, where its format has a place for it.

    Parameters
    ----------
    path
        A text that begins with `first_line`, a ZIP that ends with `comment_of_zip`, or a PNG, SVG, PDF, GIF, MP4 or
        Parquet; others stay as they are.
    """
    with path.open("r+b") as file:
        head = file.read(256)
        if found := _LINE.match(head):
            file.seek(found.end())
            digest = _digest_of(file)
            file.seek(found.end(1) - _SEAL)
            file.write(digest.encode())
            return
        content = head + file.read()
        if content.startswith(_ZIP) and _END_OF_ZIP.search(content):
            file.seek(len(content) - _SEAL)
            file.write(_digest(content[:-_SEAL]).encode())
            return
        format = _format_of(content)
        if format is not None and not format[0].search(content):
            text, at = _text(_digest(content)).encode(), len(content) - format[1]
            file.seek(at)
            file.write(_framed(format[0], text) + content[at:])


def state_of(path: Path) -> State:
    """Tell whether gridscan wrote a file, and whether it is as it was written.

    Parameters
    ----------
    path
        A file, which need not exist.

    Returns
    -------
    str
        What is there.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    if not os.path.lexists(path) or (path.is_file() and not path.stat().st_size):
        return "nothing"
    with path.open("rb") as file:
        head = file.read(256)
        if found := _LINE.match(head):
            file.seek(found.end())
            return _compared(found[1], _digest_of(file))
        if head.startswith(_ZIP):
            content = head + file.read()
            found = _END_OF_ZIP.search(content)
            return _compared(found[1], _digest(content[:-_SEAL])) if found else "foreign"
        if _format_of(head) is None:
            return "foreign"
        content = head + file.read()
    format = _format_of(content)
    marks = list(format[0].finditer(content)) if format is not None else []
    if len(marks) != 1:
        return "foreign"
    return _compared(marks[0][1], _digest(content[: marks[0].start()] + content[marks[0].end() :]))


def refuse_foreign(path: Path) -> None:
    """Refuse to replace a file that gridscan has not written, or that was changed since.

    Parameters
    ----------
    path
        The file to be written.

    Raises
    ------
    StoreError
        If it would be lost.
    """
    try:
        found = state_of(path)
    except OSError as error:
        raise StoreError(f"{path}: exists and cannot be read ({error.strerror}); give another name") from None
    if found in ("foreign", "changed"):
        what = "was not written by gridscan" if found == "foreign" else "was changed since gridscan wrote it"
        raise StoreError(f"{path}: {what}; {KEPT}")


def _text(digest: str) -> str:
    return f"gridscan {__version__}, seal {digest}"


def _compared(mark: bytes, digest: str) -> State:
    return "ours" if mark[-_SEAL:] == digest.encode() else "changed"


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=_SEAL // 2).hexdigest()


def _digest_of(file: BinaryIO) -> str:
    digest = hashlib.blake2b(digest_size=_SEAL // 2)
    while part := file.read(_AT_ONCE):
        digest.update(part)
    return digest.hexdigest()


def _format_of(content: bytes) -> tuple[re.Pattern[bytes], int] | None:
    """Return how a mark looks in a file, and how many bytes before its end it is put."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        # Before the chunk that ends the picture.
        return _IN_PNG, 12
    if content.startswith((b"GIF87a", b"GIF89a")):
        # Before the byte that ends the movie.
        return _IN_GIF, 1
    if content.startswith(b"PAR1"):
        # Before the footer, which readers find from the end, and which says where all else is from the beginning.
        return _IN_PARQUET, 8 + int.from_bytes(content[-8:-4], "little")
    if content.startswith(b"%PDF-"):
        return _IN_PDF, 0
    if content[4:8] == b"ftyp":
        return _IN_MP4, 0
    return (_IN_XML, 0) if content.lstrip().startswith((b"<?xml", b"<svg")) else None


def _framed(pattern: re.Pattern[bytes], text: bytes) -> bytes:
    """Return a text as a comment in a format."""
    if pattern is _IN_PNG:
        chunk = b"tEXtSoftware\0" + text
        return struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    if pattern is _IN_GIF:
        return b"!\xfe" + bytes([len(text)]) + text + b"\0"
    if pattern is _IN_PARQUET:
        return b"\0mark: " + text + b"\0"
    if pattern is _IN_MP4:
        return struct.pack(">I", len(text) + 8) + b"free" + text
    return b"<!-- " + text + b" -->\n" if pattern is _IN_XML else b"% " + text + b"\n"
