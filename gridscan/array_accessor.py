"""Accessor ``array.gridscan`` of a DataArray: questions about one quantity, as of a result."""

from __future__ import annotations

import contextlib
from importlib import import_module
from typing import TYPE_CHECKING, Any

from gridscan.accessor import GridscanAccessor
from gridscan.errors import UnitError
from gridscan.sensitivity.base_point import summary
from gridscan.sensitivity.recorded_units import UNITS, record_of_units
from gridscan.sensitivity.summaries import USUAL_PERCENTS
from gridscan.units import unit_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr

    from gridscan.sensitivity.along_axis import Kind
    from gridscan.sensitivity.crossings import Scale


class GridscanArrayAccessor:
    """Questions about one quantity of a result; importing gridscan makes it available as ``ds.flux.gridscan``.

    Parameters
    ----------
    array
        A quantity with its axes, lazy or not.

    Examples
    --------
    >>> import xarray as xr
    >>> import gridscan as gs
    >>> distance = ("distance", [1.0, 2.0, 4.0], {"units": "kiloparsec"})
    >>> flux = xr.DataArray([4.0, 1.0, 0.25], {"distance": distance}, name="flux", attrs={"units": "cm-2 s-1"})
    >>> flux.gridscan.elasticity(along="distance").values.round(12)
    array([-2., -2., -2.])

    A single value is shown, and printed, as a number with its unit:

    >>> flux[0].gridscan
    flux = 4 1/cm^2/s
    >>> print(f"At a kiloparsec: {flux[0].gridscan}")
    At a kiloparsec: flux = 4 1/cm^2/s
    """

    def __init__(self, array: xr.DataArray) -> None:
        self._name = "quantity" if array.name is None or array.name in array.coords else str(array.name)
        self._questions = GridscanAccessor(_with_record(array.to_dataset(name=self._name), self._name))
        self._array = array

    def __repr__(self) -> str:
        return summary(self._array.rename(self._name))

    def elasticity(self, along: str) -> xr.DataArray:
        """Return d ln y/d ln x along a numeric axis; see `gridscan.sensitivity.along_axis.elasticity`.

        Parameters
        ----------
        along
            A numeric axis x.

        Returns
        -------
        xarray.DataArray
            Dimensionless, with the dimensions of the quantity.
        """
        return self._questions.elasticity(self._name, along)

    def derivative(self, along: str) -> xr.DataArray:
        """Return dy/dx along a numeric axis; see `gridscan.sensitivity.along_axis.derivative`.

        Parameters
        ----------
        along
            A numeric axis x.

        Returns
        -------
        xarray.DataArray
            In the unit of y over that of x, with the dimensions of the quantity.
        """
        return self._questions.derivative(self._name, along)

    def contrast(self, along: str, reference: Any, kind: Kind = "ratio") -> xr.DataArray:
        """Return the quantity relative to one label or value; see `gridscan.sensitivity.along_axis.contrast`.

        Parameters
        ----------
        along
            An axis, of labels or of numbers.
        reference
            A label, a number in the unit of the axis, or text such as ``"2 kpc"``.
        kind
            ``"ratio"`` y/y_ref, ``"difference"`` y - y_ref, or ``"log"`` ln(y/y_ref).

        Returns
        -------
        xarray.DataArray
            With the dimensions of the quantity; in its unit for a difference, dimensionless otherwise.
        """
        return self._questions.contrast(self._name, along, reference, kind)

    def crossing(self, along: str, value: Any, scale: Scale = "linear") -> xr.DataArray:
        """Return where the quantity first reaches a value; see `gridscan.sensitivity.crossings.crossing`.

        Parameters
        ----------
        along
            A numeric axis x.
        value
            A number in the unit of the quantity, or text such as ``"3 / yr"``.
        scale
            ``"linear"``, or ``"log"`` to interpolate ln y over ln x.

        Returns
        -------
        xarray.DataArray
            In the unit of the axis, with the other dimensions of the quantity.
        """
        return self._questions.crossing(self._name, along, value, scale)

    def at(self, **values: Any) -> xr.DataArray:
        """Return exact values off the grid, by evaluating the model of the result; see `gridscan.exact.at`.

        Parameters
        ----------
        **values
            For axes, and for any other inputs; and the options ``model`` and ``even_if_changed`` of that function.

        Returns
        -------
        xarray.DataArray
            With the other axes of the array, which has to be of a result file.
        """
        options = {name: values.pop(name) for name in ("model", "even_if_changed") if name in values}
        found: xr.DataArray = import_module("gridscan.exact").at_of_array(self._array, values, **options)
        return found

    def variance_shares(self, over: str | Sequence[str] | None = None, log: bool = False) -> xr.Dataset:
        """Divide the variance among the axes; see `gridscan.sensitivity.variance.variance_shares`.

        Parameters
        ----------
        over
            The axes that vary; by default all.
        log
            Whether to analyse ln y.

        Returns
        -------
        xarray.Dataset
            Dimensionless shares ``first_order``, ``total``, ``pairwise``, ``higher_order``; ``mean`` and ``variance``.
        """
        return self._questions.variance_shares(self._name, over, log)

    def rank(self, over: str | Sequence[str] | None = None, log: bool = False) -> xr.DataArray:
        """Return the axes in the order in which they matter; see `gridscan.sensitivity.variance.rank`.

        Parameters
        ----------
        over
            The axes that vary; by default all.
        log
            Whether to analyse ln y.

        Returns
        -------
        xarray.DataArray
            Total shares of the variance along ``axis``, the highest first, dimensionless.
        """
        return self._questions.rank(self._name, over, log)

    def mean(self, over: str | Sequence[str] | None = None) -> xr.Dataset:
        """Return the weighted mean and its standard error; see `gridscan.sensitivity.summaries.mean`.

        Parameters
        ----------
        over
            The axes that the mean is over; by default the draws if there are any, or else all.

        Returns
        -------
        xarray.Dataset
            ``mean`` and ``mean_error`` in the unit of the quantity.
        """
        return self._questions.mean(self._name, over)

    def std(self, over: str | Sequence[str] | None = None) -> xr.Dataset:
        """Return the weighted standard deviation and its standard error; see `gridscan.sensitivity.summaries.std`.

        Parameters
        ----------
        over
            The axes along which it varies; by default the draws if there are any, or else all.

        Returns
        -------
        xarray.Dataset
            ``std`` and ``std_error`` in the unit of the quantity.
        """
        return self._questions.std(self._name, over)

    def percentiles(
        self, percents: float | Sequence[float] = USUAL_PERCENTS, over: str | Sequence[str] | None = None
    ) -> xr.Dataset:
        """Return weighted percentiles and their standard errors; see `gridscan.sensitivity.summaries.percentiles`.

        Parameters
        ----------
        percents
            Numbers above 0 and below 100.
        over
            The axes along which it varies; by default the draws if there are any, or else all.

        Returns
        -------
        xarray.Dataset
            ``percentiles`` and ``percentiles_error`` in the unit of the quantity, along ``percentile`` [%].
        """
        return self._questions.percentiles(self._name, percents, over)

    def exceedance(self, value: Any, over: str | Sequence[str] | None = None) -> xr.Dataset:
        """Return the probability to be above a value; see `gridscan.sensitivity.summaries.exceedance`.

        Parameters
        ----------
        value
            A number in the unit of the quantity, or text such as ``"3 / yr"``.
        over
            The axes along which it varies; by default the draws if there are any, or else all.

        Returns
        -------
        xarray.Dataset
            ``exceedance`` and ``exceedance_error``, dimensionless.
        """
        return self._questions.exceedance(self._name, value, over)

    def discriminate(self, along: str, **options: Any) -> xr.Dataset:
        """Return the detector size that tells scenarios apart; see `gridscan.sensitivity.discrimination.discriminate`.

        Parameters
        ----------
        along
            An axis: its points are the scenarios.
        **options
            As of that function: ``exposure``, ``background``, ``significance``, ``mass``.

        Returns
        -------
        xarray.Dataset
            ``scale_factor`` [1] by method and pair of scenarios and, where a mass is known, ``required_mass``.
        """
        return self._questions.discriminate(self._name, along, **options)


def _with_record(dataset: xr.Dataset, name: str) -> xr.Dataset:
    """Return a Dataset that records the units of what a run left as it is; arithmetic loses that mark."""
    if not dataset.variables[name].encoding:
        return dataset
    untouched = [key for key, item in dataset.variables.items() if item.encoding and _has_unit(item)]
    return dataset.assign_attrs({UNITS: record_of_units(dataset, untouched)})


def _has_unit(variable: xr.Variable) -> bool:
    """Tell whether a variable has a unit that can be read."""
    with contextlib.suppress(UnitError):
        unit_of(variable)
        return "units" in variable.attrs
    return False
