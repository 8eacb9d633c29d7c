"""Inputs that agree with those of an earlier file to the last digits, but not in every bit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridscan.numerics.spacing import tolerances

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from gridscan.engine.file_layout import FileLayout
    from gridscan.engine.reuse.earlier_file import EarlierFile


def last_digits(earlier_files: Sequence[EarlierFile], file_layout: FileLayout, names: Iterable[str]) -> list[str]:
    """Say which inputs have values that are new only in their last digits, for which no cell is reused.

    Parameters
    ----------
    earlier_files
        Earlier results.
    file_layout
        What is to be run.
    names
        Names of inputs.

    Returns
    -------
    list of str
        Such as ``"2 of 9 values of 'radius' differ from what was there in the last digits only"``, by input.
    """
    inputs = file_layout.block_plan.layout.resolved.inputs
    said = []
    for name in names:
        if name not in inputs or inputs[name].vector or inputs[name].data.dtype.kind == "U":
            continue
        now = _numbers(file_layout.keys[name][1])
        before = [_numbers(earlier.keys[name][1]) for earlier in earlier_files if name in earlier.keys]
        count = _new_in_the_last_digits(now, np.concatenate(before)) if before else 0
        if count:
            verb = "differ" if count > 1 else "differs"
            of = f"{count:,} of {now.size:,} values of {name!r} {verb}" if now.size > 1 else f"{name!r} differs"
            said.append(f"{of} from what was there in the last digits only")
    return said


def _numbers(keys: NDArray[np.uint64]) -> NDArray[np.float64]:
    return np.ascontiguousarray(keys).view(np.float64).ravel()


def _new_in_the_last_digits(now: NDArray[np.float64], before: NDArray[np.float64]) -> int:
    known = np.unique(before)
    added = ~np.isin(now, known)
    new, same = now[added], tolerances(now)[added]
    place = np.searchsorted(known, new)
    below, above = known[np.maximum(place - 1, 0)], known[np.minimum(place, known.size - 1)]
    return int(sum((np.abs(new - below) <= same) | (np.abs(new - above) <= same)))
