"""What tests of pictures look at: texts, subtitles, ticks, and whether everything can be read."""

import itertools

import numpy as np

from gridscan.units import parse_unit, unit_attributes

IMFS = ["kroupa", "salpeter", "top-heavy", "top-light"]
DETECTORS = ["juno", "super-k", "hyper-k"]
RADII = np.geomspace(0.2, 5, 8)
TIMES = np.array([5.0, 8.0, 12.0, 20.0])


def attributes(unit, long_name):
    return {**unit_attributes(parse_unit(unit)), "long_name": long_name}


def texts(axes):
    """Return every text of the figure that can be seen, with its box."""
    figure = axes.figure
    figure.draw_without_rendering()
    found = []
    for one in figure.axes:
        (x0, x1), (y0, y1) = sorted(one.get_xlim()), sorted(one.get_ylim())
        ticks = [t.label1 for t in one.xaxis.get_major_ticks() if x0 <= t.get_loc() <= x1]
        ticks += [t.label1 for t in one.yaxis.get_major_ticks() if y0 <= t.get_loc() <= y1]
        ticks += [t.label2 for t in one.yaxis.get_major_ticks() if y0 <= t.get_loc() <= y1]
        legend = one.get_legend()
        others = [*legend.get_texts(), legend.get_title()] if legend is not None else []
        titles = [one.title, one._left_title, one.xaxis.label, one.yaxis.label, one.yaxis.get_offset_text()]
        found += [*ticks, *others, *titles, *one.texts]
    return [(item, item.get_window_extent()) for item in found if item.get_visible() and item.get_text()]


def assert_readable(axes):
    """Check that no text overlaps another or leaves the page, and that no legend covers the data."""
    figure, found = axes.figure, texts(axes)
    for (one, box), (other, its) in itertools.combinations(found, 2):
        # Tilted labels do not touch where their boxes do; a box may share a line of pixels with the next.
        tilted = one.get_rotation() == other.get_rotation() == 35
        apart = max(box.x0, its.x0) > min(box.x1, its.x1) - 2 or max(box.y0, its.y0) > min(box.y1, its.y1) - 2
        assert tilted or apart, (one.get_text(), other.get_text())
    for item, box in found:
        inside = box.x0 >= -1 and box.y0 >= -1 and box.x1 <= figure.bbox.x1 + 1 and box.y1 <= figure.bbox.y1 + 1
        assert inside, item.get_text()
    for one in figure.axes:
        if one.get_legend() is not None:
            assert one.get_legend().get_window_extent().x0 >= one.get_window_extent().x1


def subtitle(axes):
    return axes.get_title(loc="left").replace("\n", " ")


def tick_labels(axis):
    return [label.get_text() for label in axis.get_ticklabels()]
