"""Whether formulas run for their dimensions alone, in the proof of units."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_STATE = threading.local()


@contextmanager
def proof() -> Iterator[None]:
    """Let quantities of gridscan's registry pass through formulas as they are, in this thread.

    Examples
    --------
    >>> from gridscan.units.proof import is_proof, proof
    >>> with proof():
    ...     print(is_proof())
    True
    >>> is_proof()
    False
    """
    before = is_proof()
    _STATE.runs = True
    try:
        yield
    finally:
        _STATE.runs = before


def is_proof() -> bool:
    """Return whether a proof of units runs in this thread."""
    return getattr(_STATE, "runs", False)
