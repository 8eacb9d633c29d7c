"""Within which distance stars count, and whether the initial mass function holds there."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridscan.errors import EvaluationError

Array = NDArray[np.floating[Any]]

# Share of its young stars that is a whole galaxy.
_WHOLE = 0.99


class Reach(NamedTuple):
    """Within which distance [kpc] stars count, and which share of the young stars that is, checked."""

    radius: Any
    fraction_in_reach: Any


def checked_share(share: Any, imf_kind: Any) -> Array:
    """Return the share of a galaxy's young stars within a radius.

    Raises
    ------
    EvaluationError
        If the mass function is that of a whole galaxy, and the radius does not hold almost all of it.
    """
    part = (np.asarray(imf_kind) == "igimf") & (np.asarray(share) < _WHOLE)
    if part.any():
        here = float(np.broadcast_to(share, part.shape)[part][0])
        raise EvaluationError(
            f"imf_kind is 'igimf', a relation of whole galaxies, and radius holds {100.0 * here:.3g} % of the young "
            f"stars; it must hold {100.0 * _WHOLE:g} % or more, as 25 kpc do"
        )
    return np.asarray(share)
