"""Questions whose answers are means over axes, by their weights, as methods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridscan.sensitivity import summaries, variance
from gridscan.sensitivity.summaries import USUAL_PERCENTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr


class WeightedQuestions:
    """Questions about a Dataset; the accessor of Datasets has them."""

    @property
    def _plain(self) -> xr.Dataset:
        """The dataset without quantities."""
        raise NotImplementedError

    def mean(self, name: str, over: str | Sequence[str] | None = None) -> xr.Dataset:
        """Return the weighted mean of a quantity and its standard error; see `gridscan.sensitivity.summaries.mean`.

        Parameters
        ----------
        name
            The quantity y.
        over
            The axes that the mean is over; by default the draws if y has any, or else all.

        Returns
        -------
        xarray.Dataset
            ``mean`` and ``mean_error`` in the unit of y.

        Examples
        --------
        >>> import xarray as xr
        >>> import gridscan as gs
        >>> flux = ("distance", [4.0, 2.0, 0.0], {"units": "cm-2 s-1"})
        >>> ds = xr.Dataset({"flux": flux}, {"distance": ("distance", [1.0, 2.0, 3.0], {"units": "kiloparsec"})})
        >>> float(ds.gridscan.mean("flux")["mean"])
        2.0
        """
        return summaries.mean(self._plain, name, over)

    def std(self, name: str, over: str | Sequence[str] | None = None) -> xr.Dataset:
        """Return the weighted standard deviation and its standard error; see `gridscan.sensitivity.summaries.std`.

        Parameters
        ----------
        name
            The quantity y.
        over
            The axes along which it varies; by default the draws if y has any, or else all.

        Returns
        -------
        xarray.Dataset
            ``std`` and ``std_error`` in the unit of y.

        Examples
        --------
        >>> import xarray as xr
        >>> import gridscan as gs
        >>> ds = xr.Dataset({"events": ("imf", [2.0, 6.0], {"units": "1"})}, {"imf": ["kroupa", "top-heavy"]})
        >>> float(ds.gridscan.std("events")["std"])
        2.0
        """
        return summaries.std(self._plain, name, over)

    def percentiles(
        self, name: str, percents: float | Sequence[float] = USUAL_PERCENTS, over: str | Sequence[str] | None = None
    ) -> xr.Dataset:
        """Return weighted percentiles and their standard errors; see `gridscan.sensitivity.summaries.percentiles`.

        Parameters
        ----------
        name
            The quantity y.
        percents
            Numbers above 0 and below 100; by default the median and where one and two standard deviations of a normal
            distribution lie.
        over
            The axes along which it varies; by default the draws if y has any, or else all.

        Returns
        -------
        xarray.Dataset
            ``percentiles`` and ``percentiles_error`` in the unit of y, along ``percentile`` [%].

        Examples
        --------
        >>> import numpy as np
        >>> import xarray as xr
        >>> import gridscan as gs
        >>> ds = xr.Dataset({"flux": ("draw", np.arange(1.0, 101.0), {"units": "cm-2 s-1"})})
        >>> ds.gridscan.percentiles("flux", [5, 50, 95])["percentiles"].values
        array([ 5., 50., 95.])
        """
        return summaries.percentiles(self._plain, name, percents, over)

    def exceedance(self, name: str, value: Any, over: str | Sequence[str] | None = None) -> xr.Dataset:
        """Return the probability that a quantity is above a value; see `gridscan.sensitivity.summaries.exceedance`.

        Parameters
        ----------
        name
            The quantity y.
        value
            A number in the unit of the quantity, text such as ``"3 / yr"``, or a quantity of pint or astropy.
        over
            The axes along which it varies; by default the draws if y has any, or else all.

        Returns
        -------
        xarray.Dataset
            ``exceedance`` and ``exceedance_error``, dimensionless.

        Examples
        --------
        >>> import xarray as xr
        >>> import gridscan as gs
        >>> ds = xr.Dataset({"events": ("draw", [0.5, 2.0, 1.5, 3.0], {"units": "1/yr"})})
        >>> float(ds.gridscan.exceedance("events", "1 / yr")["exceedance"])
        0.75
        """
        return summaries.exceedance(self._plain, name, value, over)

    def variance_shares(self, name: str, over: str | Sequence[str] | None = None, log: bool = False) -> xr.Dataset:
        """Divide the variance of a quantity among its axes; see `gridscan.sensitivity.variance.variance_shares`.

        Parameters
        ----------
        name
            The quantity y.
        over
            The axes that vary; by default all.
        log
            Whether to analyse ln y.

        Returns
        -------
        xarray.Dataset
            Dimensionless shares ``first_order``, ``total``, ``pairwise``, ``higher_order``; ``mean`` and ``variance``.

        Examples
        --------
        >>> import xarray as xr
        >>> import gridscan as gs
        >>> y = (("a", "b"), [[0.0, 2.0], [1.0, 3.0]], {"units": "1"})
        >>> ds = xr.Dataset({"y": y}, {"a": ["low", "high"], "b": ["low", "high"]})
        >>> ds.gridscan.variance_shares("y")["first_order"].values
        array([0.2, 0.8])
        """
        return variance.variance_shares(self._plain, name, over, log)

    def rank(self, name: str, over: str | Sequence[str] | None = None, log: bool = False) -> xr.DataArray:
        """Return the axes in the order in which they matter; see `gridscan.sensitivity.variance.rank`.

        Parameters
        ----------
        name
            The quantity y.
        over
            The axes that vary; by default all.
        log
            Whether to analyse ln y.

        Returns
        -------
        xarray.DataArray
            Total shares of the variance along ``axis``, the highest first, dimensionless.

        Examples
        --------
        >>> import xarray as xr
        >>> import gridscan as gs
        >>> y = (("a", "b"), [[0.0, 2.0], [1.0, 3.0]], {"units": "1"})
        >>> ds = xr.Dataset({"y": y}, {"a": ["low", "high"], "b": ["low", "high"]})
        >>> ds.gridscan.rank("y")["axis"].values.tolist()
        ['b', 'a']
        """
        return variance.rank(self._plain, name, over, log)
