"""Declaring the figures of a model."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from gridscan.definition.declare_functions import FunctionDeclarations
from gridscan.definition.figures import GENERAL_KINDS, LIST, Example, Figure
from gridscan.errors import GridscanError, ModelError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable

Function = TypeVar("Function", bound=Callable[..., Any])
Item = TypeVar("Item")


class Declarations(FunctionDeclarations):
    """A definition with methods that declare inputs, functions and figures."""

    @property
    def figures(self) -> dict[str, Figure]:
        """The figures by kind; modules that hold some are imported now."""
        figures = [*self._figures, *self._held("FIGURES", Figure)]
        gone = self.dropped
        return _figures_by_kind(self, [item for item in figures if gone.keys().isdisjoint(item.needed)])

    @property
    def examples(self) -> dict[str, Example]:
        """The pictures of the gallery by name; modules that hold some are imported now."""
        return {example.name: example for example in self._held("EXAMPLES", Example)}

    def _held(self, name: str, kind: type[Item]) -> list[Item]:
        """Return what the modules of figures hold under a name; only figures have to be there."""
        held: list[Item] = []
        for module_name in self._figure_modules:
            where = f"model {self.name!r}: its module of figures {module_name!r}"
            try:
                module = importlib.import_module(module_name)
            except GridscanError:
                raise
            except Exception as error:
                raise ModelError(f"{where} cannot be imported: {type(error).__name__}: {error}") from error
            if not hasattr(module, name) and kind is Figure:
                raise ModelError(f"{where} has no {name}{nearest(name, vars(module))}")
            items = getattr(module, name, ())
            if not isinstance(items, Sequence) or not all(isinstance(item, kind) for item in items):
                raise ModelError(f"{where} needs {name} to be a sequence of {kind.__name__}, found {items!r:.60}")
            held += items
        return held

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


def _figures_by_kind(model: Declarations, figures: Iterable[Figure]) -> dict[str, Figure]:
    """Return figures by their kind.

    Parameters
    ----------
    model
        The model that declares them.
    figures
        Its figures.

    Returns
    -------
    dict of str to Figure
        In the order in which they were declared.

    Raises
    ------
    ModelError
        If a kind is declared twice or taken, has no function, or needs something that the model does not have.
    """
    found: dict[str, Figure] = {}
    for figure in figures:
        where = f"model {model.name!r}: figure {figure.kind!r}"
        if figure.kind in found or figure.kind in (*GENERAL_KINDS, LIST):
            raise ModelError(f"{where} {'is declared twice' if figure.kind in found else 'needs another name'}")
        if figure.draw is None and figure.movie is None:
            raise ModelError(f"{where} has no function that draws it")
        if callable(figure.settings) and figure.population is None:
            raise ModelError(f"{where} has settings that depend on a sample, but no population")
        given = figure.settings if isinstance(figure.settings, Mapping) else {}
        needed = {"quantity": figure.quantities, "input": [*figure.axes, *given]}
        known: dict[str, Iterable[str]] = {"quantity": model.quantities, "input": model.names}
        for what, names in needed.items():
            for name in names:
                if name not in known[what]:
                    raise ModelError(f"{where} needs the unknown {what} {name!r}{nearest(name, known[what])}")
        if figure.population is not None and figure.population not in model.populations:
            hint = nearest(figure.population, model.populations)
            raise ModelError(f"{where} needs the unknown population {figure.population!r}{hint}")
        found[figure.kind] = figure
    return found
