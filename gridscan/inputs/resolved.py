"""What given values resolve to: every input of a model, and the axes that they span."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gridscan.definition.definition import Definition
    from gridscan.inputs.arrays import Coordinate, Input
    from gridscan.inputs.dependent import Dependent
    from gridscan.inputs.measures import Measure
    from gridscan.inputs.uncertain import Drawn


@dataclass(frozen=True)
class Resolved:
    """Every input of a model, with the axes that the given values span.

    Attributes
    ----------
    sizes
        Dimensions in the order in which they were given.
    inputs
        Each parameter, constant and cut quantity.
    coordinates
        In the default units: axes, parameters set by labels, and given single values.
    given
        Names that were given a value.
    tables
        Content of the files that parameters name.
    without_effect
        Names that were given a value but went with a quantity that was replaced.
    drawn
        How what is uncertain was drawn, if anything is.
    measures
        Weights of the values of each axis.
    dependent
        By name, how it follows another parameter; one that follows another of these comes after it.
    """

    model: Definition
    sizes: dict[str, int]
    inputs: dict[str, Input]
    coordinates: dict[str, Coordinate]
    given: frozenset[str]
    tables: dict[str, str] = field(default_factory=dict)
    without_effect: tuple[str, ...] = ()
    drawn: Drawn | None = None
    measures: dict[str, Measure] = field(default_factory=dict)
    dependent: dict[str, Dependent] = field(default_factory=dict)

    @property
    def cut(self) -> list[str]:
        """The quantities that were given a value."""
        return [name for name in self.model.quantities if name in self.given]

    def with_labels(self, used: set[str]) -> set[str]:
        """Return names with the labels that set any of them, and what was given in place of any of them.

        Parameters
        ----------
        used
            Names of inputs.

        Returns
        -------
        set of str
            These names, those that they follow, the labels whose records set any that was not given a value, and the
            inputs of alternatives.
        """
        used = set(used)
        for name in reversed(self.dependent):
            # Those that follow others come after them.
            used |= {self.dependent[name].of} if name in used else set()
        own, model = used - self.given, self.model
        said = {name for other in model.alternatives if used & set(other.sets) for name in other.inputs}
        labels = {label for label in model.labels if any(name in own for name in model.bundled(label))}
        return used | labels | (said & set(self.coordinates))
