"""Pictures of stars: the map of a sample, the movie of a history, the Hertzsprung-Russell diagram."""

import itertools
import re
import sys

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
import xarray as xr
from gridscan.plot.stellar.galaxy import PHASES, galaxy
from gridscan.plot.stellar.movie import movie, phase_at
from gridscan.plot.stellar.stars import hertzsprung_russell
from matplotlib import pyplot
from matplotlib.animation import FFMpegWriter
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LogNorm, to_rgb
from matplotlib.patches import Circle, Rectangle
from PIL import Image

from gridscan.errors import GridscanError, SensitivityError, StoreError, UnitError
from gridscan.plot import save
from gridscan.units import parse_unit, unit_attributes

# The package has a function of that name.
movie_module = sys.modules["gridscan.plot.stellar.movie"]

FLAGS = {
    "flag_values": np.arange(4, dtype=np.int8),
    "flag_meanings": "other red_supergiant carbon_burning carbon_burning_rsg",
}
COLOURS = [tuple(round(255 * part) for part in to_rgb(look.colour)) for look in PHASES.values()]
LEGEND = ["other", "red supergiant", "carbon burning", "carbon-burning red supergiant"]


def attributes(unit, long_name="what it is"):
    return {**unit_attributes(parse_unit(unit)), "long_name": long_name}


@pytest.fixture(autouse=True)
def no_figure_is_left():
    yield
    pyplot.close("all")


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


@pytest.fixture
def density():
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


def drawn(axes, name):
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


# The map


def test_the_points_of_each_phase_are_its_stars_in_the_map_and_in_the_inset(density):
    stars = sample()
    axes = galaxy(stars, density)
    inset = axes.child_axes[0]
    for code, name in enumerate(PHASES):
        chosen = stars.phase.values == code
        expected = np.column_stack([stars.x.values[chosen], stars.y.values[chosen]])
        np.testing.assert_array_equal(drawn(axes, name), expected)
        np.testing.assert_array_equal(drawn(inset, name), expected)
    assert_readable(axes)


def test_the_legend_counts_the_stars_of_each_phase_and_those_within_the_radius():
    axes = galaxy(sample())
    expected = ["600 (2)", "30 (0)", "5 (0)", "4 (1)"]
    assert legend_texts(axes)[:4] == [f"{name}: {text}" for name, text in zip(LEGEND, expected, strict=True)]
    assert legend_texts(axes)[4:] == ["Sun", "radius 1 kpc"]
    assert axes.get_legend().get_title().get_text() == "number (within 1 kpc)"


def test_a_star_on_the_circle_is_within_the_radius():
    stars = sample((1, 0, 0, 0), (0, 0, 0, 0))
    stars["distance"][:] = 1.0
    assert legend_texts(galaxy(stars))[0] == "other: 1 (1)"
    stars["distance"][:] = np.nextafter(1.0, 2.0)
    assert legend_texts(galaxy(stars))[0] == "other: 1 (0)"


def test_rare_phases_are_larger_and_above_the_others_in_other_colours_and_markers():
    collections = {item.get_gid(): item for item in galaxy(sample()).collections}
    points = [collections[name] for name in PHASES]
    sizes, heights = [item.get_sizes()[0] for item in points], [item.get_zorder() for item in points]
    assert sizes == sorted(set(sizes))
    assert heights == sorted(set(heights))
    assert points[0].get_alpha() < 0.5
    assert len({tuple(item.get_facecolor()[0][:3]) for item in points}) == 4
    assert len({look.marker for look in PHASES.values()}) == 4


def test_the_sun_and_the_circle_of_the_radius_are_in_both_pictures():
    axes = galaxy(sample())
    for one in (axes, axes.child_axes[0]):
        (circle,) = circles(one)
        assert circle.center == (-8.2, 0.5)
        assert circle.radius == 1.0
        assert one.lines[0].get_xydata().tolist() == [[-8.2, 0.5]]
        assert one.lines[0].get_marker() == "$\\odot$"
        assert one.get_aspect() == 1


def test_the_inset_shows_three_radii_around_the_sun_and_its_frame_is_on_the_map():
    axes = galaxy(sample())
    inset = axes.child_axes[0]
    assert inset.get_xlim() == pytest.approx((-11.2, -5.2))
    assert inset.get_ylim() == pytest.approx((-2.5, 3.5))
    (frame,) = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    assert frame.get_bbox().extents == pytest.approx([-11.2, -2.5, -5.2, 3.5])
    assert inset.get_title() == "around the Sun [kpc]"


def test_the_width_of_the_inset_can_be_given_with_a_unit():
    for inset in (1.5, "1500 pc"):
        assert galaxy(sample(), inset=inset).child_axes[0].get_xlim() == pytest.approx((-9.7, -6.7))


def test_there_is_no_inset_where_it_would_show_most_of_the_galaxy():
    stars = sample().assign_coords(radius=((), 5.0, attributes("kpc")))
    axes = galaxy(stars)
    assert axes.child_axes == []
    assert not [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    assert len(galaxy(stars, inset=6).child_axes) == 1


def test_the_axes_have_units_and_hold_every_star_the_density_and_the_circle(density):
    stars = sample()
    axes = galaxy(stars)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("x [kpc]", "y [kpc]")
    assert axes.get_xlim() == axes.get_ylim() == pytest.approx((-1.02 * 9.2, 1.02 * 9.2))
    assert galaxy(stars, density).get_xlim() == pytest.approx((-10.2, 10.2))
    stars["x"][0] = 12.0
    assert galaxy(stars, density).get_xlim() == pytest.approx((-1.02 * 12, 1.02 * 12))


def test_lengths_in_other_units_are_converted(density):
    stars = sample()
    for name, numbers in (("sun_x", -8200.0), ("radius", 1000.0)):
        stars = stars.assign_coords({name: ((), numbers, attributes("pc"))})
    stars["y"] = ("star", stars.y.values * 1000, attributes("pc"))
    axes = galaxy(stars, density.assign_coords(x=("x", density.x.values * 1000, attributes("pc"))))
    plain = galaxy(sample(), density)
    assert circles(axes)[0].center == (-8.2, 0.5)
    assert legend_texts(axes) == legend_texts(plain)
    np.testing.assert_allclose(drawn(axes, "red_supergiant"), drawn(plain, "red_supergiant"))
    np.testing.assert_allclose(axes.collections[0].get_coordinates(), plain.collections[0].get_coordinates())


def test_the_density_is_a_grey_background_on_a_logarithmic_scale_with_a_bar(density):
    axes = galaxy(sample(), density.transpose("x", "y"))
    inset, bar = axes.child_axes
    for one in (axes, inset):
        mesh = one.collections[0]
        assert isinstance(mesh.norm, LogNorm)
        np.testing.assert_allclose(mesh.get_array(), np.maximum(density.values, density.values.max() / 1e4))
        assert mesh.get_zorder() < min(item.get_zorder() for item in one.collections[1:] if item.get_gid())
    np.testing.assert_allclose(mesh.get_coordinates()[0, :, 0], np.arange(-10.5, 11))
    np.testing.assert_allclose(mesh.get_coordinates()[:, 0, 1], np.arange(-9.5, 10))
    colours = mesh.cmap(np.linspace(0, 1, 5))[:, :3]
    assert np.ptp(colours, axis=1).max() == 0
    assert colours.min() > 0.6
    assert bar.get_xlabel() == "Surface density of massive stars [kpc$^{-2}$]"
    assert_readable(axes)


def test_the_subtitle_says_the_time_the_number_and_what_is_held():
    assert subtitle(galaxy(sample())) == "639 stars, time = 20 Myr, imf = kroupa, metallicity = 0.014"
    scenario = {"gridscan_scenario": "[axes]\nimf = []\nradius = []\n", "gridscan_overrides": "{}"}
    assert subtitle(galaxy(sample().assign_attrs(scenario))) == "639 stars, time = 20 Myr, imf = kroupa"


def test_of_many_other_stars_some_are_drawn_which_the_subtitle_says_and_the_rare_ones_all():
    stars = sample()
    axes = galaxy(stars, most=100)
    assert subtitle(axes).endswith("100 of the 600 stars of phase 'other' are drawn")
    shown = drawn(axes, "other")
    all_places = np.column_stack([stars.x, stars.y])[stars.phase.values == 0]
    assert len(np.unique(shown, axis=0)) == 100
    np.testing.assert_array_equal(shown, all_places[::6])
    assert [len(drawn(axes, name)) for name in PHASES] == [100, 30, 5, 4]
    assert legend_texts(axes)[0] == "other: 600 (2)"
    assert len(drawn(galaxy(stars, most=0), "other")) == 0


def test_an_empty_galaxy_is_drawn_with_zero_counts(density):
    empty = sample().isel(star=slice(0))
    axes = galaxy(empty, density)
    assert legend_texts(axes)[:4] == [f"{name}: 0 (0)" for name in LEGEND]
    assert all(drawn(axes, name).size == 0 for name in PHASES)
    assert subtitle(axes).startswith("0 stars, time = 20 Myr")
    assert galaxy(empty).get_xlim() == pytest.approx((-1.02 * 9.2, 1.02 * 9.2))
    assert_readable(axes)


def test_a_map_is_eight_hundred_pixels_wide_and_can_be_read(tmp_path, density):
    path = save(galaxy(sample((30_000, 3000, 1200, 1000), (1000, 100, 40, 40)), density), tmp_path / "map.png")
    assert pyplot.imread(path).shape[1] == 800
    axes = pyplot.gcf().axes[0]
    assert legend_texts(axes)[0] == "other: 30,000 (1,000)"
    assert_readable(axes)


def without(name):
    return sample().drop_vars(name)


def other_flags():
    stars = sample()
    stars["phase"].attrs["flag_meanings"] = "other carbon_burning red_supergiant carbon_burning_rsg"
    return stars


@pytest.mark.parametrize(
    ("stars", "options", "message"),
    [
        (without("y"), {}, "expected 'y' along 'star'; found x, distance"),
        (without("phase"), {}, "expected 'phase' along 'star'"),
        (without("distance"), {}, "expected 'distance' along 'star'"),
        (without("radius"), {}, "expected a single value of 'radius'; found none"),
        (without("sun_x"), {}, "expected a single value of 'sun_x'; found none"),
        (without("phase").rename(mass="phasee").assign(), {}, "did you mean 'phasee'"),
        (sample().rename(star="object"), {}, "expected 'phase' along 'star' alone; found it along object"),
        (sample().expand_dims(realisation=2), {}, "'phase' along 'star' alone; found it along realisation, star"),
        (sample().assign_coords(radius=("star", np.ones(639), attributes("kpc"))), {}, "found it along star"),
        (sample().assign_coords(radius=((), 0.0, attributes("kpc"))), {}, "'radius' is 0 kpc"),
        (sample().assign_coords(radius=((), np.nan, attributes("kpc"))), {}, "'radius' holds nan"),
        (sample().assign(x=sample().x.where(sample().x.cumsum() != sample().x[0])), {}, "'x' holds nan at position 0"),
        (sample().assign(phase=sample().phase.drop_attrs()), {}, "expected 'phase' with the flags 0 = other"),
        (sample().assign(phase=(sample().phase + 1).assign_attrs(FLAGS)), {}, "'phase' holds 4; its flags are 0 to 3"),
        (other_flags(), {}, "found 0 = other, 1 = carbon_burning, 2 = red_supergiant"),
        (sample(), {"inset": 0}, "half the width of the inset is 0 kpc"),
        (sample(), {"inset": "inf kpc"}, "half the width of the inset is inf kpc"),
        (sample(), {"inset": "3 Myr"}, "'x' needs a value in 'kpc'"),
        (sample(), {"most": -1}, "found most=-1"),
    ],
)
def test_a_sample_that_cannot_be_drawn_is_refused_before_a_figure_is_made(stars, options, message):
    with pytest.raises(GridscanError, match=re.escape(message)) as caught:
        galaxy(stars, **options)
    assert isinstance(caught.value, UnitError if "needs a value" in message else SensitivityError)
    assert pyplot.get_fignums() == []


def test_a_density_that_cannot_be_drawn_is_refused_before_a_figure_is_made(density):
    for wrong, message in (
        (density * 0, "positive somewhere; found 0 to 0"),
        (density - 100, "0 or more"),
        (density.where(density < 1000), "has to be finite"),
        (density.rename(x="u"), "over 'x' and 'y', with the values of both; found one over y, u"),
        (density.drop_vars("y"), "with the values of both"),
        (density.expand_dims(imf=1), "found one over imf, y, x"),
        (density.isel(x=slice(None, None, -1)), "two points along 'x' or more, which increase"),
    ):
        with pytest.raises(SensitivityError, match=re.escape(message)):
            galaxy(sample(), wrong)
    assert pyplot.get_fignums() == []


# The phases of a history


@pytest.mark.parametrize(
    ("time", "phase"),
    [(2.9, -1), (3.0, 0), (8.9, 0), (9.1, 1), (10.1, 3), (11.1, 1), (12.9, 1), (13.0, -1), (99.0, -1)],
)
def test_a_star_is_born_changes_its_phase_and_dies(time, phase):
    found = phase_at(one_star(), time)
    assert found.tolist() == [phase]
    assert found.dtype == np.int8


def test_a_blue_star_burns_carbon_without_being_red():
    star = one_star(red_supergiant_start=10.0)
    assert [phase_at(star, time).item() for time in (9.5, 10.5, 11.5)] == [0, 2, 0]


@pytest.mark.parametrize("name", ["red_supergiant_start", "carbon_burning_start", "carbon_burning_end"])
def test_a_missing_age_is_a_phase_that_a_star_does_not_have(name):
    phases = [phase_at(one_star(**{name: np.nan}), time).item() for time in (9.5, 10.5, 11.5)]
    assert phases == ([0, 2, 0] if name == "red_supergiant_start" else [1, 1, 1])


def test_an_age_at_which_both_begins_can_be_given():
    star = one_star(carbon_burning_rsg_start=7.5)
    assert [phase_at(star, time).item() for time in (9.5, 10.2, 10.7, 11.5)] == [1, 2, 3, 1]


def test_no_star_outlives_its_lifetime_whatever_its_phases_say():
    assert phase_at(one_star(carbon_burning_end=20.0), 14.0).tolist() == [-1]


def test_times_and_ages_may_be_in_other_units():
    star = one_star()
    star["carbon_burning_start"] = ("star", [7e6], attributes("yr"))
    assert phase_at(star, "10.1 Myr").tolist() == phase_at(star, "10100 kyr").tolist() == [3]


def test_births_minus_deaths_are_the_stars_alive():
    stars = history()
    for time in (0.0, 3.3, 11.0, 20.0):
        births = np.sum(stars.birth_time.values <= time)
        deaths = np.sum((stars.birth_time + stars.lifetime).values <= time)
        assert np.sum(phase_at(stars, time) >= 0) == births - deaths


@pytest.mark.parametrize(
    ("stars", "time", "message"),
    [
        (one_star().drop_vars("lifetime"), 1, "expected 'lifetime' along 'star'"),
        (one_star().drop_vars("birth_time"), 1, "expected 'birth_time' along 'star'"),
        (one_star(lifetime=np.nan), 1, "'lifetime' holds nan at position 0"),
        (one_star(birth_time=np.inf), 1, "'birth_time' holds inf"),
        (one_star(), np.nan, "'time' holds nan"),
    ],
)
def test_a_history_without_its_ages_is_refused(stars, time, message):
    with pytest.raises(SensitivityError, match=message):
        phase_at(stars, time)


# The movie


@pytest.fixture
def spied(monkeypatch):
    """Return a list of what each frame showed."""
    seen, frame = [], movie_module._Stage.frame

    def record(self, number):
        picture = frame(self, number)
        axes = self.maps[0]
        shown = {
            "places": [[drawn(one, name).copy() for name in PHASES] for one in self.maps],
            "legend": legend_texts(axes),
            "clock": self.clock.get_text(),
            "marks": np.array(self.present.get_offsets()),
            "picture": picture,
            "stage": self,
        }
        seen.append(shown)
        return picture

    monkeypatch.setattr(movie_module._Stage, "frame", record)
    return seen


def test_each_frame_shows_the_stars_of_its_time_at_their_places(tmp_path, density, spied):
    stars, times = history(), [0.0, 4.0, 8.5, 20.0]
    path = movie(stars, tmp_path / "m.gif", density=density, times=times)
    assert path == tmp_path / "m.gif"
    with Image.open(path) as image:
        assert image.n_frames == 4
    places = np.column_stack([stars.x, stars.y])
    for shown, time in zip(spied, times, strict=True):
        phase = phase_at(stars, time)
        for one, code in itertools.product(shown["places"], range(4)):
            np.testing.assert_array_equal(one[code], places[phase == code])
        numbers = [np.sum(phase == code) for code in range(4)]
        near = [np.sum((phase == code) & (stars.distance.values <= 1)) for code in range(4)]
        assert shown["legend"][:4] == [f"{name}: {n} ({k})" for name, n, k in zip(LEGEND, numbers, near, strict=True)]
        np.testing.assert_array_equal(shown["marks"], [[time, n] for n in numbers])
    assert [shown["clock"] for shown in spied] == [
        "time = 0.0 Myr",
        "time = 4.0 Myr",
        "time = 8.5 Myr",
        "time = 20.0 Myr",
    ]
    assert sum(len(one) for one in spied[-1]["places"][0]) > 0


def test_the_panel_has_the_number_in_each_phase_against_time(tmp_path, spied):
    stars = history()
    movie(stars, tmp_path / "m.gif", frames=5)
    panel = spied[0]["stage"].maps[0].child_axes[-1]
    for code, line in enumerate(panel.lines):
        np.testing.assert_allclose(line.get_xdata(), [0, 5, 10, 15, 20])
        assert line.get_ydata().tolist() == [np.sum(phase_at(stars, time) == code) for time in (0, 5, 10, 15, 20)]
    assert panel.get_xlabel() == "Time since star formation began [Myr]"
    assert panel.get_ylim()[0] == 0
    assert panel.get_ylim()[1] > max(line.get_ydata().max() for line in panel.lines)
    assert subtitle(spied[0]["stage"].maps[0]).startswith("400 stars born until time = 20 Myr, imf = kroupa")


@pytest.mark.parametrize("ground", [True, False])
def test_a_frame_is_what_a_full_drawing_of_the_figure_would_be(tmp_path, density, spied, ground):
    stars = history()
    # Some lie below the Sun and the circle around it.
    stars["x"][100:160], stars["y"][100:160] = np.linspace(-9.3, -8.1, 60), 0.5
    movie(stars, tmp_path / "m.gif", density=density if ground else None, times=[2.0, 13.0])
    stage = spied[-1]["stage"]
    figure = stage.maps[0].figure
    for artist in stage.moving:
        artist.set_animated(False)
    figure.set_dpi(88)
    assert_readable(stage.maps[0])
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    whole = np.asarray(canvas.buffer_rgba())[..., :3].astype(int)
    assert whole.shape[1] == 640
    differs = np.abs(whole - spied[-1]["picture"]).max(axis=2) > 2
    # But for some pixels where a star lies on the border of the inset.
    assert differs.sum() < 10


def test_the_colours_of_the_rare_stars_and_the_white_ground_survive_in_the_file(tmp_path, density):
    path = movie(history(), tmp_path / "m.gif", density=density, times=[1.0, 12.0, 20.0])
    with Image.open(path) as image:
        image.seek(2)
        picture = np.asarray(image.convert("RGB"))
        assert image.info["duration"] == pytest.approx(1000 / 12, abs=10)
        assert image.info["loop"] == 0
    assert picture[0, 0].tolist() == [255, 255, 255]
    for colour in COLOURS[1:]:
        assert np.all(picture == colour, axis=2).sum() > 20
    assert path.stat().st_size < 150_000


def test_what_has_one_colour_in_a_frame_has_one_in_the_file(tmp_path, density, spied):
    path = movie(history(), tmp_path / "m.gif", density=density, times=[1.0, 20.0])
    with Image.open(path) as image:
        picture = np.asarray(image.convert("RGB")).reshape(-1, 3)
    drawn_colours = spied[0]["picture"].reshape(-1, 3)
    pairs = np.unique(np.hstack([drawn_colours, picture]), axis=0)
    assert len(pairs) == len(np.unique(drawn_colours, axis=0))
    assert np.abs(pairs[:, :3].astype(int) - pairs[:, 3:]).max() < 80
    assert len(np.unique(picture, axis=0)) <= 128


def test_the_crowd_is_thinned_for_the_whole_movie_and_the_rare_ones_are_not(tmp_path, monkeypatch, spied):
    monkeypatch.setattr(movie_module, "_MOST_POINTS", 50)
    stars = history()
    movie(stars, tmp_path / "m.gif", times=[6.0, 12.0, 20.0])
    counts = [[np.sum(phase_at(stars, time) == code) for code in range(4)] for time in (6.0, 12.0, 20.0)]
    kept = 400 * 50 // max(row[0] for row in counts)
    earlier = set()
    for shown, expected in zip(spied, counts, strict=True):
        found = [len(one) for one in shown["places"][0]]
        assert found[1:] == expected[1:]
        assert 0 < found[0] < 1.3 * 50
        assert shown["legend"][0].startswith(f"other: {expected[0]} (")
        earlier |= {tuple(place) for place in shown["places"][0][0].tolist()}
    assert len(earlier) <= kept
    assert f"in phase 'other', {kept} of them are drawn" in subtitle(spied[0]["stage"].maps[0])


def test_a_movie_of_no_star_is_a_movie(tmp_path, spied):
    movie(history().isel(star=slice(0)), tmp_path / "m.gif", frames=3)
    assert spied[2]["legend"][:4] == [f"{name}: 0 (0)" for name in LEGEND]
    with Image.open(tmp_path / "m.gif") as image:
        assert image.n_frames == 3


def test_the_size_of_a_movie_follows_its_dpi_and_no_figure_stays_open(tmp_path):
    path = movie(history(), tmp_path / "m.gif", frames=2, dpi=44)
    with Image.open(path) as image:
        assert image.size[0] == 320
    assert pyplot.get_fignums() == []


ENCODER = """#!{python}
import sys
data = sys.stdin.buffer.read()
size = sys.argv[sys.argv.index("-s") + 1]
rate = sys.argv[sys.argv.index("-framerate") + 1]
with open(sys.argv[-1], "wb") as out:
    out.write(f"{{size}} {{rate}} {{len(data)}}".encode())
"""


@pytest.fixture
def encoder(tmp_path):
    """Return a function that puts a script in the place of ffmpeg."""

    def put(text):
        script = tmp_path / "ffmpeg"
        script.write_text(text.format(python=sys.executable))
        script.chmod(0o755)

    with matplotlib.rc_context({"animation.ffmpeg_path": str(tmp_path / "ffmpeg")}):
        yield put


def test_an_mp4_is_encoded_by_ffmpeg_from_whole_frames_of_even_size(tmp_path, encoder):
    encoder(ENCODER)
    path = movie(history(), tmp_path / "m.mp4", frames=3, frames_per_second=5, dpi=44.2)
    size, rate, length = path.read_text().split()
    width, height = map(int, size.split("x"))
    assert (width % 2, height % 2) == (0, 0)
    assert width == 320
    assert rate == "5"
    assert int(length) == 3 * 3 * width * height


@pytest.mark.parametrize("body", ["", "import sys; sys.stdin.buffer.read(); "])
def test_what_ffmpeg_says_of_its_failure_is_passed_on_and_the_old_movie_stays(tmp_path, encoder, body):
    encoder(f"#!{{python}}\n{body}raise SystemExit('no such codec')\n")
    (tmp_path / "m.mp4").write_text("old")
    with pytest.raises(StoreError, match=r"m\.mp4: cannot be written: ffmpeg failed: no such codec"):
        movie(history(), tmp_path / "m.mp4", frames=2)
    assert (tmp_path / "m.mp4").read_text() == "old"
    assert sorted(item.name for item in tmp_path.iterdir()) == ["ffmpeg", "m.mp4"]
    assert pyplot.get_fignums() == []


def test_a_movie_without_ffmpeg_or_of_another_format_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(FFMpegWriter, "isAvailable", lambda: False)
    for name, message in (
        ("m.mp4", r"m\.mp4: an \.mp4 needs ffmpeg, which was not found; install it, or give a name with \.gif"),
        ("m.avi", r"m\.avi: a movie is written as \.gif or \.mp4; found '\.avi'"),
        ("m", "found 'no suffix'"),
    ):
        with pytest.raises(StoreError, match=message):
            movie(history(), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_movie_that_fails_leaves_the_one_that_was_there(tmp_path, monkeypatch):
    def fails(self, number):
        raise OSError(28, "No space left on device")

    (tmp_path / "m.gif").write_text("old")
    monkeypatch.setattr(movie_module._Stage, "frame", fails)
    with pytest.raises(StoreError, match="the disk is full"):
        movie(history(), tmp_path / "m.gif", frames=2)
    assert (tmp_path / "m.gif").read_text() == "old"
    assert pyplot.get_fignums() == []


@pytest.mark.parametrize(
    ("changes", "options", "message"),
    [
        ({}, {"frames": 1}, "2 to 1000 frames; found 1"),
        ({}, {"frames": 5000}, "2 to 1000 frames; found 5000"),
        ({}, {"times": [3.0]}, "2 to 1000 frames; found 1"),
        ({}, {"times": [0.0, 5.0, 5.0]}, "have to increase from 0 or more up to 20 Myr"),
        ({}, {"times": [0.0, 25.0]}, "up to 20 Myr; found 0 to 25"),
        ({}, {"times": [-1.0, 5.0]}, "found -1 to 5"),
        ({}, {"times": [0.0, np.nan]}, "have to increase"),
        ({}, {"frames_per_second": 0}, "frames a second; found 0"),
        ({}, {"dpi": 0}, "found dpi=0"),
        ({"time": ((), 0.0, attributes("Myr"))}, {}, "'time' of the sample, which is 0 Myr"),
        ({"time": ((), np.nan, attributes("Myr"))}, {}, "'time' holds nan"),
    ],
)
def test_a_movie_of_no_time_is_refused_before_a_figure_is_made(tmp_path, changes, options, message):
    with pytest.raises(SensitivityError, match=message):
        movie(history().assign_coords(changes), tmp_path / "m.gif", **options)
    assert list(tmp_path.iterdir()) == []
    assert pyplot.get_fignums() == []


def test_a_history_without_what_a_map_needs_is_refused(tmp_path):
    for name in ("x", "distance", "lifetime", "sun_y", "time"):
        with pytest.raises(SensitivityError, match=f"'{name}'"):
            movie(history().drop_vars(name), tmp_path / "m.gif")
    assert pyplot.get_fignums() == []


# The Hertzsprung-Russell diagram


def isochrone(age=10.0, metallicity=0.014, shift=0.0):
    """Return an isochrone that turns red at its end, three of whose points are red supergiants."""
    temperature = np.array([5000.0, 8000, 20000, 26000, 9000, 4001, 4000, 3700, 3600])
    log_luminosity = np.array([0.0, 1.0, 4.0, 4.8, 4.9, 4.9, 4.5, 4.8, 5.0]) + shift
    mass = np.array([1.0, 2, 8, 14, 15, 15.1, 15.2, 15.3, 15.5])
    variables = {
        "effective_temperature": ("point", temperature, attributes("K")),
        "luminosity": ("point", 10**log_luminosity, attributes("Lsun")),
        "initial_mass": ("point", mass, attributes("Msun")),
        "age": ("point", np.full(9, age), attributes("Myr")),
        "metallicity": ("point", np.full(9, metallicity), attributes("1")),
    }
    return xr.Dataset(variables, attrs={"kind": "isochrone"})


def several(*tables):
    return xr.concat(tables, "point", combine_attrs="override")


def track():
    variables = {
        "effective_temperature": ("point", [25000.0, 20000, 4500, 3900, 3800, 3700, 3600], attributes("K")),
        "luminosity": ("point", 10 ** np.array([4.6, 4.8, 4.9, 4.95, 5.0, 5.05, 5.1]), attributes("Lsun")),
        "age": ("point", [0.0, 9e6, 9.1e6, 9.2e6, 9.25e6, 9.26e6, 9.29e6], attributes("yr")),
        "carbon_luminosity": ("point", [0, 0, 1e-3, 0.5, 0.9, 0, 0.9], attributes("1")),
    }
    return xr.Dataset(variables, coords={"initial_mass": ((), 18.0, attributes("Msun"))}, attrs={"kind": "track"})


def curves(axes):
    """Return the lines of the isochrones or tracks, without points and bands."""
    return [line for line in axes.lines if line.get_linewidth() == 1.3 and line.get_marker() == "None"]


def emphasised(axes):
    (points,) = [line for line in axes.lines if line.get_label().endswith("points there")]
    return points.get_xydata()


def test_an_isochrone_is_one_line_with_hot_stars_at_the_left():
    table = isochrone()
    axes = hertzsprung_russell(table)
    (line,) = curves(axes)
    np.testing.assert_array_equal(line.get_xdata(), table.effective_temperature)
    np.testing.assert_array_equal(line.get_ydata(), table.luminosity)
    assert axes.xaxis_inverted()
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert axes.get_xlim()[0] > 26000
    assert axes.get_xlim()[1] < 3600
    assert axes.get_ylim()[0] < 1 < 1e5 < axes.get_ylim()[1]
    assert axes.get_xlabel() == "Effective temperature [K]"
    assert axes.get_ylabel() == "Luminosity [L$_{\\odot}$]"
    assert_readable(axes)


def test_the_points_of_red_supergiants_are_emphasised_and_their_masses_said():
    axes = hertzsprung_russell(isochrone())
    np.testing.assert_allclose(emphasised(axes), [[4000, 10**4.5], [3700, 10**4.8], [3600, 1e5]])
    assert "3 points there" in legend_texts(axes)
    assert subtitle(axes) == "age = 10 Myr, metallicity = 0.014 initial mass of the red supergiants: 15.2 to 15.5 Msun"


def test_the_region_of_the_red_supergiants_is_shaded_with_its_thresholds():
    axes = hertzsprung_russell(isochrone(), maximum_temperature=3750, minimum_log_luminosity=4.9)
    (region,) = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    (x0, y0), (x1, y1) = region.get_bbox().min, region.get_bbox().max
    assert x1 == 3750
    assert x0 == pytest.approx(axes.get_xlim()[1])
    assert y0 == pytest.approx(10**4.9)
    assert y1 == pytest.approx(axes.get_ylim()[1])
    text = "red supergiants: T$_\\mathrm{eff}$ ≤ 3750 K, log$_{10}$ L/L$_{\\odot}$ ≥ 4.9"
    assert text in legend_texts(axes)
    np.testing.assert_allclose(emphasised(axes), [[3600, 1e5]])


def test_the_region_is_shown_also_where_no_point_is_in_it():
    axes = hertzsprung_russell(isochrone().isel(point=slice(4)))
    assert axes.get_xlim()[1] < 3500
    assert axes.get_ylim()[1] > 10**5
    assert subtitle(axes).endswith("no point is a red supergiant")
    assert "0 points there" in legend_texts(axes)
    assert_readable(axes)


def test_a_line_ends_where_the_table_moves_to_another_isochrone():
    first, second, third = isochrone(), isochrone(20.0, shift=-0.1), isochrone(20.0, 0.006, shift=0.1)
    axes = hertzsprung_russell(several(first, second, third))
    for line, table in zip(curves(axes), (first, second, third), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), table.luminosity)
    assert axes.get_legend().get_title().get_text() == "age [Myr], metallicity"
    assert legend_texts(axes)[:3] == ["10, 0.014", "20, 0.014", "20, 0.006"]
    one, two, three = curves(axes)
    assert one.get_color().tolist() != two.get_color().tolist() == three.get_color().tolist()
    assert one.get_linestyle() == two.get_linestyle() != three.get_linestyle()
    assert_readable(axes)


def test_masses_are_said_for_each_of_a_few_isochrones_and_over_all_of_many():
    first, second = isochrone(), isochrone(20.0, shift=-0.4)
    said = subtitle(hertzsprung_russell(several(first, second)))
    assert said.startswith("metallicity = 0.014 initial mass of the red supergiants: ")
    assert said.endswith("15.2 to 15.5 Msun at 10 Myr, 15.5 to 15.5 Msun at 20 Myr")
    both = subtitle(hertzsprung_russell(several(first, isochrone(10.0, 0.006))))
    assert both.startswith("age = 10 Myr")
    assert both.endswith("15.2 to 15.5 Msun at 0.006, 15.2 to 15.5 Msun at 0.014")
    many = several(*(isochrone(age) for age in range(10, 22)))
    axes = hertzsprung_russell(many)
    assert subtitle(axes).endswith("initial mass of the red supergiants: 15.2 to 15.5 Msun")
    assert len(curves(axes)) == 12
    assert axes.get_legend().get_title().get_text() == "age [Myr]\n10 of 12"
    assert [text for text in legend_texts(axes) if text.isdigit()][::9] == ["10", "21"]


def test_an_isochrone_that_comes_back_is_named_once():
    axes = hertzsprung_russell(several(isochrone(), isochrone(20.0), isochrone()))
    assert len(curves(axes)) == 3
    assert [text for text in legend_texts(axes) if text.isdigit()] == ["10", "20"]
    assert curves(axes)[0].get_color().tolist() == curves(axes)[2].get_color().tolist()


def test_the_stretches_of_a_track_that_burn_carbon_are_marked_and_their_time_said():
    table = track()
    axes = hertzsprung_russell(table)
    (band,) = [line for line in axes.lines if line.get_linewidth() == 7]
    burning = [False, False, True, True, True, False, True]
    np.testing.assert_array_equal(np.isfinite(band.get_ydata()), burning)
    np.testing.assert_array_equal(band.get_xdata(), table.effective_temperature)
    alone = [line.get_xydata() for line in axes.lines if line.get_markersize() == 7 and line.get_marker() == "o"]
    np.testing.assert_allclose(alone[0], [[3600, 10**5.1]])
    assert "carbon burning: L$_\\mathrm{C}$ ≥ 0.001" in legend_texts(axes)
    assert subtitle(axes) == (
        "initial_mass = 18 Msun carbon burns for 150,000 yr, of which 50,000 yr in a red supergiant"
    )
    assert "4 points there" in legend_texts(axes)
    assert_readable(axes)


def test_the_threshold_of_carbon_burning_is_that_of_the_caller():
    axes = hertzsprung_russell(track(), minimum_carbon_luminosity=0.6)
    (band,) = [line for line in axes.lines if line.get_linewidth() == 7]
    assert np.flatnonzero(np.isfinite(band.get_ydata())).tolist() == [4, 6]
    assert subtitle(hertzsprung_russell(track(), minimum_carbon_luminosity=2)).endswith("no point burns carbon")


def test_two_tracks_are_two_lines_also_where_only_the_age_tells():
    both = several(track(), track())
    assert len(curves(hertzsprung_russell(both))) == 2
    heavier = track().drop_vars("initial_mass")
    lines = [
        table.assign(initial_mass=("point", np.full(7, mass), attributes("Msun")))
        for table, mass in ((heavier, 18.0), (heavier, 20.0))
    ]
    axes = hertzsprung_russell(several(*lines))
    assert len(curves(axes)) == 2
    assert axes.get_legend().get_title().get_text() == "initial mass [M$_{\\odot}$]"


def test_temperatures_and_luminosities_in_other_units_are_converted():
    table = isochrone()
    table["luminosity"] = ("point", table.luminosity.values * 3.828e26, attributes("W"))
    table["effective_temperature"] = ("point", table.effective_temperature.values / 1000, attributes("kK"))
    np.testing.assert_allclose(emphasised(hertzsprung_russell(table))[-1], [3600, 1e5])


@pytest.mark.parametrize(
    ("table", "options", "message"),
    [
        (isochrone().assign_attrs(kind="isocrone"), {}, "found 'isocrone'; did you mean 'isochrone'"),
        (isochrone().drop_attrs(deep=False), {}, "expected a table of the kind isochrone or track; found ''"),
        (isochrone().drop_vars("luminosity"), {}, "expected 'luminosity' along 'point'"),
        (isochrone().drop_vars("effective_temperature"), {}, "expected 'effective_temperature' along 'point'"),
        (isochrone().drop_vars("initial_mass"), {}, "expected 'initial_mass' along 'point'"),
        (isochrone().assign(initial_mass=isochrone().initial_mass * np.nan), {}, "'initial_mass' holds nan"),
        (track().drop_vars("age"), {}, "expected 'age' along 'point'"),
        (track().drop_vars("carbon_luminosity"), {}, "expected 'carbon_luminosity' along 'point'"),
        (isochrone().isel(point=slice(0)), {}, "an isochrone without a point"),
        (track().isel(point=slice(0)), {}, "a track without a point"),
        (isochrone().expand_dims(age_index=2), {}, "alone; found it along age_index, point"),
        (isochrone().assign(luminosity=isochrone().luminosity * 0), {}, "'luminosity' holds 0.0 at position 0"),
        (isochrone().assign(effective_temperature=isochrone().luminosity), {}, "expected a unit like 'K'"),
        (isochrone(), {"maximum_temperature": 0}, "a temperature above 0 K"),
        (isochrone(), {"minimum_log_luminosity": np.nan}, "a finite luminosity; found 4000 K and nan"),
        (track().assign(carbon_luminosity=track().carbon_luminosity * np.nan), {}, "'carbon_luminosity' holds nan"),
    ],
)
def test_a_table_that_cannot_be_drawn_is_refused_before_a_figure_is_made(table, options, message):
    with pytest.raises(UnitError if "unit" in message else SensitivityError, match=re.escape(message)):
        hertzsprung_russell(table, **options)
    assert pyplot.get_fignums() == []
