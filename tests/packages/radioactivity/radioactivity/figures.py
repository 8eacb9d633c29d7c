"""The figures of the model."""

from gridscan import plot
from gridscan.definition.figures import Example, Figure


def decay_curve(dataset, *, by=None, mark_below=None):
    """Draw the activity against the age of the source, with a line at the activity of a weak one."""
    axes = plot.draw(dataset, "activity", along="age", by=by)
    if mark_below is not None:
        axes.axhline(mark_below, gid="weak", color="black")
    return axes


FIGURES = (
    Figure(
        "decay-curve",
        "activity against the age of the source",
        decay_curve,
        quantities=("activity",),
        axes=("age",),
        settings={"age": {"geomspace": ["1 d", "100 yr", 30]}},
        options=("by", "mark_below"),
    ),
)

EXAMPLES = (
    Example(
        "decay",
        "the activity of two isotopes against the age of the source",
        "decay-curve",
        settings={"isotope": ["iodine-131", "caesium-137"], "age": {"geomspace": ["1 d", "100 yr", 30]}},
    ),
)
