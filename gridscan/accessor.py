"""The questions as methods, ``ds.gridscan.elasticity("flux", along="radius")``, and the dataset as pint quantities."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import xarray as xr

from gridscan.definition.figures import figure_of
from gridscan.errors import ModelError, UnitError
from gridscan.sensitivity import along_axis, discrimination, variance
from gridscan.units import registry, unit_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridscan.model import Model
    from gridscan.sensitivity.along_axis import Kind, Scale


@xr.register_dataset_accessor("gridscan")
class GridscanAccessor:
    """What can be asked of a result of gridscan; importing gridscan makes it ``ds.gridscan``."""

    def __init__(self, dataset: xr.Dataset) -> None:
        self._dataset = dataset

    def elasticity(self, name: str, along: str) -> xr.DataArray:
        """Return d ln y / d ln x along a numeric axis; see `gridscan.sensitivity.along_axis.elasticity`."""
        return along_axis.elasticity(self._dataset, name, along)

    def derivative(self, name: str, along: str) -> xr.DataArray:
        """Return dy/dx along a numeric axis; see `gridscan.sensitivity.along_axis.derivative`."""
        return along_axis.derivative(self._dataset, name, along)

    def contrast(self, name: str, along: str, reference: str | float, kind: Kind = "ratio") -> xr.DataArray:
        """Return a quantity relative to one label or value; see `gridscan.sensitivity.along_axis.contrast`."""
        return along_axis.contrast(self._dataset, name, along, reference, kind)

    def crossing(self, name: str, along: str, value: str | float, scale: Scale = "linear") -> xr.DataArray:
        """Return where a quantity first reaches a value; see `gridscan.sensitivity.along_axis.crossing`."""
        return along_axis.crossing(self._dataset, name, along, value, scale)

    def variance_shares(self, name: str, over: str | Sequence[str] | None = None, log: bool = False) -> xr.Dataset:
        """Divide the variance among the axes; see `gridscan.sensitivity.variance.variance_shares`."""
        return variance.variance_shares(self._dataset, name, over, log)

    def rank(self, name: str, over: str | Sequence[str] | None = None, log: bool = False) -> xr.DataArray:
        """Return the axes in the order in which they matter; see `gridscan.sensitivity.variance.rank`."""
        return variance.rank(self._dataset, name, over, log)

    def discriminate(
        self,
        name: str,
        along: str,
        *,
        exposure: str = "10 yr",
        background: str = "0 / yr",
        significance: float = 3.0,
        mass: str | None = None,
    ) -> xr.Dataset:
        """Return how large a detector tells scenarios apart; see `gridscan.sensitivity.discrimination.discriminate`."""
        return discrimination.discriminate(
            self._dataset,
            name,
            along,
            exposure=exposure,
            background=background,
            significance=significance,
            mass=mass,
        )

    def figure(self, kind: str, *quantities: str, model: Model | None = None, **options: Any) -> Any:
        """Draw a figure that the model of the dataset declares, such as ``"signal"``.

        Parameters
        ----------
        kind
            One of ``gridscan.model(NAME).figures``.
        quantities
            What is shown, for a figure that can show others than its own.
        model
            A model of one's own, which made the dataset; by default it is found by the name that the dataset tells.
        options
            Of the figure.

        Returns
        -------
        matplotlib Axes, or an array of them
            As the function of the figure gives it.

        Raises
        ------
        ModelError
            If the model or the figure cannot be found, or the figure does not show these quantities.
        SensitivityError
            If the dataset does not hold what is shown.
        """
        load_model = import_module("gridscan.model_loader").load_model
        found = figure_of(model or load_model(str(self._dataset.attrs.get("gridscan_model", ""))), kind)
        found.check_asked(quantities)
        if found.draw is None:
            raise ModelError(f"figure {kind!r} is a movie; write it with gridscan plot FILE --kind {kind}")
        known = {str(name): [str(dim) for dim in item.dims] for name, item in self._dataset.data_vars.items()}
        return found.draw(self._dataset, *found.arguments(quantities or found.shown(known)), **options)

    def quantify(self) -> xr.Dataset:
        """Return the dataset with pint quantities, on gridscan's registry, in place of its ``units`` attributes.

        Variables without a unit, such as labels, stay as they are. ``.pint.dequantify()`` is the way back.

        Raises
        ------
        UnitError
            If a unit cannot be read; the message names the variable.
        """
        # Registers `.pint`; slow to import, and needed nowhere else.
        import_module("pint_xarray")

        units = {}
        plain = self._dataset.copy()
        for name, variable in plain.variables.items():
            if "units" in variable.attrs:
                try:
                    units[name] = unit_of(variable)
                except UnitError as error:
                    raise UnitError(f"the unit of {name!r} is not known: {error}") from None
                # The quantity says its unit itself; what an attribute says would be wrong after the first operation.
                for attribute in ("units", "unit_name"):
                    variable.attrs.pop(attribute, None)
        quantified: xr.Dataset = plain.pint.quantify(units, unit_registry=registry)
        return quantified
