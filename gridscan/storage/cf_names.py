"""CF names: renaming axes whose names CF reserves, on the way to a file and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import xarray as xr

#: Prefix of the name of an axis in a file where CF reserves the name.
RENAMED_PREFIX = "model_"


# CF requires an axis of one of these names to hold dates, or places on Earth, in prescribed units.
_RESERVED_BY_CF = ("time", "lat", "latitude", "lon", "longitude", "height", "depth", "altitude", "pressure")


_RENAMED_AXES = "gridscan_renamed_axes"


def for_disk(dataset: xr.Dataset) -> xr.Dataset:
    """Rename the axes whose names CF reserves for dates and places on Earth, such as ``time``, and note which.

    Parameters
    ----------
    dataset
        A result.

    Returns
    -------
    xarray.Dataset
        The result as it is written.
    """
    reserved = [str(dim) for dim in dataset.sizes if dim in _RESERVED_BY_CF]
    for dim in reserved:
        name = f"{RENAMED_PREFIX}{dim}"
        dataset = dataset.rename({dim: name})
        if name in dataset.coords:
            comment = f"{dim!r} in gridscan; as the name of an axis, CF keeps that for other uses"
            dataset = dataset.assign_coords({name: dataset[name].assign_attrs(comment=comment)})
    return dataset.assign_attrs({_RENAMED_AXES: " ".join(reserved)}) if reserved else dataset


def from_disk(dataset: xr.Dataset) -> xr.Dataset:
    """Restore the names of axes that were renamed for a file.

    Parameters
    ----------
    dataset
        The result as it was read.

    Returns
    -------
    xarray.Dataset
        With the names of the scenario.
    """
    for dim in str(dataset.attrs.get(_RENAMED_AXES, "")).split():
        name = f"{RENAMED_PREFIX}{dim}"
        dataset = dataset.rename({name: dim})
        if dim in dataset.coords:
            dataset[dim].attrs.pop("comment", None)
    dataset.attrs.pop(_RENAMED_AXES, None)
    return dataset
