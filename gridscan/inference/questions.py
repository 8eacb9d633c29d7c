"""Questions about what an observation says, as methods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridscan.inference import likelihoods, limits, posteriors

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr

    from gridscan.inference.limits import Method
    from gridscan.inference.observations import Observation


class InferenceQuestions:
    """Questions about a Dataset and observations; the accessor of Datasets has them."""

    @property
    def _plain(self) -> xr.Dataset:
        """The dataset without quantities."""
        raise NotImplementedError

    def log_likelihood(self, observed: Observation | Sequence[Observation]) -> xr.DataArray:
        """Return ln of the likelihood in every cell; see `gridscan.inference.likelihoods.log_likelihood`.

        Parameters
        ----------
        observed
            One or several observations, made with `gridscan.count` and `gridscan.measured`.

        Returns
        -------
        xarray.DataArray
            Dimensionless.

        Examples
        --------
        >>> import xarray as xr
        >>> import gridscan as gs
        >>> ds = xr.Dataset({"events": ("imf", [2.0, 6.0], {"units": "1"})}, {"imf": ["kroupa", "top-heavy"]})
        >>> ds.gridscan.log_likelihood(gs.count("events", 0)).values
        array([-2., -6.])
        """
        return likelihoods.log_likelihood(self._plain, observed)

    def posterior(self, keep: str | Sequence[str], observed: Observation | Sequence[Observation]) -> xr.Dataset:
        """Return the probability of points of some axes; see `gridscan.inference.posteriors.posterior`.

        Parameters
        ----------
        keep
            The axes that stay.
        observed
            One or several observations.

        Returns
        -------
        xarray.Dataset
            ``posterior``, ``prior`` and ``log_evidence``, dimensionless.

        Examples
        --------
        >>> import xarray as xr
        >>> import gridscan as gs
        >>> ds = xr.Dataset({"events": ("imf", [2.0, 6.0], {"units": "1"})}, {"imf": ["kroupa", "top-heavy"]})
        >>> ds.gridscan.posterior("imf", gs.count("events", 3))["posterior"].values.round(4)
        array([0.6691, 0.3309])
        """
        return posteriors.posterior(self._plain, keep, observed)

    def profile(self, keep: str | Sequence[str], observed: Observation | Sequence[Observation]) -> xr.DataArray:
        """Return -2 ln of the profile likelihood ratio; see `gridscan.inference.posteriors.profile`.

        Parameters
        ----------
        keep
            The axes that stay.
        observed
            One or several observations.

        Returns
        -------
        xarray.DataArray
            Dimensionless.

        Examples
        --------
        >>> import xarray as xr
        >>> import gridscan as gs
        >>> ds = xr.Dataset({"events": ("imf", [2.0, 6.0], {"units": "1"})}, {"imf": ["kroupa", "top-heavy"]})
        >>> ds.gridscan.profile("imf", gs.count("events", 0)).values
        array([0., 8.])
        """
        return posteriors.profile(self._plain, keep, observed)

    def bayes_factor(self, along: str, reference: Any, observed: Observation | Sequence[Observation]) -> xr.DataArray:
        """Return ln of the Bayes factors over a point; see `gridscan.inference.posteriors.bayes_factor`.

        Parameters
        ----------
        along
            An axis.
        reference
            A point of it.
        observed
            One or several observations.

        Returns
        -------
        xarray.DataArray
            Dimensionless, along the axis.

        Examples
        --------
        >>> import xarray as xr
        >>> import gridscan as gs
        >>> ds = xr.Dataset({"events": ("imf", [2.0, 6.0], {"units": "1"})}, {"imf": ["kroupa", "top-heavy"]})
        >>> ds.gridscan.bayes_factor("imf", "top-heavy", gs.count("events", 0)).values
        array([4., 0.])
        """
        return posteriors.bayes_factor(self._plain, along, reference, observed)

    def best(self, observed: Observation | Sequence[Observation]) -> xr.Dataset:
        """Return the cell of the highest likelihood; see `gridscan.inference.posteriors.best`.

        Parameters
        ----------
        observed
            One or several observations.

        Returns
        -------
        xarray.Dataset
            ``log_likelihood``, dimensionless, with the coordinates of the cell.

        Examples
        --------
        >>> import xarray as xr
        >>> import gridscan as gs
        >>> ds = xr.Dataset({"events": ("imf", [2.0, 6.0], {"units": "1"})}, {"imf": ["kroupa", "top-heavy"]})
        >>> ds.gridscan.best(gs.count("events", 5))["imf"].item()
        'top-heavy'
        """
        return posteriors.best(self._plain, observed)

    def limit(
        self,
        name: str,
        along: str,
        *,
        observed: int | None = None,
        background: Any = 0.0,
        background_error: Any = 0.0,
        exposure: Any = None,
        confidence: float = 0.9,
        method: Method = "cls",
    ) -> xr.Dataset:
        """Return the value of a parameter that a count excludes; see `gridscan.inference.limits.limit`.

        Parameters
        ----------
        name
            The quantity that expects events.
        along
            A numeric axis of it.
        observed
            Events counted; None for the expected limit alone.
        background
            Mean of other events: a rate, a number, or the name of a variable that holds either.
        background_error
            Its standard deviation, likewise.
        exposure
            What makes the quantity a number, such as ``"10 yr"``.
        confidence
            Above 0 and below 1.
        method
            ``"cls"``, ``"cls-asymptotic"``, ``"bayes"`` or ``"feldman-cousins"``.

        Returns
        -------
        xarray.Dataset
            ``limit`` and ``expected_limit`` in the unit of the axis, ``outcome`` and ``expected_outcome``.

        Examples
        --------
        >>> import xarray as xr
        >>> import gridscan as gs
        >>> ds = xr.Dataset({"events": ("strength", [0.2, 20.0], {"units": "1"})}, {"strength": [0.1, 10.0]})
        >>> round(float(ds.gridscan.limit("events", "strength", observed=0)["limit"]), 3)
        1.151
        """
        return limits.limit(
            self._plain,
            name,
            along,
            observed=observed,
            background=background,
            background_error=background_error,
            exposure=exposure,
            confidence=confidence,
            method=method,
        )
