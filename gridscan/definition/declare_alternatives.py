"""Declaring other ways to give the parameters of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridscan.definition.declare_inputs import InputDeclarations
from gridscan.definition.node_checks import check_alternative
from gridscan.definition.nodes import Alternative, AlternativeInput, Parameter
from gridscan.units import parse_unit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class AlternativeDeclarations(InputDeclarations):
    """A definition with a method that declares other ways to give parameters."""

    def alternative(
        self, parameters: Iterable[str], function: Callable[..., Any], /, **inputs: AlternativeInput
    ) -> Alternative:
        """Declare another way to give parameters: other numbers, from which a function computes them.

        Wherever the parameters can be given (in a scenario, an override, a record of the label that sets them, as axes
        that are zipped) these numbers can be given in their place. Functions of the model get the parameters as ever.

        Parameters
        ----------
        parameters
            Names of numeric parameters.
        function
            Takes one array for each input, in their order, and returns one for each parameter (or a tuple of these), in
            base units all. It raises EvaluationError for what it cannot convert.
        **inputs
            What is given in their place, by name; all together.

        Returns
        -------
        Alternative
            What was declared.

        Raises
        ------
        ModelError
            If a name is taken, or a parameter is not declared or is not a number.
        UnitError
            If a unit cannot be read.

        Examples
        --------
        A position in polar coordinates:

        >>> import numpy as np
        >>> import gridscan as gs
        >>> model = gs.Model("plane", "A point of a plane")
        >>> for name in "xy":
        ...     _ = model.parameter(name, "0 m", f"Coordinate {name}")
        >>> polar = model.alternative(
        ...     ["x", "y"],
        ...     lambda radius, angle: (radius * np.cos(angle), radius * np.sin(angle)),
        ...     radius=gs.AlternativeInput("Distance from the origin", "m", minimum=0),
        ...     angle=gs.AlternativeInput("Angle from the x axis", "deg"),
        ... )
        >>> @model.quantity("m")
        ... def height(x, y):
        ...     "Mean of the coordinates."
        ...     return 0.5 * (x + y)
        >>> round(float(model.evaluate("height", radius="2 m", angle="90 deg")), 9)
        1.0
        """
        sets = tuple(parameters)
        check_alternative(self.name, sets, inputs, self.parameters)
        for name in inputs:
            self._claim(name)
        nodes = {
            name: Parameter(
                name,
                item.description,
                parse_unit(item.unit),
                None,
                minimum=item.minimum,
                maximum=item.maximum,
                above=item.above,
                below=item.below,
                read=item.read,
            )
            for name, item in inputs.items()
        }
        self._alternatives.append(Alternative(sets, nodes, function))
        return self._alternatives[-1]
