"""Computing quantities over a region of a grid: the only place where formulas run, for grids, chunks and blocks.

Functions see bare numpy arrays in base units, aligned to the dimensions of their result (length one where an argument
lacks a dimension).

A cell that cannot be computed either ends the evaluation, with a message that locates it, or fails alone: it gets the
code of a message, is stored as missing, and the value of another cell stands in for it in later formulas, so that these
never see a gap.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.errors import EvaluationError
from gridscan.evaluation.failing_cells import Messages, find_failing_cells, first_failing_cell
from gridscan.evaluation.poisson_draws import poisson_draws
from gridscan.evaluation.positions import aligned, length, located, where_it_varies
from gridscan.evaluation.steps import WrongResultError, fitted, run_step
from gridscan.inputs.sampling import NO_DRAW
from gridscan.numerics.poisson import LARGEST_MEAN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from gridscan.definition.graph import Step
    from gridscan.evaluation.impossible import Impossible
    from gridscan.evaluation.positions import Positions
    from gridscan.evaluation.variable import VariableSpec
    from gridscan.inputs.arrays import Coordinate

# The stored value of a failed cell: a NaN that no arithmetic gives, unlike that of a value that may be missing.
_FAILED = np.uint64(0x7FF8_6772_6964_7363)
# The code of an impossible cell where failures are not collected.
_LEFT_OUT = -1
_NOT_FINITE: dict[Callable[[Any], Any], str] = {np.isposinf: "inf", np.isneginf: "-inf", np.isnan: "nan"}


@dataclass(frozen=True)
class DrawKeys:
    """Parts of the keys of the random numbers of a count: one for all cells, and one for each position."""

    common: np.uint64
    along: Mapping[str, np.ndarray]


@dataclass
class RegionValues:
    """Values by name over their own dimensions in a region, in base units, and the codes of cells that failed.

    Attributes
    ----------
    dims
        The dimensions of each name.
    lengths
        Number of positions of the region along each dimension.
    messages
        Messages that the codes stand for; without them, the first cell that fails ends the evaluation.
    coordinates, places
        For the message of a failed cell: values along the dimensions, and the positions of the region along them.
    made_of
        The arguments of each quantity that was computed here; none of those that were read.
    began
        Of quantities that were computed before and are not finite everywhere: where that began, and what it is there.
    impossible
        Cells of the region that the model rules out, by quantity; these never end an evaluation.
    """

    dims: Mapping[str, Sequence[str]]
    lengths: Mapping[str, int]
    values: dict[str, np.ndarray] = field(default_factory=dict)
    codes: dict[str, np.ndarray] = field(default_factory=dict)
    messages: Messages | None = None
    coordinates: Mapping[str, Coordinate | None] = field(default_factory=dict)
    places: Mapping[str, np.ndarray] = field(default_factory=dict)
    made_of: dict[str, tuple[str, ...]] = field(default_factory=dict)
    began: dict[str, tuple[str, str]] = field(default_factory=dict)
    impossible: Mapping[str, Sequence[Impossible]] = field(default_factory=dict)

    def run(self, steps: Sequence[Step], among: Sequence[Step] | None = None) -> None:
        """Run steps, each after those it depends on.

        Parameters
        ----------
        among
            All steps that are wanted, if `steps` are some of them: a function with two results may give two.

        Raises
        ------
        EvaluationError
            If a cell cannot be computed and failures are not collected.
        """
        for step in steps:
            if step.name not in self.values:
                self.run_giving(step, names_given(step, steps if among is None else among))

    def put_stored(self, spec: VariableSpec, array: np.ndarray) -> None:
        """Take stored values of a quantity, in base units, as if they had just been computed."""
        holes = array.view(np.uint64) == _FAILED
        if holes.any():
            assert self.messages is not None
            self.codes[spec.quantity] = np.where(holes, self.messages.code(not_computed(spec.quantity)), 0)
            array = np.where(holes, array[~holes][0] if not holes.all() else np.nan, array)
        self.values[spec.quantity] = array
        self.made_of[spec.quantity] = ()

    def run_giving(self, step: Step, names: Sequence[str]) -> None:
        """Run a step whose function gives these names."""
        dims = self.dims[step.name]
        shape = tuple(self.lengths[dim] for dim in dims)
        arguments = {name: aligned(self.values[name], self.dims[name], dims) for name in step.arguments}
        codes = self._codes_of(step, dims)
        if codes is not None and codes.all():
            values = {name: np.full(shape, np.nan) for name in names}
        else:
            try:
                values, found = self._attempted(step, names, arguments, shape, search=codes is None)
            except EvaluationError:
                if codes is None:
                    raise
                possible = {name: _possible(array, codes == 0, shape) for name, array in arguments.items()}
                values, found = self._attempted(step, names, possible, shape)
            codes = found if codes is None else codes if found is None else np.where(codes == 0, found, codes)
        if codes is not None and codes.any():
            codes = np.broadcast_to(codes, shape)
            good = codes == 0
            for name, value in values.items():
                values[name] = np.where(good, value, value[good][0] if good.any() else np.nan)
                self.codes[name] = codes
        self.values |= values
        self.made_of |= dict.fromkeys(values, step.arguments)

    def _codes_of(self, step: Step, dims: Sequence[str]) -> np.ndarray | None:
        """Return the codes of the cells that are impossible, or in which an argument of a step has failed, if any."""
        codes = self._impossible(step.name, dims)
        for name in step.arguments if self.codes else ():
            if name in self.codes:
                own = aligned(self.codes[name], self.dims[name], dims)
                codes = own if codes is None else np.where(codes == 0, own, codes)
        return codes

    def _impossible(self, name: str, dims: Sequence[str]) -> np.ndarray | None:
        """Return the codes of the cells of a quantity that the model rules out, if any."""
        codes = None
        for item in self.impossible.get(name, ()):
            code = _LEFT_OUT if self.messages is None else self.messages.code(item.text)
            own = aligned(np.where(item.mask, code, 0), item.dims, dims)
            codes = own if codes is None else np.where(codes == 0, own, codes)
        return codes

    def mark_impossible(self, name: str) -> None:
        """Mark the cells of a quantity that the model rules out; it was computed elsewhere, where they were known."""
        dims = self.dims[name]
        codes = self._impossible(name, dims)
        if codes is not None and codes.any():
            self.codes[name] = np.broadcast_to(codes, tuple(self.lengths[dim] for dim in dims))

    def _attempted(
        self,
        step: Step,
        names: Sequence[str],
        arguments: Mapping[str, np.ndarray],
        shape: tuple[int, ...],
        *,
        search: bool = True,
    ) -> tuple[dict[str, np.ndarray], np.ndarray | None]:
        """Return the results of a step, and the codes of cells that failed, if any, or raise what they say."""

        def evaluate(positions: Positions) -> dict[str, np.ndarray]:
            chosen = {name: where_it_varies(array, positions) for name, array in arguments.items()}
            results = run_step(step, chosen)
            lengths = tuple(length(part, size) for part, size in zip(positions, shape, strict=True))
            return {name: fitted(step.node, results[name], lengths) for name in names}

        try:
            results = run_step(step, arguments)
            return {name: fitted(step.node, results[name], shape) for name in names}, None
        except EvaluationError as fault:
            if not search or (self.messages is None and isinstance(fault, WrongResultError)):
                raise
            if self.messages is None:
                cell, reason = first_failing_cell(evaluate, shape, str(fault))
                dims = self.dims[step.name][: len(cell)]
                raise EvaluationError(self._located(reason, dims, [int(part[0]) for part in cell])) from fault
            values = {name: np.full(shape, np.nan) for name in names}
            return values, find_failing_cells(evaluate, values, str(fault), shape, self.messages)

    def _located(self, message: str, dims: Sequence[str], cell: Sequence[int]) -> str:
        places = [int(self.places[dim][at]) if dim in self.places else at for dim, at in zip(dims, cell, strict=True)]
        return located(message, dims, places, self.coordinates)

    def _failing(
        self, dims: Sequence[str], codes: np.ndarray | None, faults: Iterable[tuple[np.ndarray, str]]
    ) -> np.ndarray | None:
        """Add the codes of faults (masks with reasons) to known codes, or end the evaluation."""
        messages = Messages() if self.messages is None else self.messages
        for wrong, why in faults:
            new = wrong if codes is None else wrong & (codes == 0)
            if new.any():
                codes = np.where(new, messages.code(why), 0 if codes is None else codes)
        if codes is not None and self.messages is None and (codes > 0).any():
            cell = np.unravel_index(int(np.argmax(codes > 0)), codes.shape)
            raise EvaluationError(self._located(messages.texts[int(codes[cell]) - 1], dims, [int(at) for at in cell]))
        return codes

    def finished(self, spec: VariableSpec) -> tuple[np.ndarray, np.ndarray | None]:
        """Return a quantity in the unit and type of its variable, and the codes of cells that do not fit.

        Raises
        ------
        EvaluationError
            If a value is not finite or does not fit the type, and failures are not collected.
        """
        value = self.values[spec.quantity] / spec.factor
        with np.errstate(over="ignore", under="ignore"):
            stored = np.asarray(value, dtype=spec.dtype, order="C")
            # An intermediate quantity may be infinite where the quantities made of it are finite.
            suspicious = spec.is_output and not math.isfinite(float(value.sum()))
        faults = [
            *(self._not_finite(value, spec) if suspicious else []),
            *(_out_of_range(value, spec) if spec.dtype != value.dtype else []),
        ]
        codes = self._failing(spec.dims, self.codes.get(spec.quantity), faults)
        if codes is None:
            return stored, None
        failed = _FAILED.view(float) if spec.dtype == float else np.array(np.nan, dtype=spec.dtype)
        return np.where(codes == 0, stored, failed), codes

    def _not_finite(self, value: np.ndarray, spec: VariableSpec) -> list[tuple[np.ndarray, str]]:
        """Return where a quantity is not finite, with the quantity in which that began."""
        faults = []
        for name, where in self._origins(spec.quantity, self.not_finite(spec), spec.dims):
            there = aligned(self.values[name], self.dims[name], spec.dims)
            for of_it, called in _NOT_FINITE.items():
                origin, was = self.began.get(name, (name, called))
                why = "" if origin == spec.quantity else f": {origin!r}, of which it is made, is {was} there"
                for of_all, what in _NOT_FINITE.items():
                    faults.append((where & of_it(there) & of_all(value), f"{spec.quantity!r} is {what}{why}"))
        return faults

    def not_finite(self, spec: VariableSpec) -> np.ndarray:
        """Return in which possible cells a quantity is not finite, though it must be."""
        value = self.values[spec.quantity]
        wrong = (np.isnan(value) & (spec.missing is None)) | (np.isinf(value) & (spec.unbounded is None))
        return np.asarray(wrong & (self.codes.get(spec.quantity, 0) == 0))

    def _origins(self, name: str, wrong: np.ndarray, dims: Sequence[str]) -> list[tuple[str, np.ndarray]]:
        """Return the first quantities behind one that are not finite, each with the cells in which it is that."""
        found: list[tuple[str, np.ndarray]] = []
        for other in self.made_of.get(name, ()):
            if (other in self.made_of or other in self.began) and wrong.any():
                there = wrong & ~np.isfinite(aligned(self.values[other], self.dims[other], dims))
                found += self._origins(other, there, dims)
                wrong = wrong & ~there
        return [*found, (name, wrong)] if wrong.any() else found

    def began_in(self, name: str) -> tuple[str, str] | None:
        """Return the quantity in which a value that is not finite began, and what it is there; None if all are."""
        wrong = ~np.isfinite(self.values[name])
        if not wrong.any():
            return None
        origin, where = self._origins(name, wrong, self.dims[name])[0]
        there = np.broadcast_to(aligned(self.values[origin], self.dims[origin], self.dims[name]), where.shape)[where]
        return origin, next(called for is_so, called in _NOT_FINITE.items() if is_so(there[0]))

    def drawn(self, spec: VariableSpec, keys: DrawKeys, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """Return draws of a count, with the realisations as last dimension, and the codes of cells without draws.

        Parameters
        ----------
        keys
            Keys of the random numbers at the positions of the region.
        numbers
            Numbers of the realisations.

        Raises
        ------
        EvaluationError
            If a mean cannot be drawn from and failures are not collected.
        """
        means, dims = self.values[spec.quantity] / spec.factor, spec.dims[:-1]
        faults = [
            (~np.isfinite(means), "not finite"),
            (means < 0, "negative"),
            (means > LARGEST_MEAN, f"above {LARGEST_MEAN:g}"),
        ]
        reasons = [(wrong, f"{spec.quantity!r} is {what}, so it cannot be drawn from") for wrong, what in faults]
        codes = self._failing(dims, self.codes.get(spec.quantity), reasons)
        good = np.ones(means.shape, dtype=bool) if codes is None else codes == 0
        draws = poisson_draws(np.where(good, means, 0.0), keys.common, [keys.along[dim] for dim in dims], numbers)
        if codes is None:
            return draws, None
        draws[~good] = NO_DRAW
        return draws, np.broadcast_to(codes[..., None], draws.shape)


def _possible(array: np.ndarray, good: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return an argument with the values of a good cell in place of those of others, so that all can be computed."""
    good = np.broadcast_to(good, shape)
    inner = array.shape[len(shape) :]
    full = np.broadcast_to(array, (*shape, *inner))
    wanted = good.reshape(*shape, *(1 for _ in inner))
    return np.where(wanted, full, full[np.unravel_index(int(np.argmax(good)), shape)])


def not_computed(name: str) -> str:
    """Return the message of a cell that failed because a quantity that it depends on did."""
    return f"{name!r} could not be computed"


def names_given(step: Step, steps: Iterable[Step]) -> list[str]:
    """Return the names that a step gives: a quantity, and its error estimate if that is wanted, or the reverse."""
    if not step.node.gives_error:
        return [step.name]
    base = step.node.error_of or step.name
    together = {other.name for other in steps if other.node.function is step.node.function}
    return [name for name in (base, f"{base}_error") if name in together]


def _out_of_range(value: np.ndarray, spec: VariableSpec) -> list[tuple[np.ndarray, str]]:
    limits = np.finfo(spec.dtype)
    size, name = np.abs(value), spec.quantity
    return [
        (
            np.isfinite(size) & (size > limits.max),
            f"{name!r} is too large for {spec.dtype}, which ends at {limits.max:.3g} (float64 holds more)",
        ),
        (
            (size < limits.smallest_normal) & (size > 0.0),
            f"{name!r} is too small for {spec.dtype}, which begins at {limits.smallest_normal:.3g}"
            " (float64 holds less)",
        ),
    ]
