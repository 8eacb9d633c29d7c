"""The functions that a formula can call: there are no others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Function:
    """A function of a formula.

    Attributes
    ----------
    compute
        Of arrays.
    number
        How many arguments it takes.
    units
        Those of its arguments and its value: ``"pure"`` takes and gives a number without dimension, ``"angle"`` takes
        an angle too, ``"same"`` gives the unit of its arguments, which have one dimension, ``"root"`` that to the
        power of one half.
    """

    compute: Callable[..., Any]
    number: int
    units: Literal["pure", "angle", "same", "root"]


#: By name.
FUNCTIONS = {
    "abs": Function(np.abs, 1, "same"),
    "cos": Function(np.cos, 1, "angle"),
    "exp": Function(np.exp, 1, "pure"),
    "log": Function(np.log, 1, "pure"),
    "log10": Function(np.log10, 1, "pure"),
    "maximum": Function(np.maximum, 2, "same"),
    "minimum": Function(np.minimum, 2, "same"),
    "sin": Function(np.sin, 1, "angle"),
    "sqrt": Function(np.sqrt, 1, "root"),
    "tan": Function(np.tan, 1, "angle"),
}
