"""Times since an event as years of the calendar."""

from __future__ import annotations

import datetime
import math
from typing import TYPE_CHECKING

from gridscan.errors import SensitivityError, listed
from gridscan.sensitivity.labelled import is_numeric, unit_known
from gridscan.units import convert, parse_unit, same_dimension

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr

_YEAR = parse_unit("yr")
_DAYS = 365.25


def in_calendar_years(values: xr.DataArray, axes: Sequence[str], epoch: float | str | datetime.date) -> xr.DataArray:
    """Return values with the axis of time among some axes given in years of the calendar.

    Parameters
    ----------
    values
        The quantity.
    axes
        Names of the axes that are shown.
    epoch
        When the time was zero: a year such as 1671.5, or a date such as ``"1987-02-23"``.

    Returns
    -------
    DataArray
        With years in place of that axis, negative ones before Christ.

    Raises
    ------
    SensitivityError
        If the epoch is neither, or not one of the axes is a time.

    Examples
    --------
    >>> import xarray as xr
    >>> from gridscan.plot.calendar import in_calendar_years
    >>> flux = xr.DataArray([1.0, 2.0], {"time": ("time", [0.0, 350.0], {"units": "yr"})}, name="flux")
    >>> in_calendar_years(flux, ["time"], "1671-07-02")["time"].values.round(1)
    array([1671.5, 2021.5])
    """
    start = _year_of(epoch)
    times = [axis for axis in axes if is_numeric(values, axis) and same_dimension(unit_known(values[axis]), _YEAR)]
    if not times:
        raise SensitivityError(f"epoch {epoch!r} needs an axis of time; shown are {listed(axes)}")
    (axis, *_) = times
    years = start + convert(values[axis].values, unit_known(values[axis]), _YEAR)
    return values.assign_coords({axis: (axis, years, {"long_name": "year AD", "units": "1"})})


def _year_of(epoch: float | str | datetime.date) -> float:
    try:
        date = datetime.date.fromisoformat(epoch) if isinstance(epoch, str) else epoch
    except ValueError:
        date = math.nan
    if isinstance(date, datetime.date):
        return date.year + (date.timetuple().tm_yday - 1) / _DAYS
    if not isinstance(date, int | float) or isinstance(date, bool) or not math.isfinite(date):
        raise SensitivityError(f"epoch {epoch!r} is neither a year such as 1671.5 nor a date such as '1987-02-23'")
    return float(date)
