"""Accessor ``ds.gridscan``: questions about a result as methods, its figures, and its pint quantities."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from gridscan.definition.figures import figure_of
from gridscan.errors import ModelError
from gridscan.inference.questions import InferenceQuestions
from gridscan.sensitivity import along_axis, crossings, derived, discrimination, quantified
from gridscan.sensitivity.weighted_questions import WeightedQuestions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import xarray as xr

    from gridscan.model import Model
    from gridscan.sensitivity.along_axis import Kind
    from gridscan.sensitivity.crossings import Scale


class GridscanAccessor(WeightedQuestions, InferenceQuestions):
    """Questions about a result of gridscan; importing gridscan makes it available as ``ds.gridscan``.

    Parameters
    ----------
    dataset
        A result of gridscan, lazy or not.
    """

    def __init__(self, dataset: xr.Dataset) -> None:
        self._dataset = dataset

    @property
    def _plain(self) -> xr.Dataset:
        """The dataset without quantities."""
        return quantified.dequantify(self._dataset) if quantified.holds_quantities(self._dataset) else self._dataset

    def elasticity(self, name: str, along: str) -> xr.DataArray:
        """Return d ln y/d ln x along a numeric axis; see `gridscan.sensitivity.along_axis.elasticity`.

        Parameters
        ----------
        name
            The quantity y.
        along
            A numeric axis x of it.

        Returns
        -------
        xarray.DataArray
            Dimensionless, with the dimensions of the quantity.

        Examples
        --------
        >>> import xarray as xr
        >>> import gridscan as gs
        >>> flux = ("distance", [4.0, 1.0, 0.25], {"units": "cm-2 s-1"})
        >>> ds = xr.Dataset({"flux": flux}, {"distance": ("distance", [1.0, 2.0, 4.0], {"units": "kiloparsec"})})
        >>> ds.gridscan.elasticity("flux", along="distance").values.round(12)
        array([-2., -2., -2.])
        """
        return along_axis.elasticity(self._plain, name, along)

    def derivative(self, name: str, along: str) -> xr.DataArray:
        """Return dy/dx along a numeric axis; see `gridscan.sensitivity.along_axis.derivative`.

        Parameters
        ----------
        name
            The quantity y.
        along
            A numeric axis x of it.

        Returns
        -------
        xarray.DataArray
            In the unit of y over that of x, with the dimensions of the quantity.

        Examples
        --------
        >>> import xarray as xr
        >>> import gridscan as gs
        >>> height = ("time", [0.0, 1.0, 9.0], {"units": "m"})
        >>> ds = xr.Dataset({"height": height}, {"time": ("time", [0.0, 1.0, 3.0], {"units": "s"})})
        >>> ds.gridscan.derivative("height", along="time").values
        array([0., 2., 6.])
        """
        return along_axis.derivative(self._plain, name, along)

    def contrast(self, name: str, along: str, reference: Any, kind: Kind = "ratio") -> xr.DataArray:
        """Return a quantity relative to one label or value; see `gridscan.sensitivity.along_axis.contrast`.

        Parameters
        ----------
        name
            The quantity y.
        along
            An axis of it, of labels or of numbers.
        reference
            A label, a number in the unit of the axis, text such as ``"2 kpc"``, or a quantity of pint or astropy.
        kind
            ``"ratio"`` y/y_ref, ``"difference"`` y - y_ref, or ``"log"`` ln(y/y_ref).

        Returns
        -------
        xarray.DataArray
            With the dimensions of the quantity; in its unit for a difference, dimensionless otherwise.

        Examples
        --------
        >>> import xarray as xr
        >>> import gridscan as gs
        >>> ds = xr.Dataset({"events": ("imf", [2.0, 6.0], {"units": "1"})}, {"imf": ["kroupa", "top-heavy"]})
        >>> ds.gridscan.contrast("events", along="imf", reference="kroupa").values
        array([1., 3.])
        """
        return along_axis.contrast(self._plain, name, along, reference, kind)

    def crossing(self, name: str, along: str, value: Any, scale: Scale = "linear") -> xr.DataArray:
        """Return where a quantity first reaches a value; see `gridscan.sensitivity.crossings.crossing`.

        Parameters
        ----------
        name
            The quantity y.
        along
            A numeric axis x of it.
        value
            A number in the unit of the quantity, text such as ``"3 / yr"``, or a quantity of pint or astropy.
        scale
            ``"linear"``, or ``"log"`` to interpolate ln y over ln x.

        Returns
        -------
        xarray.DataArray
            In the unit of the axis, with the other dimensions of the quantity. NaN where there is none: the coordinate
            ``outcome`` tells "never reached" from "already above at the first point".

        Examples
        --------
        >>> import xarray as xr
        >>> import gridscan as gs
        >>> flux = ("distance", [1.0, 0.25, 0.0625], {"units": "cm-2 s-1"})
        >>> ds = xr.Dataset({"flux": flux}, {"distance": ("distance", [1.0, 2.0, 4.0], {"units": "kiloparsec"})})
        >>> round(float(ds.gridscan.crossing("flux", along="distance", value=1 / 9, scale="log")), 9)
        3.0
        """
        return crossings.crossing(self._plain, name, along, value, scale)

    def discriminate(
        self,
        name: str,
        along: str,
        *,
        exposure: Any = "10 yr",
        background: Any = "0 / yr",
        background_error: Any = 0.0,
        significance: float = 3.0,
        mass: Any = None,
    ) -> xr.Dataset:
        """Return the detector size that tells scenarios apart; see `gridscan.sensitivity.discrimination.discriminate`.

        Parameters
        ----------
        name
            A rate of events, in a unit of inverse time.
        along
            An axis of it: its points are the scenarios.
        exposure
            Duration of the measurement, such as ``"10 yr"``, or a quantity.
        background
            Rate of background events, or rate per mass, as text with a unit, a quantity or the name of a variable.
        background_error
            Standard deviation of the background as a share of it, such as ``0.01`` or ``"1 %"``.
        significance
            Number of standard deviations.
        mass
            Mass that the rate belongs to, as text with a unit, a quantity or the name of a variable.

        Returns
        -------
        xarray.Dataset
            ``scale_factor`` [1] by method and pair of scenarios and, where a mass is known, ``required_mass``.

        Examples
        --------
        Telling 110 events from 100 at 3 sigma takes 9 × 110/10^2 times as much:

        >>> import xarray as xr
        >>> import gridscan as gs
        >>> ds = xr.Dataset({"events": ("imf", [10.0, 11.0], {"units": "year-1"})}, {"imf": ["kroupa", "top-heavy"]})
        >>> scale = ds.gridscan.discriminate("events", along="imf", exposure="10 yr")["scale_factor"]
        >>> round(float(scale.sel({"method": "gaussian", "imf_a": "kroupa", "imf_b": "top-heavy"})), 9)
        9.9
        """
        return discrimination.discriminate(
            self._plain,
            name,
            along,
            exposure=exposure,
            background=background,
            background_error=background_error,
            significance=significance,
            mass=mass,
        )

    def derive(self, **formulas: str | Mapping[str, str]) -> xr.Dataset:
        """Return the dataset with new quantities made of others; see `gridscan.sensitivity.derived.derive`.

        Parameters
        ----------
        **formulas
            By name: a formula such as ``"events_per_year / fiducial_mass"``, or a mapping with ``expression``, and
            perhaps ``unit`` and ``long_name``. One may use those before it.

        Returns
        -------
        xarray.Dataset
            With the new quantities, as lazy as what they are made of, and their units.

        Examples
        --------
        >>> import xarray as xr
        >>> import gridscan as gs
        >>> events = ("detector", [4.0, 90.0], {"units": "year-1"})
        >>> ds = xr.Dataset({"events": events, "mass": ("detector", [2.0, 30.0], {"units": "kilotonne"})})
        >>> rate = ds.gridscan.derive(rate="events / mass")["rate"]
        >>> rate.values, rate.attrs["units"], rate.attrs["expression"]
        (array([2., 3.]), 'Gg^-1 yr^-1', 'events / mass')
        """
        return derived.derive(self._plain, formulas)

    def at(
        self,
        *,
        quantities: Sequence[str] | None = None,
        model: Model | str | None = None,
        even_if_changed: bool = False,
        **values: Any,
    ) -> xr.Dataset:
        """Return exact values off the grid, by evaluating the model of the result; see `gridscan.exact.at`.

        Parameters
        ----------
        quantities
            Those of the dataset by default.
        model
            Of the user's own file or module: a model, or its name, ``"FILE.py:NAME"``.
        even_if_changed
            Whether to go on where the code that made the result has changed since.
        **values
            For axes, and for any other inputs: text with a unit, a label, a number in the unit of the axis, or several.

        Returns
        -------
        xarray.Dataset
            With the other axes of the dataset.

        Examples
        --------
        >>> import gridscan as gs
        >>> scenario = gs.Scenario.parse('''
        ... model = "red_supergiants"
        ... axes.fiducial_mass = { values = [1, 20], unit = "kt" }
        ... output.quantities = ["number_of_electrons"]
        ... ''')
        >>> electrons = gs.evaluate(scenario).gridscan.at(fiducial_mass="4 kt")["number_of_electrons"]
        >>> f"{float(electrons):.4g}"
        '1.338e+33'
        """
        exact = import_module("gridscan.exact")
        options = {"quantities": quantities, "model": model, "even_if_changed": even_if_changed}
        found: xr.Dataset = exact.at(self._plain, values, **options)
        return found

    def figure(self, kind: str, *quantities: str, model: Model | None = None, **options: Any) -> Any:
        """Draw a figure that the model of the dataset declares, such as ``"signal"``.

        Parameters
        ----------
        kind
            One of ``gridscan.model(NAME).figures``.
        *quantities
            Quantities to show, for a figure that can show others than its own.
        model
            The model that made the dataset; by default the installed one of the name stored in the dataset.
        **options
            Options of the figure.

        Returns
        -------
        matplotlib.axes.Axes, or an array of them
            As returned by the function of the figure.

        Raises
        ------
        ModelError
            If the model or the figure cannot be found, or the figure does not show these quantities.
        SensitivityError
            If the dataset does not hold what is to be shown.

        Examples
        --------
        >>> import gridscan as gs
        >>> model = gs.Model("squares", "Squares of lengths")
        >>> _ = model.parameter("length", "1 m", "Length")
        >>> @model.quantity("m^2")
        ... def area(length):
        ...     "l^2."
        ...     return length**2
        >>> @model.figure()
        ... def areas(dataset):
        ...     "Areas of squares"
        ...     from gridscan import plot
        ...     return plot.draw(dataset, "area")
        >>> model.evaluate(["area"], length=[1.0, 2.0, 3.0]).gridscan.figure("areas", model=model).get_ylabel()
        'area [m$^{2}$]'
        """
        load_model = import_module("gridscan.model_loader").load_model
        found = figure_of(model or load_model(str(self._dataset.attrs.get("gridscan_model", ""))), kind)
        found.check_asked(quantities)
        if found.draw is None:
            raise ModelError(f"figure {kind!r} is a movie; write it with gridscan plot FILE --kind {kind}")
        known = {str(name): [str(dim) for dim in item.dims] for name, item in self._dataset.data_vars.items()}
        return found.draw(self._plain, *found.arguments(quantities or found.shown(known)), **options)

    def quantify(self, registry: Any = None) -> xr.Dataset:
        """Return the dataset with pint quantities in place of its ``units`` attributes, to compute with.

        xarray keeps attributes through arithmetic, so a product of two variables says the unit of one; quantities know
        better. `dequantify` is the way back, and the way to a file, ``q.gridscan.dequantify().to_netcdf("more.nc")``:
        quantities themselves cannot be written, netCDF4 refuses them and other engines drop their units.

        Parameters
        ----------
        registry
            A pint registry. By default pint's application registry, in which ``pint.Quantity(1, "m")`` and pickled
            quantities are too; or gridscan's, if a unit has another value there.

        Returns
        -------
        xarray.Dataset
            With quantities as data. Variables without ``units``, such as labels, stay as they are.

        Raises
        ------
        UnitError
            If a unit cannot be read, or `registry` does not know it; the message names the variable.

        Warns
        -----
        GridscanWarning
            If the unit of a variable is not certain, because it was computed from others: it gets none.

        Examples
        --------
        >>> import xarray as xr
        >>> import gridscan as gs
        >>> ds = xr.Dataset({"flux": ("distance", [4.0, 1.0], {"units": "cm^-2 s^-1"})})
        >>> quantities = ds.gridscan.quantify()
        >>> quantities["flux"].pint.to("m^-2 s^-1").pint.magnitude.round(6)
        array([40000., 10000.])
        >>> quantities.assign(square=quantities["flux"] ** 2).gridscan.dequantify()["square"].attrs["units"]
        'cm^-4 s^-2'
        """
        return quantified.quantify(self._dataset, registry)

    def dequantify(self) -> xr.Dataset:
        """Return the dataset with plain numbers, and their units as attributes, in place of quantities.

        Returns
        -------
        xarray.Dataset
            As `quantify` took it, and with the variables that were computed since. ``.to_netcdf(path)`` writes it.

        Raises
        ------
        UnitError
            If a unit is not one that gridscan knows; the message names the variable.

        Examples
        --------
        >>> import pint
        >>> import xarray as xr
        >>> import gridscan as gs
        >>> lengths = xr.Dataset({"length": ("rod", pint.Quantity([1.0, 2.0], "kiloparsec"))})
        >>> lengths.gridscan.dequantify()["length"].attrs
        {'units': 'kiloparsec'}
        """
        return quantified.dequantify(self._dataset)
