"""The map of a sample of stars."""

import re

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.colors import LogNorm
from matplotlib.patches import Rectangle
from star_samples import (
    FLAGS,
    LEGEND,
    assert_readable,
    attributes,
    circles,
    legend_texts,
    places_of,
    sample,
    subtitle,
    surface,
)

from gridscan.errors import GridscanError, SensitivityError, UnitError
from gridscan.models.red_supergiants.star_map import PHASES, galaxy
from gridscan.plot import save


@pytest.fixture(autouse=True)
def no_figure_is_left():
    yield
    pyplot.close("all")


@pytest.fixture
def density():
    return surface()


def test_the_points_of_each_phase_are_its_stars_in_the_map_and_in_the_inset(density):
    stars = sample()
    axes = galaxy(stars, density)
    inset = axes.child_axes[0]
    for code, name in enumerate(PHASES):
        chosen = stars.phase.values == code
        expected = np.column_stack([stars.x.values[chosen], stars.y.values[chosen]])
        np.testing.assert_array_equal(places_of(axes, name), expected)
        np.testing.assert_array_equal(places_of(inset, name), expected)
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
    np.testing.assert_allclose(places_of(axes, "red_supergiant"), places_of(plain, "red_supergiant"))
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
    shown = places_of(axes, "other")
    all_places = np.column_stack([stars.x, stars.y])[stars.phase.values == 0]
    assert len(np.unique(shown, axis=0)) == 100
    np.testing.assert_array_equal(shown, all_places[::6])
    assert [len(places_of(axes, name)) for name in PHASES] == [100, 30, 5, 4]
    assert legend_texts(axes)[0] == "other: 600 (2)"
    assert len(places_of(galaxy(stars, most=0), "other")) == 0


def test_an_empty_galaxy_is_drawn_with_zero_counts(density):
    empty = sample().isel(star=slice(0))
    axes = galaxy(empty, density)
    assert legend_texts(axes)[:4] == [f"{name}: 0 (0)" for name in LEGEND]
    assert all(places_of(axes, name).size == 0 for name in PHASES)
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
        (sample(), {"most": -1}, "most is -1; it must be 0 or more"),
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
        (density.where(density < 1000), "must be finite"),
        (density.rename(x="u"), "over 'x' and 'y', with the values of both; found one over y, u"),
        (density.drop_vars("y"), "with the values of both"),
        (density.expand_dims(imf=1), "found one over imf, y, x"),
        (density.isel(x=slice(None, None, -1)), "two or more increasing points along 'x'"),
    ):
        with pytest.raises(SensitivityError, match=re.escape(message)):
            galaxy(sample(), wrong)
    assert pyplot.get_fignums() == []
