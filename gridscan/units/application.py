"""pint's application registry, in which users and other packages compute."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pint

from gridscan.units.definitions import SOLAR_UNITS, registry

if TYPE_CHECKING:
    from gridscan.units.definitions import Unit


def define_solar_units() -> None:
    """Add Msun, Lsun and Rsun to pint's application registry, unless it has units of these names.

    pint has no solar units, and no text that it reads means one. Nothing that is defined there is changed.
    """
    application = pint.get_application_registry()
    for name, definition in SOLAR_UNITS.items():
        if not any(known in application for known in (name, *_symbols(definition))):
            application.define(f"{name} = {definition}")


def _symbols(definition: str) -> list[str]:
    return [symbol.strip() for symbol in definition.split("=")[1:]]


def in_registry(text: str, unit: Unit, other: Any) -> Any | None:
    """Return the unit that a registry reads from a text, if it means the same unit there.

    Parameters
    ----------
    text
        The unit, as in the attribute ``units``.
    unit
        The unit that it means.
    other
        A pint registry.

    Returns
    -------
    pint.Unit or None
        None where that registry does not know the unit, or knows another one by this name.
    """
    try:
        found = other.parse_units(text)
        theirs = other.Quantity(1.0, found).to_root_units()
    except (pint.PintError, ValueError, TypeError, AttributeError):
        return None
    ours = registry.Quantity(1.0, unit).to_root_units()
    # pint's parsec is au/tan(1 arcsec), 8e-12 shorter than that of the IAU.
    same = dict(theirs.units._units) == dict(ours.units._units)
    return found if same and math.isclose(float(theirs.magnitude), float(ours.magnitude), rel_tol=1e-9) else None
