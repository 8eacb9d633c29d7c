"""Units of a Dataset as files have them, and as they are in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridscan.sensitivity.quantified import dequantify
from gridscan.units import attributes_in_memory, attributes_on_disk

if TYPE_CHECKING:
    import xarray as xr


def units_on_disk(dataset: xr.Dataset) -> xr.Dataset:
    """Return the Dataset with numbers in place of quantities, and each unit spelled so that UDUNITS reads it.

    Parameters
    ----------
    dataset
        A result.

    Returns
    -------
    xarray.Dataset
        The result as it is written.
    """
    spelled = dequantify(dataset).copy()
    for variable in spelled.variables.values():
        variable.attrs = attributes_on_disk(variable.attrs)
    return spelled


def units_in_memory(dataset: xr.Dataset) -> xr.Dataset:
    """Return the Dataset with the units of gridscan spelled so that pint, cf-xarray and astropy read them.

    Parameters
    ----------
    dataset
        As it was read from a file.

    Returns
    -------
    xarray.Dataset
        With the units of other programs as they are.
    """
    spelled = dataset.copy()
    for variable in spelled.variables.values():
        if "gridscan_model" in dataset.attrs or "unit_name" in variable.attrs:
            variable.attrs = attributes_in_memory(variable.attrs)
    return spelled
