"""TOML text to plain data, its syntax errors with line and column."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from gridscan.errors import ScenarioError, nearest
from gridscan.inputs.text_files import control_character, not_utf8, read_text

if TYPE_CHECKING:
    from pathlib import Path

_LARGEST_FILE = 50_000_000

_FORTRAN = re.compile(r"(?<![\w.+-])(?P<digits>[+-]?(?:\d[\d_]*\.?\d*|\.\d+))[dDqQ](?P<power>[+-]?\d+)")


def text_of(path: Path) -> str:
    """Return the text of a scenario file.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    str
        Its content.

    Raises
    ------
    ScenarioError
        If there is no such file, it is too large, or it cannot be read.
    """
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise ScenarioError(
                f"{path}: too large for a scenario: {path.stat().st_size:,} bytes; at most {_LARGEST_FILE:,}"
            )
        return read_text(path)
    except FileNotFoundError:
        beside = [str(other) for other in path.parent.glob("*.toml")] if path.parent.is_dir() else []
        raise ScenarioError(f"{path}: there is no such file{nearest(str(path), beside)}") from None
    except UnicodeDecodeError as error:
        raise ScenarioError(f"{path}: {not_utf8(error)}; expected a TOML file") from None
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read: {error.strerror}") from None


def parse_toml(text: str, name: str) -> dict[str, Any]:
    """Return the content of a TOML text.

    Parameters
    ----------
    text
        TOML 1.0.
    name
        Name in messages.

    Returns
    -------
    dict
        Its tables and values.

    Raises
    ------
    ScenarioError
        If it is not TOML, with a line ``name:line:column: …``.

    Examples
    --------
    >>> from gridscan.scenario.toml_text import parse_toml
    >>> parse_toml("axes.sfr = [1, 2]", "scan.toml")
    {'axes': {'sfr': [1, 2]}}
    """
    control = control_character(text)
    if control is not None:
        line, column, what = control
        raise ScenarioError(f"{name}:{line}:{column}: not valid TOML: {what}")
    try:
        return tomllib.loads(text)
    except ValueError as error:
        line, column, what = _syntax_fault(error, text)
        raise ScenarioError(f"{name}:{line}:{column}: not valid TOML: {what}") from None


def _syntax_fault(error: ValueError, text: str) -> tuple[int, int, str]:
    """Return the line, column and reason of a syntax error of tomllib."""
    lines = text.split("\n")
    if not isinstance(error, tomllib.TOMLDecodeError):
        # Python itself refuses an integer of thousands of digits, and gives no line.
        digits = re.search(r"\d{4000,}", text.replace("_", ""))
        line = text.replace("_", "").count("\n", 0, digits.start() if digits else 0) + 1
        return line, 1, "an integer with too many digits"
    place = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
    line, column = (int(place[1]), int(place[2])) if place else (len(lines), len(lines[-1]) + 1)
    what = re.sub(r"\s*\(at [^)]*\)$", "", str(error))
    for number in _FORTRAN.finditer(lines[min(line, len(lines)) - 1]):
        if number.start() < column <= number.end() + 1:
            right = f"{number['digits']}e{number['power']}"
            return line, number.start() + 1, f"{number[0]!r} has the exponent of a Fortran program; write {right}"
    if what == "Illegal character '\\n'":
        what = "the line ends inside a string"
    what = what.replace("Cannot overwrite a value", "duplicate key")
    what = re.sub(r"Cannot declare \((.*?),?\) twice", lambda found: f"duplicate table {found[1]}", what)
    return line, column, what[:1].lower() + what[1:]
