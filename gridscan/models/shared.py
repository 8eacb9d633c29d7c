"""Declarations that several models share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridscan.definition.nodes import Label
    from gridscan.model import Model


def declare_detector(model: Model, default: str) -> Label:
    """Declare a detector by its label, what its records bundle, and the constant that counts its electrons.

    Parameters
    ----------
    default
        The record that is the default.
    """
    detector = model.label("detector", default, "Neutrino detector")
    model.parameter(
        "fiducial_mass", detector, "Fiducial mass of the detector", unit="kt", minimum=0, role="detector_mass"
    )
    model.parameter("electrons_per_mass", detector, "Electrons per mass of the detector", unit="mol/g", minimum=0)
    model.constant("avogadro_constant")
    return detector


def either(condition: Any, first: Callable[[], Any], second: Callable[[], Any], like: Any) -> Any:
    """Return `np.where` of two formulas, skipping one that is nowhere chosen, except in the proof of units."""
    if not hasattr(like, "units") and (condition.all() or not condition.any()):
        return first() if condition.all() else second()
    return np.where(condition, first(), second())
