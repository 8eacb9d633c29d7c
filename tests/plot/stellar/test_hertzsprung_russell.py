"""The Hertzsprung-Russell diagram of isochrones and tracks."""

import re

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
import xarray as xr
from matplotlib import pyplot
from matplotlib.patches import Rectangle
from star_samples import assert_readable, attributes, legend_texts, subtitle

from gridscan.errors import SensitivityError, UnitError
from gridscan.plot.stellar.hertzsprung_russell import hertzsprung_russell


@pytest.fixture(autouse=True)
def no_figure_is_left():
    yield
    pyplot.close("all")


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


def test_a_line_ends_where_the_number_of_the_isochrone_changes():
    table = isochrone().assign(isochrone=("point", [0, 0, 0, 0, 1, 1, 1, 1, 1]))
    assert [line.get_xdata().size for line in curves(hertzsprung_russell(table))] == [4, 5]


def test_stars_of_a_population_are_points_that_are_not_joined():
    table = several(isochrone(), isochrone(age=20.0)).isel(point=[3, 17, 0, 9, 8, 2]).assign_attrs(kind="population")
    axes = hertzsprung_russell(table)
    assert not curves(axes)
    (stars,) = [line for line in axes.lines if line.get_marker() == "."]
    np.testing.assert_array_equal(stars.get_ydata(), table.luminosity)
    assert stars.get_linestyle() == "None"
    assert "initial mass of the red supergiants: 15.5 to 15.5 Msun" in subtitle(axes).replace("$_\\odot$", "sun")


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
        (
            isochrone().drop_attrs(deep=False),
            {},
            "expected a table of the kind isochrone or track or population; found ''",
        ),
        (isochrone().drop_vars("luminosity"), {}, "expected 'luminosity' along 'point'"),
        (isochrone().drop_vars("effective_temperature"), {}, "expected 'effective_temperature' along 'point'"),
        (isochrone().drop_vars("initial_mass"), {}, "expected 'initial_mass' along 'point'"),
        (isochrone().assign(initial_mass=isochrone().initial_mass * np.nan), {}, "'initial_mass' holds nan"),
        (track().drop_vars("age"), {}, "expected 'age' along 'point'"),
        (track().drop_vars("carbon_luminosity"), {}, "expected 'carbon_luminosity' along 'point'"),
        (isochrone().isel(point=slice(0)), {}, "the isochrone has no points"),
        (track().isel(point=slice(0)), {}, "the track has no points"),
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
