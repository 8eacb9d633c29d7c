"""Where in a model's own code something went wrong, for messages."""

from __future__ import annotations

import inspect
import sysconfig
import traceback
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gridscan.definition.nodes import Quantity

_LIBRARIES = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")})


def line_of(error: BaseException, node: Quantity) -> str:
    """Quote the innermost line of a model's own code that an exception went through.

    Parameters
    ----------
    error
        Raised by the function of a quantity, or by what it calls.
    node
        The quantity.

    Returns
    -------
    str
        "line 12 (return mass / 0)", with its file where that is not the one of the function.
    """
    code = getattr(inspect.unwrap(node.function), "__code__", None)
    own = code.co_filename if code is not None else None
    frames = traceback.extract_tb(error.__traceback__)
    first = next((number for number, frame in enumerate(frames) if frame.filename == own), len(frames))
    mine = [frame for frame in frames[first:] if frame.filename == own or not _is_library(frame.filename)]
    frame = (mine or frames)[-1]
    where = f"line {frame.lineno}" if frame.filename == own else f"{frame.filename}:{frame.lineno}"
    return f"{where} ({frame.line})" if frame.line else where


def _is_library(file: str) -> bool:
    return file.startswith(("<", *_LIBRARIES))


def nothing_returned(node: Quantity) -> str:
    """Return what is wrong with a function that gives no result.

    Parameters
    ----------
    node
        Its quantity.

    Returns
    -------
    str
        In words.
    """
    return f"{node.name!r} ({node.where}) returns nothing; does its function end without a return?"
