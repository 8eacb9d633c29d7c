"""The picture of where a quantity reaches a value, with marks where it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridscan.errors import SensitivityError
from gridscan.plot.page import finish, legend, page
from gridscan.plot.scales import spans_decades
from gridscan.plot.selection import first_labels, picked, shown_axes
from gridscan.plot.series import marks, series
from gridscan.sensitivity.crossings import ABOVE, CROSSED, NEVER, OUTCOME, OUTCOMES, UNKNOWN
from gridscan.sensitivity.labelled import is_numeric, quantity_of

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

# What is marked at which height of the picture, from 0 to 1.
_MARKS = {NEVER: (r"$\uparrow$", 0.97), ABOVE: (r"$\downarrow$", 0.03), UNKNOWN: (r"$?$", 0.5)}


def crossing(
    answer: xr.DataArray, *, along: str | None = None, by: str | None = None, axes: Axes | None = None
) -> Axes:
    """Draw where a quantity reaches a value, along one axis, with marks at the edge where it never does.

    Axes that are neither shown nor `by` are held as in `draw`, which the subtitle says.

    Parameters
    ----------
    answer
        From ``ds.gridscan.crossing``.
    along
        Axis to draw along; by default the numeric axis with the most values, else the first axis.
    by
        One line, or one colour of bars, for each value of this axis; by default for the labels of the first axis that
        has labels.
    axes
        Where to draw; a new figure otherwise.

    Returns
    -------
    matplotlib.axes.Axes
        Where it was drawn.

    Raises
    ------
    SensitivityError
        If it is another answer, no axis is left to draw along, or the value is reached nowhere.

    Examples
    --------
    >>> import xarray as xr
    >>> import gridscan as gs
    >>> from gridscan import plot
    >>> flux = (("imf", "distance"), [[4.0, 1.0, 0.2], [0.4, 0.1, 0.02]], {"units": "cm-2 s-1"})
    >>> distance = ("distance", [1.0, 2.0, 4.0], {"units": "kiloparsec"})
    >>> ds = xr.Dataset({"flux": flux}, {"imf": ["kroupa", "flat"], "distance": distance})
    >>> axes = plot.crossing(ds.gridscan.crossing("flux", along="distance", value=0.5))
    >>> [text.get_text() for text in axes.get_legend().get_texts()]
    ['never reached']
    """
    if OUTCOME not in answer.coords:
        raise SensitivityError("expected the answer of ds.gridscan.crossing, which says what was found in each cell")
    if not answer.dims:
        raise SensitivityError("a picture needs an axis besides the one that was followed; the answer is one value")
    name = str(answer.name)
    values = quantity_of(answer.reset_coords(OUTCOME, drop=True).to_dataset(name=name), name)
    shown = shown_axes(values, [] if along is None else [along], by)
    if by is None and is_numeric(values, shown[0]):
        by = first_labels(values, shown[0])
    kept = [*shown, *([by] if by is not None else [])]
    codes = values.copy(data=np.select([answer[OUTCOME].values == word for word in OUTCOMES], range(len(OUTCOMES))))
    found, held = picked(codes, kept, set())
    words = found.copy(data=np.array(OUTCOMES)[found.values.astype(int)])
    if not (words == CROSSED).any():
        said = " or ".join(dict.fromkeys(words.values.ravel().tolist()))
        where = f" at {', '.join(held)}" if held else ""
        raise SensitivityError(f"there is nothing to draw, since the value is crossed nowhere{where}: {said}")
    left, held = picked(values, kept, set())
    axes = page(axes)
    series(axes, left, shown[0], by, logarithmic=spans_decades(left), with_legend=False)
    for word, (marker, height) in _MARKS.items():
        if bool((words == word).any()):
            marks(axes, words == word, shown[0], by, marker=marker, height=height, label=word)
    if axes.get_legend_handles_labels()[1]:
        legend(axes, by or "")
    finish(axes, [", ".join(held)])
    return axes
