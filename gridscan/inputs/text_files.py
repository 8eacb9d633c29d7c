"""Text as it stands in a file: UTF-8 with lines that end in LF or CR LF, and no other control characters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

# What a terminal hides must not be read as anything.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)")


class ControlCharacter(NamedTuple):
    """A control character in a text: its line and column, both from 1, and what to do about it."""

    line: int
    column: int
    message: str


def read_text(path: Path) -> str:
    """Return the text of a file, its line ends as they are, without a byte order mark.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    str
        Its text.

    Raises
    ------
    OSError
        If it cannot be read.
    UnicodeDecodeError
        If it is not UTF-8.
    """
    return path.read_bytes().decode("utf-8-sig")


def not_utf8(error: UnicodeDecodeError) -> str:
    """Say what a file is that is not UTF-8.

    Parameters
    ----------
    error
        Of `read_text`.

    Returns
    -------
    str
        Such as ``"not UTF-8 text (byte 3)"``.
    """
    wide = error.object[:2] in (b"\xff\xfe", b"\xfe\xff") and len(error.object) % 2 == 0
    return f"not UTF-8 text (byte {error.start}){' but UTF-16' if wide else ''}"


def control_character(text: str) -> ControlCharacter | None:
    r"""Return the first control character of a text that is not a tab or the end of a line.

    Parameters
    ----------
    text
        The text, with lines ended by LF or CR LF.

    Returns
    -------
    ControlCharacter or None
        Where it is, and what to do about it.

    Examples
    --------
    >>> from gridscan.inputs.text_files import control_character
    >>> control_character("a\r\nb\0").message
    'a control character, U+0000; remove it'
    >>> control_character("# comment\ra = 1").column
    10
    """
    found = _CONTROL.search(text)
    if found is None:
        return None
    before = text[: found.start()]
    message = f"a control character, U+{ord(found[0]):04X}; remove it"
    if found[0] == "\r":
        message = "a carriage return without a line feed, which ends no line; end lines with LF or CR LF"
    return ControlCharacter(before.count("\n") + 1, len(before) - before.rfind("\n"), message)
