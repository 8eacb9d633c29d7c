"""Reading what is known of one parameter: a distribution, a choice, or a column of a table of samples."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.definition.nodes import Label, Parameter
from gridscan.errors import listed, nearest
from gridscan.inputs.faults import shown
from gridscan.inputs.prior_laws import NUMBERS, LawReader
from gridscan.uncertainty.distributions import Uniform
from gridscan.uncertainty.scipy_laws import SHAPES
from gridscan.uncertainty.truncation import Truncated
from gridscan.units import Unit, readable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gridscan.inputs.faults import Path
    from gridscan.inputs.value_reader import Numeric, ValueReader
    from gridscan.uncertainty.distributions import Distribution

CHOICE, TABLE = "choice", "table"
#: Every word that says what is known of a parameter.
WORDS = (*NUMBERS, CHOICE, TABLE, *SHAPES)
_BESIDE = {CHOICE: ("unit", "weights"), TABLE: ("column", "unit", "weights", "minimum", "maximum")}
_BESIDE_NUMBERS = ("unit", "minimum", "maximum")


@dataclass(frozen=True)
class Continuous:
    """A distribution of a number, in the default unit of its parameter, and in words."""

    truncated: Truncated
    described: str


@dataclass(frozen=True)
class Choice:
    """Values to choose from, as given, or numbers in the default unit, with their weights and in words."""

    values: Sequence[Any] | np.ndarray
    weights: np.ndarray
    described: str


@dataclass(frozen=True)
class Column:
    """A column of a table of samples.

    Attributes
    ----------
    table
        Name of the file, or its columns by their headers.
    column
        Name of the column.
    weights
        Name of the column with the weights of the rows, if any.
    unit
        Unit of a column whose header has none, if given.
    bounds
        Of the numbers, in the default unit of the parameter.
    """

    table: str | Mapping[str, Any]
    column: str
    weights: str | None
    unit: Unit | None
    bounds: Truncated
    path: Path


Prior = Continuous | Choice | Column


def is_prior(value: Any) -> bool:
    """Tell whether a value says what is known of a parameter, rather than the values of an axis.

    Parameters
    ----------
    value
        Anything that a user gave.

    Returns
    -------
    bool
        Whether it is a table with the word of a distribution.
    """
    return isinstance(value, Mapping) and any(word in value for word in WORDS)


class PriorReader:
    """Reads what is known of parameters.

    Parameters
    ----------
    reader
        Reads values, and collects faults.
    labels
        Returns what is wrong with a label of a catalogue, or None.
    """

    def __init__(self, reader: ValueReader, labels: Callable[[str, str], str | None]) -> None:
        self.reader = reader
        self.labels = labels
        self.laws = LawReader(reader)

    def read(self, node: Label | Numeric, raw: Any, path: Path) -> Prior | None:
        """Read what is known of one parameter.

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
        Continuous, Choice, Column or None
            None where something is wrong with it, with a fault for each thing.
        """
        word = self._word(node, raw, path)
        if word is None:
            return None
        known = len(self.reader.faults)
        unit = self.laws.unit(node, raw, path)
        if len(self.reader.faults) > known:
            return None
        if word == CHOICE:
            return self._choice(node, raw, path, unit)
        if isinstance(node, Label) or (isinstance(node, Parameter) and node.is_word):
            message = f"{node.name!r} takes words, which have no {word} distribution; write {{ choice = [...] }}"
            self.reader.fault((*path, word), message, at_key=True)
        elif isinstance(node, Parameter) and node.vector is not None:
            message = f"{node.name!r} is a list of numbers, which has no distribution of its own"
            self.reader.fault(path, f"{message}; let a label choose among records that set it", at_key=True)
        elif isinstance(node, Parameter) and node.integer and word != TABLE:
            message = f"{node.name!r} takes whole numbers, which {word} does not draw; write {{ choice = [...] }}"
            self.reader.fault((*path, word), message, at_key=True)
        if len(self.reader.faults) > known or isinstance(node, Label):
            return None
        bounds = self._bounds(node, raw, path, unit)
        if bounds is None:
            return None
        if word == TABLE:
            return self._column(node, raw, path, unit, bounds)
        found = self.laws.read(node, word, raw[word], (*path, word), unit)
        return None if found is None else self._truncated(node, found, bounds, path)

    def _word(self, node: Label | Numeric, raw: Any, path: Path) -> str | None:
        """Return the one word of a distribution in a table, or None, with a fault."""
        if not isinstance(raw, Mapping):
            worded = isinstance(node, Label) or (isinstance(node, Parameter) and node.is_word)
            example = "{ choice = [...] }" if worded else "{ normal = [mean, standard deviation] }"
            message = f"{node.name!r} takes a distribution here, such as {example}, found {shown(raw)}"
            self.reader.fault(path, f"{message}; a known value belongs in [parameters]")
            return None
        words = [key for key in raw if key in WORDS]
        if len(words) > 1:
            message = f"{node.name!r} takes exactly one distribution; found {' and '.join(words)}"
            self.reader.fault((*path, words[1]), message, at_key=True)
            return None
        if not words:
            beside = {key for keys in (*_BESIDE.values(), _BESIDE_NUMBERS) for key in keys}
            odd = next((key for key in raw if key not in beside), None)
            if odd is None:
                self.reader.fault(path, f"{node.name!r} has no distribution; known are {listed(WORDS, 40)}")
            else:
                hint = nearest(odd, WORDS) or f"; known are {listed(WORDS, 40)}"
                message = f"unknown distribution {odd!r}{hint}"
                self.reader.fault((*path, odd), message, at_key=True)
            return None
        allowed = (words[0], *_BESIDE.get(words[0], _BESIDE_NUMBERS))
        odd_keys = [key for key in raw if key not in allowed]
        for key in odd_keys:
            message = f"unknown key {key!r} beside {words[0]!r}{nearest(key, allowed)}; allowed are {listed(allowed)}"
            self.reader.fault((*path, key), message, at_key=True)
        return None if odd_keys else words[0]

    def _bounds(self, node: Numeric, raw: Mapping[str, Any], path: Path, unit: Unit | None) -> Truncated | None:
        """Return the bounds that are given and those of the parameter, around nothing yet."""
        ends: dict[str, float] = {}
        for key in ("minimum", "maximum"):
            if key in raw:
                found = self.reader.numbers(node, [raw[key]], [(*path, key)], unit)
                if found is None:
                    return None
                ends[key] = float(found[0])
        own = node if isinstance(node, Parameter) else None
        lows = [(ends.get("minimum", -math.inf), False)]
        highs = [(ends.get("maximum", math.inf), False)]
        if own is not None:
            lows += [(end, is_open) for end, is_open in ((own.minimum, False), (own.above, True)) if end is not None]
            highs += [(end, is_open) for end, is_open in ((own.maximum, False), (own.below, True)) if end is not None]
        low, high = max(lows), min(highs, key=lambda end: (end[0], not end[1]))
        if not low[0] < high[0]:
            key = "minimum" if "minimum" in ends else "maximum"
            unit_text = readable(node.unit)
            message = f"{node.name!r} has no values from {low[0]:g} to {high[0]:g} {unit_text}".removesuffix(" 1")
            allowed = f"; allowed is {own.allowed}" if own is not None else ""
            self.reader.fault((*path, key), message + allowed)
            return None
        return Truncated(Uniform(0.0, 1.0), low[0], high[0], low[1], high[1])

    def _truncated(self, node: Numeric, law_: Distribution, bounds: Truncated, path: Path) -> Continuous | None:
        unit = readable(node.unit).removesuffix("1") if readable(node.unit) == "1" else readable(node.unit)
        truncated = Truncated(law_, bounds.low, bounds.high, bounds.low_open, bounds.high_open)
        between = bounds.between(unit)
        words = law_.described(unit)
        if truncated.is_empty:
            message = f"nothing of the distribution of {node.name!r} ({words}) is {between}, the allowed range"
            self.reader.fault(path, message)
            return None
        cut = truncated.cut_off
        return Continuous(truncated, f"{words}, {between} ({_percent(cut)} cut off)" if cut else words)

    def _choice(self, node: Label | Numeric, raw: Mapping[str, Any], path: Path, unit: Unit | None) -> Choice | None:
        items, where = raw[CHOICE], (*path, CHOICE)
        if not isinstance(items, list | tuple) or len(items) == 0:
            self.reader.fault(where, f"choice takes a list of values, found {shown(items)}")
            return None
        if isinstance(node, Parameter) and node.vector is not None:
            message = f"{node.name!r} is a list of numbers, which cannot be chosen here"
            self.reader.fault(path, f"{message}; let a label choose among records that set it", at_key=True)
            return None
        paths: list[Path] = [(*where, index) for index in range(len(items))]
        known = len(self.reader.faults)
        values: Any = list(items)
        if isinstance(node, Label):
            for item, place in zip(items, paths, strict=True):
                wrong = self.labels(node.name, item) if isinstance(item, str) else f"expected a label, found {item!r}"
                if wrong is not None:
                    self.reader.fault(place, f"{node.name!r}: {wrong}")
        elif not (isinstance(node, Parameter) and node.table is not None):
            values = self.reader.values(node, list(items), paths, unit)
        weights = self._weights(node, raw, path, len(items))
        if len(self.reader.faults) > known or values is None or weights is None:
            return None
        twice = next((index for index, item in enumerate(items) if item in items[:index]), None)
        if twice is not None:
            message = f"{node.name!r} can be {shown(items[twice])} twice; write it once, with weights"
            self.reader.fault(paths[twice], message)
            return None
        total = float(weights.sum())
        shares = ", ".join(f"{item} ({_percent(weight / total)})" for item, weight in zip(items, weights, strict=True))
        return Choice(values, weights / total, f"choice of {shares}")

    def _weights(self, node: Label | Numeric, raw: Mapping[str, Any], path: Path, many: int) -> np.ndarray | None:
        given, where = raw.get("weights"), (*path, "weights")
        if given is None:
            return np.ones(many)
        if not isinstance(given, list | tuple) or len(given) != many:
            found = f"{len(given)}" if isinstance(given, list | tuple) else shown(given)
            self.reader.fault(
                where, f"the choice of {node.name!r} has {many} values and needs as many weights, found {found}"
            )
            return None
        for index, item in enumerate(given):
            if isinstance(item, bool) or not isinstance(item, int | float) or not 0.0 <= item < math.inf:
                self.reader.fault(
                    (*where, index), f"a weight of {node.name!r} must be a number of at least 0, found {shown(item)}"
                )
                return None
        if not any(given):
            self.reader.fault(where, f"all weights of {node.name!r} are 0; at least one must be above")
            return None
        return np.array(given, dtype=float)

    def _column(
        self, node: Numeric, raw: Mapping[str, Any], path: Path, unit: Unit | None, bounds: Truncated
    ) -> Column | None:
        table = raw[TABLE]
        if not (isinstance(table, str) and table) and not isinstance(table, Mapping):
            self.reader.fault((*path, TABLE), f"{node.name!r} takes the name of a file here, found {shown(table)}")
            return None
        column, weights = raw.get("column", node.name), raw.get("weights")
        for key, name in (("column", column), ("weights", weights)):
            if name is not None and not (isinstance(name, str) and name):
                self.reader.fault((*path, key), f"{key!r} is the name of a column, found {shown(name)}")
                return None
        return Column(table, column, weights, unit, bounds, path)


def _percent(share: float) -> str:
    return f"{100.0 * share:.3g} %"
