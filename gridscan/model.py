"""Model: parameters, constants and functions whose argument names are the wiring.

Quantities are declared in any order; :meth:`Model.check` reports all faults of the wiring at once, and runs
automatically when a model is loaded, replaced or used.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from gridscan.definition.checks import check_wiring
from gridscan.definition.declare_figures import Declarations
from gridscan.definition.graph import Graph
from gridscan.definition.groups import with_groups
from gridscan.definition.node_checks import check_kernel_arguments, substitute
from gridscan.definition.nodes import Constant, Kernel, Parameter, Quantity
from gridscan.definition.replacement import drop_needing, drop_orphans, note_on
from gridscan.errors import ModelError, nearest
from gridscan.limits import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import xarray as xr

    from gridscan.inputs.sampling import Sampling
    from gridscan.limits import Limits
    from gridscan.uncertainty.designs import Design

_LOG = logging.getLogger(__name__)


class Model(Declarations):
    """A model, ``Model(name, description)``: named inputs, and functions of them.

    Attributes
    ----------
    name
        Name used in a scenario: ``model = "red_supergiants"``.
    description
        One sentence.

    Examples
    --------
    >>> import numpy as np
    >>> model = Model("pendulum", "A small swing")
    >>> _ = model.parameter("length", "1 m", "Length of the string", minimum=0)
    >>> _ = model.constant("gravity", "9.80665 m/s^2", "Standard gravity")
    >>> @model.quantity("s", long_name="period")
    ... def period(length, gravity):
    ...     "T = 2 pi sqrt(l/g)."
    ...     return 2 * np.pi * np.sqrt(length / gravity)
    >>> round(float(model.evaluate("period", length="25 cm")), 4)
    1.0032
    """

    def replace(self, **functions: Callable[..., Any] | Kernel) -> Model:
        """Return a model in which quantities (or parameters) are computed by other functions.

        Parameters
        ----------
        **functions
            ``name=function``; the unit stays, and the function's arguments are wired by name. A numerical function that
            pint cannot follow is wrapped in :func:`kernel`. The name of a parameter that
            chooses between formulas stands for the quantity that holds them. Arguments with defaults stay at these,
            unless they have the name of an input. The error estimate of a quantity that is replaced goes, with what is
            made of it; so do inputs that nothing takes any longer, which the log says and which scenarios may still
            give, with a warning. What the model says ``when_replaced`` of a quantity comes along.

        Returns
        -------
        Model
            A new model; this one is unchanged.

        Raises
        ------
        ModelError
            If there is no such name, or the new function closes a cycle or takes an unknown name.
        UnitError
            If a kernel's unit does not fit the name.

        Examples
        --------
        A sphere in place of a cube:

        >>> import numpy as np
        >>> model = Model("grain", "A grain of dust")
        >>> _ = model.parameter("size", "2 um", "Size", minimum=0)
        >>> @model.quantity("um^3")
        ... def volume(size):
        ...     "A cube."
        ...     return size**3
        >>> sphere = model.replace(volume=lambda size: np.pi / 6 * size**3)
        >>> float(model.evaluate("volume")), round(float(sphere.evaluate("volume")), 4)
        (8.0, 4.1888)
        """
        model = self.copy()
        lost: set[str] = set()
        chosen: dict[str, Callable[..., Any] | Kernel] = {}
        for name in functions:
            chosen |= self._consequences.get(name, {})
        chosen |= functions
        for name, function in chosen.items():
            node = self._nodes.get(name)
            if isinstance(node, Parameter) and node.selects is not None:
                del model._nodes[name]
                name, node = node.selects, self._nodes[node.selects]
            if not isinstance(node, Parameter | Quantity):
                known = [n for n, other in self._nodes.items() if not isinstance(other, Constant)]
                raise ModelError(f"model {self.name!r} has no quantity {name!r} to replace{nearest(name, known)}")
            new = with_groups(substitute(node, function, {*self.names, *self._groups}), self._groups)
            check_kernel_arguments(new)
            model._nodes[name] = new
            error = f"{name}_error"
            if isinstance(node, Quantity) and node.gives_error and error in model._nodes and error not in chosen:
                del model._nodes[error]
                lost.add(error)
            model._proven.discard(name)
        cause = " and ".join(functions)
        drop_needing(model, lost, chosen, cause)
        model.check(unused=False)
        if gone := drop_orphans(model, self, cause):
            _LOG.info(note_on(model, gone, cause))
        for name in self.quantities.keys() & functions if self.conventions else ():
            before, after = (Graph.of(each, [name]).inputs_of(name) for each in (self, model))
            model._unfollowed[name] = (self.unfollowed.get(name, frozenset()) | before & {*self.conventions}) - after
        return model.check(unused=False)

    def check(self, *, unused: bool = True) -> Model:
        """Report all faults of the wiring: unknown names, cycles, and unused inputs.

        Call it at the end of the definition of a model in a notebook; a loaded model is checked automatically. Whenever
        a model is used, it is checked for all faults but unused inputs.

        Parameters
        ----------
        unused
            Whether unused inputs are faults.

        Returns
        -------
        Model
            This model.

        Raises
        ------
        ModelError
            With one line for each fault.

        Examples
        --------
        >>> model = Model("typo", "A model with a fault")
        >>> _ = model.parameter("length", "1 m", "Length")
        >>> @model.quantity("m^2")
        ... def area(lenght):
        ...     "Square of the length."
        ...     return lenght**2
        >>> model.check()  # doctest: +IGNORE_EXCEPTION_DETAIL
        Traceback (most recent call last):
        gridscan.errors.ModelError: model 'typo': ... did you mean 'length'?
        """
        check_wiring(self, unused=unused)
        return self

    def evaluate(
        self,
        names: str | Iterable[str],
        /,
        *,
        sampling: Sampling | None = None,
        limits: Limits = DEFAULT,
        design: Design | None = None,
        correlated: Mapping[str, Any] | Sequence[Mapping[str, Any]] = (),
        zip: Mapping[str, Mapping[str, Any]] | None = None,
        cases: Any = None,
        catalogue: Mapping[str, Any] | None = None,
        **values: Any,
    ) -> xr.DataArray | xr.Dataset:
        """Evaluate quantities for the values given, defaults elsewhere.

        Parameters
        ----------
        names
            One name gives a DataArray, a list of names a Dataset.
        sampling
            Adds draws of the counts among `names`, called ``<name>_drawn``; `names` has to be a list.
        limits
            Sizes up to which quantities are computed at once, and sizes of chunks.
        design
            How draws are made of all that is given a distribution; 1,024 scrambled Sobol points by default.
        correlated
            Which parameters vary together, each from :func:`gridscan.correlated`.
        zip
            Axes that move together: values by name for each dimension, ``{"sun": {"sun_x": [...], "sun_y": [...]}}``.
        cases
            A list of rows along one dimension ``case``, values by name, each with a ``name``; or a DataFrame of them,
            with units in its headers: ``"sfr [Msun/yr]"``. What a row lacks has the value that is given otherwise, that
            of the record of its label, or its default.
        catalogue
            Records of labels: values by name, for each label of each catalogue; or a file of them for a catalogue.
        **values
            A number in the default unit, a text with a unit, a label (or a record in its place), a pint quantity, or a
            list (or array) of any of these, which makes an axis; or a distribution, such as one from
            :func:`gridscan.normal`: all of these are drawn together along the dimension ``draw``. A quantity that is
            given a value is not computed.

        Returns
        -------
        xarray.DataArray or xarray.Dataset
            Each quantity with exactly the dimensions it depends on; large ones are dask arrays.

        Raises
        ------
        ModelError
            If the model has no such quantity.
        ScenarioError
            If a name or a value does not fit the model.
        UnitError
            If a unit does not fit.
        EvaluationError
            If a quantity cannot be computed for the values.

        Examples
        --------
        Flux at twice and at ten times the luminosity:

        >>> import gridscan as gs
        >>> model = gs.model("red_supergiants")
        >>> flux = model.evaluate("flux", neutrino_luminosity=["1e38 erg/s", "2e38 erg/s", "1e39 erg/s"])
        >>> (flux / flux[0]).values.round(9)
        array([ 1.,  2., 10.])

        Three random draws of a number of stars:

        >>> stars = model.evaluate(["carbon_burning_rsg"], sampling=gs.Sampling(realisations=3, seed=1))
        >>> stars["carbon_burning_rsg_drawn"].dtype, stars["carbon_burning_rsg_drawn"].sizes["realisation"]
        (dtype('int64'), 3)
        """
        from gridscan.evaluation.lazy import evaluate_model
        from gridscan.inputs.given_values import Together
        from gridscan.inputs.uncertain import uncertainty_of

        together = Together(zip or {}, cases, catalogue or {}, uncertainty_of(design, correlated))
        return evaluate_model(self, names, values, sampling, limits, together)
