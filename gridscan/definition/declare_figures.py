"""Declaring the figures of a model."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from gridscan.definition.declare_functions import FunctionDeclarations
from gridscan.definition.figures import Figure

Function = TypeVar("Function", bound=Callable[..., Any])


class Declarations(FunctionDeclarations):
    """A definition with methods that declare inputs, functions and figures."""

    def figure(
        self, kind: str | None = None, description: str | None = None, **needs: Any
    ) -> Callable[[Function], Function]:
        """Declare a function of a Dataset as a figure, which ``gridscan plot FILE --kind`` then draws.

        Import matplotlib inside the function, so that the model itself loads without it.

        Parameters
        ----------
        kind
            Its name for ``--kind``; that of the function by default.
        description
            What it shows; the first line of the docstring of the function by default.
        **needs
            The attributes of `gridscan.definition.figures.Figure`, such as ``quantities=("period",)`` and
            ``options=("along",)``.

        Returns
        -------
        callable
            A decorator, which returns the function unchanged.

        Examples
        --------
        >>> import gridscan as gs
        >>> model = gs.Model("pendulum", "A small swing")
        >>> @model.figure(options=("along",))
        ... def swing(dataset, *, along="length"):
        ...     "Period of the swing"
        ...     from gridscan import plot
        ...     return plot.draw(dataset, "period", along=along)
        >>> model.figures["swing"].description
        'Period of the swing'
        """

        def declare(function: Function) -> Function:
            text = description or (inspect.getdoc(function) or "").partition("\n")[0]
            name = kind or function.__name__.replace("_", "-")
            self._figures.append(Figure(name, text, function, **needs))
            return function

        return declare

    def figures_in(self, module: str) -> None:
        """Name a module with figures and pictures of the gallery, which is imported when they are needed.

        Parameters
        ----------
        module
            Its name, ``"my_package.figures"``. Its ``FIGURES`` is a sequence of `gridscan.definition.figures.Figure`,
            its ``EXAMPLES``, if there are any, one of `gridscan.definition.figures.Example`.

        Examples
        --------
        >>> import gridscan as gs
        >>> model = gs.Model("stars", "Stars of a galaxy")
        >>> model.figures_in("gridscan.models.red_supergiants.figures")
        """
        self._figure_modules.append(module)
