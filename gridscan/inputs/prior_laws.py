"""Reading distributions of numbers: their words, their numbers with units, and what these must be."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.definition.nodes import Label, Parameter
from gridscan.errors import UnitError, listed, nearest
from gridscan.inputs.faults import shown
from gridscan.uncertainty.distributions import FromScipy, LogNormal, LogUniform, Normal, Triangular, Uniform
from gridscan.uncertainty.scipy_laws import SHAPES, law
from gridscan.units import Unit, convert, parse_unit, readable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridscan.inputs.faults import Path
    from gridscan.inputs.value_reader import Numeric, ValueReader
    from gridscan.uncertainty.distributions import Distribution

#: Names of the numbers of each distribution that has a word of its own, in their order.
NUMBERS = {
    "normal": ("mean", "standard deviation"),
    "lognormal": ("median", "factor of one standard deviation"),
    "uniform": ("low", "high"),
    "log-uniform": ("low", "high"),
    "triangular": ("low", "mode", "high"),
}


class LawReader:
    """Reads distributions of numbers.

    Parameters
    ----------
    reader
        Reads values, and collects faults.
    """

    def __init__(self, reader: ValueReader) -> None:
        self.reader = reader

    def unit(self, node: Label | Numeric, raw: Mapping[str, Any], path: Path) -> Unit | None:
        """Return the unit of the bare numbers of a distribution, if it has one that fits.

        Parameters
        ----------
        node
            The parameter.
        raw
            The table, as given.
        path
            Path to it.

        Returns
        -------
        Unit or None
            None where there is none, or a wrong one, with a fault.
        """
        if "unit" not in raw:
            return None
        where = (*path, "unit")
        if isinstance(node, Label) or (isinstance(node, Parameter) and node.is_word):
            self.reader.fault(where, f"{node.name!r} is not a number and has no unit", at_key=True)
            return None
        if not isinstance(raw["unit"], str):
            self.reader.fault(where, f"the unit of {node.name!r} must be a text, found {shown(raw['unit'])}")
            return None
        try:
            unit = parse_unit(raw["unit"])
            convert(1.0, unit, node.unit)
        except UnitError as error:
            self.reader.fault(where, f"{node.name!r}: {error}")
            return None
        return unit

    def read(self, node: Numeric, word: str, raw: Any, path: Path, unit: Unit | None) -> Distribution | None:
        """Read a distribution of a number.

        Parameters
        ----------
        node
            The parameter.
        word
            A key of `NUMBERS`, or of the distributions of scipy.stats.
        raw
            What stands behind the word.
        path
            Path to it.
        unit
            Unit of bare numbers.

        Returns
        -------
        Distribution or None
            In the default unit of the parameter; None where something is wrong with it, with a fault.
        """
        if word in SHAPES:
            return self._of_scipy(node, word, raw, path, unit)
        names = NUMBERS[word]
        if not isinstance(raw, list | tuple) or len(raw) != len(names):
            found = f"{len(raw)} values" if isinstance(raw, list | tuple) else shown(raw)
            self.reader.fault(path, f"{word} takes [{', '.join(names)}], found {found}")
            return None
        if word == "lognormal":
            return self._lognormal(node, raw, path, unit)
        numbers = self._numbers(node, raw, path, unit)
        if numbers is None:
            return None
        wrong = _order(word, numbers)
        if wrong is not None:
            position, what = wrong
            self.reader.fault((*path, position), f"{what.format(name=node.name)}, found {shown(raw[position])}")
            return None
        if word == "normal":
            return Normal(*numbers)
        if word == "uniform":
            return Uniform(*numbers)
        return LogUniform(*numbers) if word == "log-uniform" else Triangular(*numbers)

    def _lognormal(self, node: Numeric, raw: Sequence[Any], path: Path, unit: Unit | None) -> Distribution | None:
        median = self.reader.numbers(node, [raw[0]], [(*path, 0)], unit)
        factor = raw[1]
        if isinstance(factor, bool) or not isinstance(factor, int | float) or not 1.0 < factor < math.inf:
            message = f"one standard deviation of the lognormal {node.name!r} must be a factor above 1, without a unit"
            self.reader.fault((*path, 1), f"{message}; found {shown(factor)}")
            return None
        if median is None:
            return None
        if median[0] <= 0.0:
            self.reader.fault(
                (*path, 0), f"the median of the lognormal {node.name!r} must be above 0, found {shown(raw[0])}"
            )
            return None
        return LogNormal(float(median[0]), float(factor))

    def _of_scipy(self, node: Numeric, word: str, raw: Any, path: Path, unit: Unit | None) -> Distribution | None:
        allowed = (*SHAPES[word], "loc", "scale")
        if not isinstance(raw, Mapping):
            self.reader.fault(path, f"{word} takes a table of {listed(allowed)}, found {shown(raw)}")
            return None
        known = len(self.reader.faults)
        for key in raw:
            if key not in allowed:
                message = f"{word} has no {key!r}{nearest(key, allowed)}; it takes {listed(allowed)}"
                self.reader.fault((*path, key), message, at_key=True)
        shapes = {}
        for key in SHAPES[word]:
            shape = raw.get(key)
            if isinstance(shape, bool) or not isinstance(shape, int | float) or not math.isfinite(shape):
                what = f"found {shown(shape)}" if key in raw else "which is missing"
                self.reader.fault((*path, key), f"{word} needs a number {key!r} for its shape, {what}", key not in raw)
            else:
                shapes[key] = float(shape)
        without = readable(node.unit) == "1" or not self.reader.units_required
        if "scale" not in raw and not without:
            self.reader.fault(path, f"{word} needs a scale with a unit here, like '1 {readable(node.unit)}'")
        places = {}
        for key, default in (("loc", 0.0), ("scale", 1.0)):
            found = self.reader.numbers(node, [raw[key]], [(*path, key)], unit) if key in raw else [default]
            places[key] = default if found is None else float(found[0])
        if places["scale"] <= 0.0:
            self.reader.fault(
                (*path, "scale"), f"the scale of {node.name!r} must be above 0, found {shown(raw['scale'])}"
            )
        if len(self.reader.faults) > known:
            return None
        found_law = law(word)
        if not np.isfinite(found_law.ppf(0.5, **shapes)):
            given = " and ".join(f"{key} = {value:g}" for key, value in shapes.items())
            self.reader.fault(path, f"{word} has no distribution with {given}")
            return None
        return FromScipy(word, shapes, places["loc"], places["scale"], found_law)

    def _numbers(self, node: Numeric, raw: Sequence[Any], path: Path, unit: Unit | None) -> list[float] | None:
        paths: list[Path] = [(*path, index) for index in range(len(raw))]
        found = self.reader.numbers(node, list(raw), paths, unit)
        return None if found is None else [float(number) for number in found]


def _order(word: str, numbers: Sequence[float]) -> tuple[int, str] | None:
    """Return which number of a distribution is wrong, and how it must be."""
    if word == "normal":
        return (1, "the standard deviation of {name!r} must be above 0") if numbers[1] <= 0.0 else None
    if word == "log-uniform" and numbers[0] <= 0.0:
        return 0, "the lower end of the log-uniform {name!r} must be above 0"
    if not numbers[0] < numbers[-1]:
        return len(numbers) - 1, "the upper end of {name!r} must be above its lower end"
    if word == "triangular" and not numbers[0] <= numbers[1] <= numbers[2]:
        return 1, "the mode of {name!r} must lie between its ends"
    return None
