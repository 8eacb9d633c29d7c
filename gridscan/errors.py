"""Errors that a user can meet, one class per phase; messages say what was found, where, and what is allowed."""

from __future__ import annotations

import difflib
import re
import sys
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


# All but tabs and line ends: what moves the cursor of a terminal, colours it, or turns the direction of a text.
_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]|\r(?!\n)|[\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
# Characters of a formula that a message shows.
_SHOWN = 60
_LINE_ENDS = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def printable(text: str, *, lines: bool = True) -> str:
    r"""Return a text with its control characters escaped, since a file or a scenario may hold any.

    Parameters
    ----------
    text
        Any text.
    lines
        Whether it may have several lines and tabs.

    Returns
    -------
    str
        With ``\u001b`` for an escape character, as in TOML, JSON and Python.

    Examples
    --------
    >>> from gridscan.errors import printable
    >>> print(printable("flux\x1b[2J"))
    flux\u001b[2J
    """
    text = _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return text if lines else "".join(_LINE_ENDS.get(sign, sign) for sign in text)


class GridscanError(Exception):
    """A mistake in the input of gridscan; the command line exits with status 2."""

    def __str__(self) -> str:
        return printable(super().__str__())


class UnitError(GridscanError):
    """A unit that is unknown, missing, or of the wrong dimension."""


class ModelError(GridscanError):
    """A model whose parameters, quantities and kernels do not fit together."""


class CatalogueError(GridscanError):
    """A catalogue that cannot be read, or a label that it does not have."""


class ScenarioError(GridscanError):
    """A scenario, or the values given to ``Model.evaluate``, that does not fit its model."""


class EvaluationError(GridscanError):
    """A quantity that cannot be computed for the values given: outside a table, not converged, not finite."""


class StoreError(GridscanError):
    """A result that cannot be written or read back."""


class SensitivityError(GridscanError):
    """A question that the result cannot answer: no such axis, too few points, a logarithm of a negative number."""


class ExpressionError(GridscanError):
    """A formula written as text that cannot be read, names what is not there, or mixes units.

    Parameters
    ----------
    what
        What is wrong.
    hint
        What is allowed, or the nearest name; it follows the place.
    text
        The formula, for the place in the message.
    position
        Where in the text the fault is, counted from 0.

    Examples
    --------
    >>> from gridscan.errors import ExpressionError
    >>> print(ExpressionError("unknown name 'mas'", "; did you mean 'mass'?", text="flux / mas", position=7))
    unknown name 'mas', at character 8 of 'flux / mas'; did you mean 'mass'?
    """

    def __init__(self, what: str, hint: str = "", *, text: str | None = None, position: int = 0) -> None:
        self.position = position
        if text is not None:
            place = f"at character {position + 1}" if position < len(text) else "at the end"
            what = f"{what}, {place} of {_excerpt(text, position)!r}"
        super().__init__(what + hint)


def _excerpt(text: str, position: int) -> str:
    """Return the text, or of a long one the part around a place."""
    flat = " ".join(text.splitlines())
    if len(flat) <= _SHOWN:
        return flat
    start = max(0, min(position - _SHOWN // 2, len(flat) - _SHOWN))
    end = start + _SHOWN
    return ("…" if start else "") + flat[start:end] + ("…" if end < len(flat) else "")


class Terminated(SystemExit):
    """The system has asked this process to end, unlike a formula that calls ``sys.exit``."""


class GridscanWarning(UserWarning):
    """Something that the user should know about a result that is usable nevertheless."""

    def __str__(self) -> str:
        return printable(super().__str__())


class ModelWarning(GridscanWarning):
    """Something about a model that is left out, or what it says of doubtful results."""


class CatalogueWarning(GridscanWarning):
    """Something about a table of data."""


class ScenarioWarning(GridscanWarning):
    """A value or an axis that has no effect on the quantities asked for."""


class EvaluationWarning(GridscanWarning):
    """Cells that could not be computed, or damage that was found, in a result that is complete otherwise."""


class StoreWarning(GridscanWarning):
    """A file that is not as gridscan wrote it."""


class SensitivityWarning(GridscanWarning):
    """Cells of an answer without a value, or an answer that the grid limits."""


def warn(message: str, category: type[GridscanWarning]) -> None:
    """Warn at the line of the user's own code that led here, through this package and the libraries below it.

    Parameters
    ----------
    message
        What the user should know.
    category
        The class of the warning.
    """
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_inside()):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)


def _inside() -> tuple[str, ...]:
    """Return the folders of this package, and of the libraries that call it back."""
    modules = (sys.modules.get(name) for name in ("gridscan", "xarray", "dask", "numpy", "contextlib", "functools"))
    files = [str(module.__file__) for module in modules if module is not None and module.__file__]
    return tuple(file.removesuffix("__init__.py") for file in files)


def nearest(name: str, candidates: Iterable[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for the candidate closest to a name, or an empty text if none is close.

    Parameters
    ----------
    name
        The name that was given.
    candidates
        Names that may have been meant.

    Returns
    -------
    str
        Text to append to a message.

    Examples
    --------
    >>> from gridscan.errors import nearest
    >>> nearest("metalicity", ["metallicity", "radius"])
    "; did you mean 'metallicity'?"
    """
    options = sorted(candidates, key=lambda option: option == name)
    folded = {option.lower().replace("-", "_"): option for option in options}
    found = difflib.get_close_matches(name.lower().replace("-", "_"), list(folded), n=1, cutoff=0.6)
    return f"; did you mean {folded[found[0]]!r}?" if found else ""


def listed(names: Iterable[str], limit: int = 12) -> str:
    """Return names as one line of prose.

    Parameters
    ----------
    names
        Names in order.
    limit
        Largest number of names shown.

    Returns
    -------
    str
        The names, with their number if some are left out.

    Examples
    --------
    >>> from gridscan.errors import listed
    >>> listed("abcde", limit=3)
    'a, b, c, … (5 in all)'
    """
    names = list(names)
    shown = ", ".join(names[:limit])
    return shown if len(names) <= limit else f"{shown}, … ({len(names)} in all)"
