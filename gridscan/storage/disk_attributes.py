"""Attributes as they are in a file, where CF has its own spelling, and as they are in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridscan.storage.file_units import units_in_memory, units_on_disk
from gridscan.units import parse_unit, spelled

if TYPE_CHECKING:
    import xarray as xr

_DEGREE = parse_unit("deg")
# By its unit CF knows an axis of latitude or longitude, and so do programs that draw maps.
_UNITS = {"sky_latitude": "degrees_north", "sky_longitude": "degrees_east"}


def for_disk(dataset: xr.Dataset) -> xr.Dataset:
    """Return a result with its attributes as they are written.

    Parameters
    ----------
    dataset
        A result.

    Returns
    -------
    xarray.Dataset
        With units that UDUNITS reads, those of CF on the axes of the sky.
    """
    return _respelled(units_on_disk(dataset), {role: (spelled(_DEGREE), text) for role, text in _UNITS.items()})


def from_disk(dataset: xr.Dataset) -> xr.Dataset:
    """Return a result with its attributes as they are in memory.

    Parameters
    ----------
    dataset
        The result as it was read.

    Returns
    -------
    xarray.Dataset
        With one spelling of each unit.
    """
    return _respelled(units_in_memory(dataset), {role: (text, spelled(_DEGREE)) for role, text in _UNITS.items()})


def _respelled(dataset: xr.Dataset, units: dict[str, tuple[str, str]]) -> xr.Dataset:
    """Replace units of axes, in a Dataset that is a copy already."""
    for item in dataset.variables.values():
        before, after = units.get(str(item.attrs.get("role")), ("", ""))
        if before and item.attrs.get("units") == before:
            item.attrs = {**item.attrs, "units": after}
    return dataset
