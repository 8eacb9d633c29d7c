"""Declaring conditions on parameters together: which combinations are possible, and where results are doubtful."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from gridscan.definition.conditions import Caution, Requirement
from gridscan.definition.definition import Definition
from gridscan.definition.node_checks import argument_names
from gridscan.errors import ModelError, nearest
from gridscan.units import parse_unit

if TYPE_CHECKING:
    from collections.abc import Callable

Condition = TypeVar("Condition", bound="Callable[..., Any]")


class ConditionDeclarations(Definition):
    """A definition with methods that declare conditions."""

    def require(self, text: str, **units: str) -> Callable[[Condition], Condition]:
        """Declare which combinations of parameters are possible, for the quantities that depend on all of them.

        A scenario of which no point is possible is refused before anything is computed. Of another one, the points that
        are not possible are left out: their cells are missing, with this one reason for all of them.

        Parameters
        ----------
        text
            What must be so, as a phrase: ``"the arms must end outside where they begin"``.
        **units
            Units in which the function gets its arguments, as bare numbers; without any, it gets base units, and is
            proven to compare only what has the same dimension.

        Returns
        -------
        callable
            Decorator of a function of declared parameters, by name: arrays of numbers, or of words. It returns where
            this is so.

        Raises
        ------
        ModelError
            If the function takes something other than declared parameters.
        UnitError
            If a unit cannot be read.

        Examples
        --------
        >>> import gridscan as gs
        >>> model = gs.Model("window", "A window of energies")
        >>> for end, default in (("energy_min", "1 MeV"), ("energy_max", "5 MeV")):
        ...     _ = model.parameter(end, default, end, above=0)
        >>> @model.require("the window must end above where it begins")
        ... def ends(energy_max, energy_min):
        ...     return energy_max > energy_min
        >>> @model.quantity("MeV")
        ... def width(energy_min, energy_max):
        ...     "Difference of the ends."
        ...     return energy_max - energy_min
        >>> model.evaluate("width", energy_max="100 keV")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        gridscan.errors.ScenarioError: the window must end above where it begins; found energy_max = 0.1 MeV with ...
        """

        def declare(holds: Condition) -> Condition:
            where = f"model {self.name!r}: the requirement {text!r}"
            takes = self._parameters_of(holds, where)
            if not takes:
                raise ModelError(f"{where} is a function of nothing; it must take the parameters that it is about")
            wanted = {key: parse_unit(unit) for key, unit in units.items()}
            self._requirements.append(Requirement(text, holds, takes, wanted))
            self._checked = set()
            return holds

        return declare

    def caution(self, text: str, holds: Callable[..., Any], **units: str) -> None:
        """Declare where results are doubtful: those that depend on all the parameters say so in an attribute.

        Parameters
        ----------
        text
            What is doubtful, and why, as a phrase: ``"a lower bound: radiation is left out"``.
        holds
            Function of declared parameters, by name: arrays of numbers, or of words. It returns where this is so.
        **units
            Units in which it gets them, where these matter; base units by default.

        Raises
        ------
        ModelError
            If the function takes something other than declared parameters.
        UnitError
            If a unit cannot be read.

        Examples
        --------
        >>> import gridscan as gs
        >>> model = gs.Model("fall", "A falling stone")
        >>> _ = model.parameter("height", "1 m", "Height", minimum=0)
        >>> model.caution("air slows it", lambda height: height > 10.0, height="m")
        >>> @model.quantity("m")
        ... def half(height):
        ...     "h/2."
        ...     return height / 2
        >>> model.evaluate("half", height="20 m").attrs["warning"]
        'air slows it'
        """
        takes = self._parameters_of(holds, f"model {self.name!r}: the caution {text!r}")
        self._cautions.append(Caution(text, holds, takes, {key: parse_unit(unit) for key, unit in units.items()}))

    def _parameters_of(self, holds: Callable[..., Any], where: str) -> tuple[str, ...]:
        takes = argument_names(where, holds)
        for taken in takes:
            if taken not in self.parameters:
                hint = nearest(taken, self.parameters)
                raise ModelError(f"{where} depends on {taken!r}, which is not a parameter{hint}")
        return takes
