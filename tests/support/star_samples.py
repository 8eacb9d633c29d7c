"""Samples and histories of stars, and what tests of their pictures look at."""

import itertools

import numpy as np
import xarray as xr
from matplotlib.patches import Circle
from pictures import attributes as attributes_of

FLAGS = {
    "flag_values": np.arange(4, dtype=np.int8),
    "flag_meanings": "other red_supergiant carbon_burning carbon_burning_rsg",
}
LEGEND = ["other", "red supergiant", "carbon burning", "carbon-burning red supergiant"]


def attributes(unit, long_name="what it is"):
    return attributes_of(unit, long_name)


def coordinates():
    return {
        "sun_x": ((), -8.2, attributes("kpc")),
        "sun_y": ((), 0.5, attributes("kpc")),
        "radius": ((), 1.0, attributes("kpc")),
        "time": ((), 20.0, attributes("Myr", "Time since star formation began")),
        "imf": ((), "kroupa"),
        "metallicity": ((), 0.014, attributes("1")),
    }


def places(count, seed=3):
    """Draw places on two spiral arms, none of them within 2 kpc of the Sun."""
    rng = np.random.default_rng(seed)
    radius = rng.uniform(1, 6, count)
    angle = 4 * np.log(radius) + np.pi * rng.integers(0, 2, count) + rng.normal(0, 0.2, count)
    return radius * np.cos(angle), radius * np.sin(angle)


def sample(counts=(600, 30, 5, 4), near=(2, 0, 0, 1)):
    """Return stars, as many of each phase as `counts` says, and of these as many near the Sun as `near` says."""
    x, y = places(sum(counts))
    phase = np.repeat(np.arange(4, dtype=np.int8), counts)
    for code in range(4):
        chosen = np.flatnonzero(phase == code)[: near[code]]
        x[chosen], y[chosen] = np.linspace(-8.2, -7.5, chosen.size), 0.9
    order = np.random.default_rng(1).permutation(phase.size)
    variables = {
        "x": ("star", x[order], attributes("kpc")),
        "y": ("star", y[order], attributes("kpc")),
        "distance": ("star", np.hypot(x + 8.2, y - 0.5)[order], attributes("kpc")),
        "mass": ("star", np.full(phase.size, 20.0), attributes("Msun")),
        "age": ("star", np.full(phase.size, 5.0), attributes("Myr")),
        "phase": ("star", phase[order], FLAGS),
    }
    return xr.Dataset(variables, coords=coordinates())


def surface():
    x, y = np.linspace(-10, 10, 21), np.linspace(-9, 9, 19)
    values = 1e4 * np.exp(-np.hypot(x[None, :] - 1, y[:, None]))
    coords = {"x": ("x", x, attributes("kpc")), "y": ("y", y, attributes("kpc"))}
    return xr.DataArray(values, coords, ("y", "x"), attrs=attributes("1/kpc^2", "Surface density of massive stars"))


def history(count=400, seed=5):
    """Return stars of all kinds: with and without each phase, in every order of the ages."""
    rng = np.random.default_rng(seed)
    x, y = places(count)
    x[:9], y[:9] = -8.2, 0.6
    lifetime = rng.uniform(2, 15, count)
    red = np.where(rng.random(count) < 0.7, lifetime * rng.uniform(0.5, 0.9, count), lifetime)
    start = lifetime * rng.uniform(0.4, 0.9, count)
    end = np.where(rng.random(count) < 0.8, start + 0.5 * (lifetime - start), start)
    ages = {"lifetime": lifetime, "red_supergiant_start": red, "carbon_burning_start": start, "carbon_burning_end": end}
    variables = {
        "x": ("star", x, attributes("kpc")),
        "y": ("star", y, attributes("kpc")),
        "distance": ("star", np.hypot(x + 8.2, y - 0.5), attributes("kpc")),
        "birth_time": ("star", rng.uniform(0, 20, count), attributes("Myr")),
        **{name: ("star", values, attributes("Myr")) for name, values in ages.items()},
    }
    return xr.Dataset(variables, coords=coordinates())


def one_star(**changes):
    """Return a star born at 3 Myr that is red from age 6, burns carbon from 7 to 8, and lives 10 Myr."""
    ages = {
        "birth_time": 3.0,
        "lifetime": 10.0,
        "red_supergiant_start": 6.0,
        "carbon_burning_start": 7.0,
        "carbon_burning_end": 8.0,
        **changes,
    }
    return xr.Dataset({name: ("star", [age], attributes("Myr")) for name, age in ages.items()})


def places_of(axes, name):
    """Return the places of the points of a phase."""
    (points,) = [item for item in axes.collections if item.get_gid() == name]
    return np.asarray(points.get_offsets())


def legend_texts(axes):
    return [item.get_text().replace("\n", " ") for item in axes.get_legend().get_texts()]


def subtitle(axes):
    return axes.get_title(loc="left").replace("\n", " ")


def circles(axes):
    return [patch for patch in axes.patches if isinstance(patch, Circle)]


def assert_readable(axes):
    """Check that no text overlaps another or leaves the page, insets and bars included, and the legend is outside."""
    figure = axes.figure
    figure.draw_without_rendering()
    found = []
    for one in [axes, *axes.child_axes]:
        for axis, limits in ((one.xaxis, one.get_xlim()), (one.yaxis, one.get_ylim())):
            low, high = sorted(limits)
            found += [tick.label1 for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
            found.append(axis.label)
        found += [one.title, one._left_title, *one.texts]
    found += [*axes.get_legend().get_texts(), axes.get_legend().get_title()]
    boxes = [(item.get_text(), item.get_window_extent()) for item in found if item.get_visible() and item.get_text()]
    for (one, box), (other, its) in itertools.combinations(boxes, 2):
        apart = max(box.x0, its.x0) > min(box.x1, its.x1) - 2 or max(box.y0, its.y0) > min(box.y1, its.y1) - 2
        assert apart, (one, other)
    for text, box in boxes:
        assert box.x0 >= -1, text
        assert box.y0 >= -1, text
        assert box.x1 <= figure.bbox.x1 + 1, text
        assert box.y1 <= figure.bbox.y1 + 1, text
    frame = axes.get_legend().get_window_extent()
    assert frame.x0 >= axes.get_window_extent().x1
    assert all(
        frame.y0 >= one.get_window_extent().y1 for one in axes.child_axes if one.get_window_extent().x0 > frame.x0
    )
