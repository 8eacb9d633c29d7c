"""The life of a star as bars: its phases to scale, its end, and what contradicts itself."""

import json

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
import xarray as xr
from matplotlib import pyplot
from matplotlib.container import BarContainer
from pictures import assert_readable, attributes, subtitle, tick_labels

from gridscan.errors import SensitivityError, UnitError
from gridscan.models.red_supergiants.life import timeline


@pytest.fixture(autouse=True)
def no_figure_is_left():
    yield
    pyplot.close("all")


@pytest.fixture
def star():
    """Return what data/stellar_phases.csv says of stars of 18, 20 and 30 solar masses, metallicity 0.014."""
    columns = {
        "lifetime": [10.186186, 9.027780, 6.082880],
        "red_supergiant_duration": [0.117412, 0.636186, 0.0],
        "carbon_burning_start": [10.183624, 9.025820, 6.082193],
        "carbon_burning_end": [10.186185, 9.027779, 6.082879],
    }
    return xr.Dataset(
        {
            name: (("metallicity", "initial_mass"), [values], attributes("Myr", name))
            for name, values in columns.items()
        },
        coords={
            "metallicity": ("metallicity", [0.014], attributes("1", "Metal mass fraction")),
            "initial_mass": ("initial_mass", [18.0, 20.0, 30.0], attributes("Msun", "Initial mass")),
        },
    )


def bars_of(axes):
    return [container for container in axes.containers if isinstance(container, BarContainer)]


def written(axes):
    return [item.get_text() for item in axes.texts]


def spans(axes):
    """Return where each bar begins and ends, by its row."""
    bars = [bar for group in bars_of(axes) for bar in group]
    return {
        round(bar.get_y() + bar.get_height() / 2): sorted([bar.get_x(), bar.get_x() + bar.get_width()]) for bar in bars
    }


def test_a_life_has_each_phase_to_scale_with_its_duration(star):
    axes = timeline(star.sel(initial_mass=20))
    assert tick_labels(axes[0].yaxis) == ["life", "red supergiant", "carbon burning", "both at once"]
    found = spans(axes[0])
    for row, (start, end) in enumerate(
        [(0, 9.02778), (9.02778 - 0.636186, 9.02778), (9.02582, 9.027779), (9.02582, 9.027779)]
    ):
        np.testing.assert_allclose(found[row], [start, end], rtol=1e-12)
    durations = [text for text in written(axes[0]) if text.endswith("yr")]
    assert durations == ["9.03 Myr", "636 kyr", "1.96 kyr", "1.96 kyr"]
    assert axes[0].get_xlabel() == "Age [Myr]"
    assert axes[0].yaxis_inverted()
    assert subtitle(axes[0]) == "metallicity = 0.014, initial_mass = 20 Msun"
    assert_readable(axes[0])


def test_the_end_of_a_life_runs_towards_it_in_a_unit_that_fits(star):
    (_, end) = timeline(star.sel(initial_mass=20))
    assert end.get_xlabel() == "Time before the end of the life [kyr]"
    assert end.xaxis_inverted()
    first, last = end.get_xlim()
    assert first == pytest.approx(1.5 * 1.96)
    assert last == pytest.approx(0, abs=0.02)
    found = spans(end)
    np.testing.assert_allclose(found[2], [0.001, 1.96], rtol=1e-6)
    np.testing.assert_allclose(found[3], [0.001, 1.96], rtol=1e-6)
    np.testing.assert_allclose([found[0], found[1]], [[0, first]] * 2)
    assert "◀ began at birth" in written(end)
    assert "◀ began 636 kyr before the end of the life" in written(end)
    assert end.get_title(loc="left") == "the last 2.94 kyr, 0.033 % of the life"


def test_a_phase_too_thin_to_be_seen_is_pointed_at_and_said_to_be_drawn_wider(star):
    whole, end = timeline(star.sel(initial_mass=20))
    marked = [item for item in whole.texts if "drawn wider" in item.get_text()]
    assert [item.get_text() for item in marked] == ["0.022 % of the life, drawn wider"] * 2
    assert [item.xy for item in marked] == [(pytest.approx(9.0268, abs=1e-4), 2), (pytest.approx(9.0268, abs=1e-4), 3)]
    assert [line.get_linewidth() for line in whole.lines] == [2.5, 2.5]
    assert not [text for text in written(end) if "wider" in text]
    zoomed = timeline(star.sel(initial_mass=20), zoom="2 Myr")[1]
    assert "0.098 % of this stretch, drawn wider" in written(zoomed)
    assert_readable(zoomed)


def test_a_star_that_is_never_a_red_supergiant_is_said_to_be_none(star):
    axes = timeline(star.sel(initial_mass=30))
    for one in axes:
        assert "never a red supergiant" in written(one)
        assert "never both at once" in written(one)
        assert set(spans(one)) == {0, 2}
    assert "686 yr" in written(axes[0])
    assert axes[1].get_xlabel().endswith("[kyr]")
    assert_readable(axes[0])


def test_phases_that_only_meet_are_never_both_at_once(star):
    apart = star.assign(carbon_burning_start=star.lifetime - 2, carbon_burning_end=star.lifetime - 1.5).sel(
        initial_mass=20
    )
    for name in ("carbon_burning_start", "carbon_burning_end"):
        apart[name].attrs = star.lifetime.attrs
    axes = timeline(apart, zoom=1.0)
    assert "never both at once" in written(axes[0])
    assert "◀ ended 1.5 Myr before the end of the life" in written(axes[1])
    assert set(spans(axes[1])) == {0, 1}
    assert "both at once" not in subtitle(axes[0])


def test_the_zoom_on_an_early_phase_is_the_whole_life(star):
    early = star.assign(carbon_burning_start=(0 * star.lifetime + 1).assign_attrs(star.lifetime.attrs)).sel(
        initial_mass=20
    )
    assert timeline(early)[1].get_xlim()[0] == pytest.approx(9.02778)


def test_a_phase_that_overlaps_in_part_is_both_for_that_part(star):
    long = star.assign(carbon_burning_start=(star.lifetime - 1).assign_attrs(star.lifetime.attrs)).sel(initial_mass=20)
    np.testing.assert_allclose(spans(timeline(long)[0])[3], [9.02778 - 0.636186, 9.027779])


def test_a_star_that_burns_no_carbon_shows_the_red_supergiant_and_one_without_either_its_last_tenth(star):
    none = star.assign(carbon_burning_start=star.carbon_burning_end).sel(initial_mass=20)
    axes = timeline(none)
    assert "no carbon burning" in written(axes[0])
    assert axes[1].get_xlim()[0] == pytest.approx(1.5 * 636.186)
    neither = none.assign(red_supergiant_duration=0 * none.red_supergiant_duration)
    neither.red_supergiant_duration.attrs = star.lifetime.attrs
    assert timeline(neither)[1].get_xlim()[0] == pytest.approx(902.778)


def test_axes_of_a_star_are_held_at_their_middle_and_said_even_where_they_were_not_scanned(star):
    assert subtitle(timeline(star)[0]) == "metallicity = 0.014, initial_mass = 20 Msun"
    one = star.sel(initial_mass=18, metallicity=0.014).assign_coords(sfr=2.0)
    one.attrs = {"gridscan_scenario": "[axes]\nimf = 1", "gridscan_overrides": json.dumps({})}
    assert subtitle(timeline(one)[0]) == "metallicity = 0.014, initial_mass = 18 Msun"


@pytest.mark.parametrize(("zoom", "first", "unit"), [("20 kyr", 20, "kyr"), (0.02, 20, "kyr"), ("500 yr", 500, "yr")])
def test_the_zoom_is_what_was_asked_for(star, zoom, first, unit):
    end = timeline(star, zoom=zoom)[1]
    assert end.get_xlim()[0] == pytest.approx(first)
    assert end.get_xlabel().endswith(f"[{unit}]")


def test_times_in_several_units_make_the_same_picture(star):
    other = star.assign(red_supergiant_duration=star.red_supergiant_duration * 1e3)
    other.red_supergiant_duration.attrs = attributes("kyr", "red")
    assert spans(timeline(other)[0]) == {row: pytest.approx(ends) for row, ends in spans(timeline(star)[0]).items()}


def test_a_tabulated_duration_that_differs_from_the_bar_is_said(star):
    for kyr, said in ((1.95, False), (1.5, True), (0.0, True)):
        table = star.assign(carbon_burning_rsg_duration=(star.lifetime * 0 + kyr).assign_attrs(attributes("kyr", "d")))
        found = subtitle(timeline(table.sel(initial_mass=20))[0])
        assert ("according to carbon_burning_rsg_duration" in found) == said
    assert "both at once: none according" in found


@pytest.mark.parametrize(
    ("change", "zoom", "message"),
    [
        ({"lifetime": 0.0}, None, "'lifetime' is 0; expected more than zero"),
        ({"red_supergiant_duration": 10.0}, None, r"'red_supergiant_duration' is 10; expected zero to 9\.02778"),
        ({"carbon_burning_start": -1.0}, None, "'carbon_burning_start' is -1"),
        ({"carbon_burning_start": 9.0278}, None, r"'carbon_burning_end' is 9\.027779, before its start at 9\.0278"),
        ({"carbon_burning_end": 9.1}, None, r"'carbon_burning_end' is 9\.1, after the end of the life"),
        (
            {"lifetime": np.nan},
            None,
            "'lifetime' has no finite value to plot at metallicity = 0.014, initial_mass = 20",
        ),
        ({}, "10 Myr", r"zoom is 10 Myr; it must be above zero and at most 9\.02778 Myr, the lifetime"),
        ({}, 0, "zoom is 0 Myr"),
    ],
)
def test_a_life_that_contradicts_itself_is_refused(star, change, zoom, message):
    broken = star.assign({name: star[name] * 0 + value for name, value in change.items()})
    for name in change:
        broken[name].attrs = star.lifetime.attrs
    with pytest.raises(SensitivityError, match=message):
        timeline(broken.sel(initial_mass=20), zoom=zoom)
    assert pyplot.get_fignums() == []


def test_a_life_without_a_variable_or_with_one_that_is_no_time_is_refused(star):
    with pytest.raises(
        SensitivityError,
        match=r"missing lifetime, carbon_burning_end; the life of a star needs .*; found red_supergiant_duration",
    ):
        timeline(star.drop_vars(["lifetime", "carbon_burning_end"]))
    star.carbon_burning_start.attrs["units"] = "kpc"
    with pytest.raises(SensitivityError, match="'carbon_burning_start' is not a time, as 'lifetime' is"):
        timeline(star)
    star.lifetime.attrs["units"] = "kpc"
    with pytest.raises(SensitivityError, match="'lifetime' is in 'kpc'; it must be a time"):
        timeline(star)
    star.lifetime.attrs["units"] = "Myr"
    star.carbon_burning_start.attrs["units"] = "Myr"
    with pytest.raises(UnitError, match="'2 kpc' is in 'kpc'"):
        timeline(star, zoom="2 kpc")


def test_an_end_rounded_beyond_the_life_is_that_of_the_life(star):
    rounded = star.assign(carbon_burning_end=(star.lifetime + 1e-6).assign_attrs(star.lifetime.attrs))
    assert spans(timeline(rounded)[0])[2][1] == pytest.approx(9.02778, abs=1e-12)


def test_a_lazy_star_is_drawn(star):
    timeline(star.chunk())
