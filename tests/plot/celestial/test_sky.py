"""Pictures and movies of the sky: where its cells are, what is blank, what is marked, and what is said."""

import itertools
import json

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
import xarray as xr
from click.testing import CliRunner
from matplotlib import pyplot
from matplotlib.collections import QuadMesh
from matplotlib.colors import LogNorm
from pictures import attributes, subtitle
from PIL import Image

from gridscan import plot
from gridscan.cli import main
from gridscan.errors import SensitivityError, StoreError, UnitError
from gridscan.models.boosted_dark_matter.figures import SKY
from gridscan.plot import save
from gridscan.plot.celestial.sky_tiles import tiles_of

LONGITUDE, LATITUDE = np.arange(-175.0, 180, 10), np.arange(-85.0, 90, 10)
OF_THE_SUPERNOVA = "supernova supernova_longitude supernova_latitude halo halo_longitude halo_latitude"


def sky(dataset, quantity="sky_flux", *, time=None, axes=None):
    return plot.sky(dataset, quantity, SKY, at={} if time is None else {"time": time}, axes=axes)


def sky_movie(dataset, path, quantity="sky_flux", *, along="time", **options):
    return plot.sky_movie(dataset, path, quantity, SKY, along=along, **options)


@pytest.fixture(autouse=True)
def no_figure_is_left():
    yield
    pyplot.close("all")


def separation(longitude, latitude, towards):
    """Return the angle [deg] from a direction, by the product of the vectors."""
    turn, height, middle = np.deg2rad(longitude - towards[0]), np.deg2rad(latitude), np.deg2rad(towards[1])
    along = np.sin(height) * np.sin(middle) + np.cos(height) * np.cos(middle) * np.cos(turn)
    return np.rad2deg(np.arccos(np.clip(along, -1, 1)))


def sky_of(longitude=LONGITUDE, latitude=LATITUDE, towards=(110.0, -5.0), owned=OF_THE_SUPERNOVA, times=(100.0, 350.0)):
    """Return a disk about a direction on the sky that grows with time and is zero 60 degrees away and more."""
    angle = separation(np.asarray(longitude)[:, None], np.asarray(latitude), towards)
    scale = 0.02 * np.asarray(times)
    values = np.where(angle < 60, 1e-18 * np.exp(-angle / 6), 0.0)[..., None] * scale
    flux = xr.DataArray(values, dims=("longitude", "latitude", "time"))
    data = xr.Dataset(
        {"sky_flux": flux.assign_attrs(attributes("1/MeV/cm^2/s/sr", "flux of boosted dark matter per solid angle"))},
        coords={
            "longitude": ("longitude", longitude, attributes("deg", "Galactic longitude")),
            "latitude": ("latitude", latitude, attributes("deg", "Galactic latitude")),
            "time": (
                "time",
                list(times),
                {**attributes("yr", "Time since the neutrinos arrived"), "base_value": 350.0},
            ),
            "supernova": ((), "cas-a", {"long_name": "Supernova"}),
            "supernova_longitude": ((), towards[0], attributes("deg", "longitude")),
            "supernova_latitude": ((), towards[1], attributes("deg", "latitude")),
            "halo": ((), "milky-way", {"long_name": "Halo"}),
            "halo_longitude": ((), 0.0, attributes("deg", "longitude")),
            "halo_latitude": ((), 0.0, attributes("deg", "latitude")),
        },
    )
    data.sky_flux.encoding["coordinates"] = owned
    return data


def mesh_of(axes):
    (mesh,) = [item for item in axes.collections if isinstance(item, QuadMesh)]
    return mesh


def aitoff(longitude, latitude):
    """Return where a direction [deg] is in the projection, longitude to the left."""
    turn, height = np.deg2rad(-longitude) / 2, np.deg2rad(latitude)
    angle = np.arccos(np.cos(height) * np.cos(turn))
    stretch = np.sinc(angle / np.pi)
    return np.array([2 * np.cos(height) * np.sin(turn) / stretch, np.sin(height) / stretch])


def on_page(axes, point):
    """Return pixels of a point that was projected by hand: the ellipse has the half axes pi and pi/2."""
    box = axes.get_window_extent()
    return np.array([box.x0, box.y0]) + (np.asarray(point) / np.array([2 * np.pi, np.pi]) + 0.5) * [
        box.width,
        box.height,
    ]


def pixels(axes):
    axes.figure.canvas.draw()
    return np.asarray(axes.figure.canvas.buffer_rgba())[..., :3].astype(int)


def colour_at(axes, image, longitude, latitude):
    x, y = on_page(axes, aitoff(longitude, latitude))
    return image[round(image.shape[0] - 1 - y), round(x)]


def assert_readable(axes):
    """Check that no text touches another or leaves the page, and none but those of the grid is on the sky."""
    figure = axes.figure
    figure.draw_without_rendering()
    found = [*axes.texts, axes._left_title, axes.xaxis.label, axes.yaxis.label]
    found += [tick.label1 for tick in axes.yaxis.get_major_ticks()]
    found += axes.get_legend().get_texts() if axes.get_legend() else []
    (bar,) = [one for one in figure.axes if one is not axes]
    low, high = bar.get_xlim()
    found += [bar.xaxis.label, *(tick.label1 for tick in bar.xaxis.get_major_ticks() if low <= tick.get_loc() <= high)]
    boxes = [(item.get_text(), item.get_window_extent()) for item in found if item.get_visible() and item.get_text()]
    for (one, box), (other, its) in itertools.combinations(boxes, 2):
        apart = max(box.x0, its.x0) > min(box.x1, its.x1) - 2 or max(box.y0, its.y0) > min(box.y1, its.y1) - 2
        assert apart, (one, other)
    for text, box in boxes:
        assert min(box.x0, box.y0) >= -1, text
        assert box.x1 <= figure.bbox.x1 + 1, text
        assert box.y1 <= figure.bbox.y1 + 1, text
    middle, half = axes.get_window_extent(), axes.get_window_extent().size / 2
    grid = {item.get_text() for item in axes.texts if item.get_text().endswith("°")}
    for text, box in boxes:
        corners = itertools.product((box.x0, box.x1), (box.y0, box.y1))
        off = [np.hypot(*((np.array(corner) - [middle.x0, middle.y0]) / half - 1)) for corner in corners]
        assert text in grid or min(off) > 0.99, text


def test_each_direction_has_the_colour_of_its_value_where_aitoff_puts_it():
    data = sky_of(times=(350.0,))
    axes = sky(data)
    for mark in axes.lines:
        mark.set_visible(False)
    image, mesh = pixels(axes), mesh_of(axes)
    for longitude, latitude in itertools.product((145.0, 125.0, 95.0, 75.0), (-45.0, -25.0, 15.0, 35.0)):
        value = float(data.sky_flux.sel(longitude=longitude, latitude=latitude).item())
        expected = 255 * np.array(mesh.cmap(mesh.norm(value))[:3]) if value > 0 else 255 * np.ones(3)
        np.testing.assert_allclose(colour_at(axes, image, longitude, latitude), expected, atol=2)
    # The other side of the sky, which a mirror image would show.
    assert (colour_at(axes, image, -115, -15) == 255).all()


def test_longitude_increases_to_the_left_and_latitude_upwards():
    axes = sky(sky_of())
    (star,) = [line for line in axes.lines if line.get_gid() == "supernova"]
    x, y = axes.transData.transform(star.get_xydata()[0])
    np.testing.assert_allclose([x, y], on_page(axes, aitoff(110, -5)), atol=1)
    middle = axes.get_window_extent()
    assert x < middle.x0 + middle.width / 2
    assert y < middle.y0 + middle.height / 2


def test_the_grid_is_labelled_with_galactic_longitudes_and_latitudes():
    axes = sky(sky_of())
    places = {item.get_text(): np.rad2deg(item.get_position()) for item in axes.texts}
    assert sorted(places) == ["0°", "120°", "240°", "300°", "60°"]
    for text, (x, y) in places.items():
        assert (-x) % 360 == pytest.approx(float(text[:-1]))
        assert -10 < y < 0
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == ["−60°", "−30°", "0°", "30°", "60°"]
    np.testing.assert_allclose(np.rad2deg(axes.get_yticks()), [-60, -30, 0, 30, 60])
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("Galactic longitude", "Galactic latitude")
    assert_readable(axes)


def test_the_supernova_and_the_centre_of_the_halo_are_marked_and_named():
    axes = sky(sky_of(towards=(290.0, -32.0)))
    marks = {line.get_gid(): np.rad2deg(line.get_xydata()[0]) for line in axes.lines if line.get_gid()}
    np.testing.assert_allclose(marks["supernova"], [70.0, -32.0])
    np.testing.assert_allclose(marks["centre of the halo"], [0.0, 0.0])
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["centre of the halo", "supernova cas-a"]
    assert_readable(axes)


def test_what_is_not_of_one_supernova_has_no_mark_of_one():
    axes = sky(sky_of(owned="supernova halo halo_longitude halo_latitude"))
    assert [line.get_gid() for line in axes.lines if line.get_gid()] == ["centre of the halo"]
    assert "cas-a" not in subtitle(axes)
    axes = sky(sky_of(owned="halo"))
    assert [line.get_gid() for line in axes.lines if line.get_gid()] == []
    assert axes.get_legend() is None


def test_a_supernova_that_is_an_axis_is_marked_where_it_is_held():
    places = {"crab": (184.0, -5.0), "cas-a": (111.0, -2.0)}
    both = xr.concat(
        [sky_of(towards=place) for place in places.values()], "supernova", coords="minimal", compat="override"
    )
    both = both.assign_coords(
        supernova=("supernova", list(places)),
        supernova_longitude=("supernova", [184.0, 111.0], attributes("deg", "l")),
        supernova_latitude=("supernova", [-5.0, -2.0], attributes("deg", "b")),
    )
    both.sky_flux.encoding["coordinates"] = OF_THE_SUPERNOVA
    for name, place in places.items():
        axes = sky(both.isel(supernova=list(places).index(name)))
        (star,) = [line for line in axes.lines if line.get_gid() == "supernova"]
        turned = -np.rad2deg(star.get_xydata()[0, 0])
        assert turned % 360 == pytest.approx(place[0])
        assert f"supernova {name}" in [text.get_text() for text in axes.get_legend().get_texts()]
    axes = sky(both)
    assert "supernova crab" in [text.get_text() for text in axes.get_legend().get_texts()]


def test_the_colour_scale_is_logarithmic_and_the_bar_has_the_unit():
    data = sky_of(times=(350.0,))
    axes = sky(data)
    mesh = mesh_of(axes)
    assert isinstance(mesh.norm, LogNorm)
    positive = data.sky_flux.values[data.sky_flux.values > 0]
    assert (mesh.norm.vmin, mesh.norm.vmax) == pytest.approx((positive.min(), positive.max()), abs=0)
    (bar,) = [one for one in axes.figure.axes if one is not axes]
    label = bar.get_xlabel().replace("\n", " ")
    assert label == "flux of boosted dark matter per solid angle [cm$^{-2}$ MeV$^{-1}$ s$^{-1}$ sr$^{-1}$]"


def test_the_scale_spans_eight_decades_at_most_and_what_is_fainter_is_said():
    data = sky_of(times=(350.0,))
    flux = data.sky_flux
    faint = (flux.latitude < -60) & (flux == 0)
    changed = flux.where(~faint, 1e-60).transpose(*flux.dims)
    changed.encoding = flux.encoding
    axes = sky(data.assign(sky_flux=changed))
    norm = mesh_of(axes).norm
    assert norm.vmax / norm.vmin == pytest.approx(1e8)
    areas = np.diff(np.sin(np.deg2rad(np.arange(-90, 91, 10.0)))) / 2 / LONGITUDE.size
    share = float((faint.squeeze().transpose("longitude", "latitude").values * areas).sum())
    assert f"fainter than the scale on {100 * share:.3g} % of the sky" in subtitle(axes)
    blank = ((flux == 0) & ~faint).squeeze().transpose("longitude", "latitude").values
    assert f"zero on {100 * float((blank * areas).sum()):.3g} % of the sky" in subtitle(axes)
    (bar,) = [one for one in axes.figure.axes if one is not axes]
    assert bar._colorbar.extend == "min"


def test_zeros_are_blank_and_the_subtitle_says_on_how_much_of_the_sky():
    # Zero on the southern half: half of the sky, and all but sin(30 deg) of the north.
    latitude = np.arange(-85.0, 90, 10)
    data = sky_of(latitude=latitude, times=(350.0,))
    ones = xr.ones_like(data.sky_flux)
    for edge, share in ((0, "50"), (30, "75"), (60, "93.3")):
        northern = (ones * (data.latitude > edge)).transpose(*ones.dims).assign_attrs(data.sky_flux.attrs)
        axes = sky(data.assign(sky_flux=northern))
        assert f"zero on {share} % of the sky, left blank" in subtitle(axes)
        blank = np.ma.getmaskarray(mesh_of(axes).get_array()).reshape(latitude.size, -1)
        np.testing.assert_array_equal(blank, np.broadcast_to((latitude < edge)[:, None], blank.shape))


def test_missing_values_are_blank_and_counted_apart():
    data = sky_of(times=(350.0,))
    holes = data.sky_flux.where((data.latitude > 0) | (data.sky_flux > 0)).transpose(*data.sky_flux.dims)
    said = subtitle(sky(data.assign(sky_flux=holes.assign_attrs(data.sky_flux.attrs))))
    assert "missing on" in said
    assert "zero on" in said


def test_axes_that_are_held_are_named_and_a_time_can_be_chosen():
    data = sky_of()
    assert subtitle(sky(data)).startswith("time = 350 yr")
    assert subtitle(sky(data, time=100)).startswith("time = 100 yr")
    axes = sky(data, time="100 yr")
    assert mesh_of(axes).get_array().max() == pytest.approx(float(data.sky_flux.sel(time=100).max()), abs=0)
    with pytest.raises(SensitivityError, match=r"'time' does not hold 200\.0; the nearest is 100"):
        sky(data, time=200)


def test_the_settings_of_a_result_that_make_a_sky_are_said():
    settings = {"kinetic_energy": {"value": 5.0, "unit": "MeV"}, "time": {"value": 9.0, "unit": "yr"}, "spike": "none"}
    said = subtitle(sky(sky_of().assign_attrs(gridscan_settings=json.dumps(settings))))
    assert "kinetic_energy = 5 MeV" in said
    assert "time = 350 yr" in said
    assert "time = 9 yr" not in said


@pytest.mark.parametrize(
    "longitude",
    [
        np.arange(-175.0, 180, 10),
        np.arange(5.0, 360, 10),
        np.linspace(-180, 180, 37),
        np.linspace(0, 360, 37),
        np.arange(-178.0, 180, 10)[::-1],
        np.arange(172.0, 532, 10),
    ],
)
def test_the_cells_tile_the_whole_sky_and_each_holds_its_direction(longitude):
    data = sky_of(longitude=longitude)
    tiles = tiles_of(data.sky_flux, SKY.directions)
    assert np.rad2deg(tiles.longitude[[0, -1]]) == pytest.approx([-180, 180])
    assert np.rad2deg(tiles.latitude[[0, -1]]) == pytest.approx([-90, 90])
    assert tiles.share_of_sky(np.ones((tiles.rows.size, tiles.columns.size), dtype=bool)) == pytest.approx(1)
    edges, middles = np.rad2deg(tiles.longitude), longitude[tiles.columns]
    assert (np.diff(edges) > 0).all()
    for low, high, place in zip(edges[:-1], edges[1:], middles, strict=True):
        assert min(abs((low + high) / 2 - place - turn) for turn in (-720, -360, 0, 360)) < 5.01
        assert any(low - 1e-6 <= place + turn <= high + 1e-6 for turn in (-360, 0, 360)) or high - low < 5
    assert set(middles % 360) == set(longitude % 360)
    assert "covers" not in subtitle(sky(data))


@pytest.mark.parametrize("other", [{"longitude": np.arange(5.0, 360, 10)}, {"latitude": LATITUDE[::-1]}])
def test_turned_longitudes_and_falling_latitudes_give_the_same_picture(other):
    one, turned = (mesh_of(sky(data)).get_array().filled(0) for data in (sky_of(), sky_of(**other)))
    np.testing.assert_allclose(one, turned)


def test_a_part_of_the_sky_is_drawn_where_it_is_and_said_to_be_one():
    data = sky_of(longitude=np.arange(95.0, 130, 10), latitude=np.arange(-25.0, 30, 10), times=(350.0,))
    axes = sky(data)
    tiles = tiles_of(data.sky_flux, SKY.directions)
    np.testing.assert_allclose(np.rad2deg(tiles.longitude), np.arange(90, 131, 10))
    corners = np.rad2deg(mesh_of(axes).get_coordinates())
    assert (corners[..., 0].min(), corners[..., 0].max()) == pytest.approx((-130, -90))
    assert (corners[..., 1].min(), corners[..., 1].max()) == pytest.approx((-30, 30))
    share = 40 / 360 * np.sin(np.deg2rad(30))
    assert f"the grid covers {100 * share:.3g} % of the sky" in subtitle(axes)


def test_axes_in_radians_are_read_by_their_unit():
    data = sky_of()
    coords = {
        name: (name, np.deg2rad(data[name].values), attributes("rad", name)) for name in ("longitude", "latitude")
    }
    turned = data.assign_coords(coords)
    np.testing.assert_allclose(
        tiles_of(turned.sky_flux, SKY.directions).longitude, tiles_of(data.sky_flux, SKY.directions).longitude
    )
    lengths = data.assign_coords(longitude=("longitude", LONGITUDE, attributes("kpc", "longitude")))
    with pytest.raises(UnitError, match="'longitude' is in 'kpc'; expected an angle"):
        sky(lengths)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data.isel(longitude=0), "does not depend on an axis 'longitude'"),
        (lambda data: data.isel(latitude=[0]), "needs two longitudes and two latitudes; found 1"),
        (lambda data: data.assign(sky_flux=-data.sky_flux), "logarithmic scale needs 0 or more"),
        (lambda data: data.assign(sky_flux=0 * data.sky_flux), "zero in every direction"),
        (lambda data: data.assign_coords(latitude=data.latitude + 10), "'latitude' holds 95 deg; allowed: -90 to 90"),
        (lambda data: data.rename(sky_flux="flux"), "unknown quantity 'sky_flux'"),
    ],
)
def test_what_is_no_sky_is_refused_before_a_figure_is_made(tmp_path, change, message):
    with xr.set_options(keep_attrs=True):
        data = change(sky_of())
    with pytest.raises(SensitivityError, match=message):
        sky(data)
    with pytest.raises(SensitivityError, match=message):
        sky_movie(data, tmp_path / "m.gif")
    assert pyplot.get_fignums() == []
    assert list(tmp_path.iterdir()) == []


def test_other_axes_have_to_be_of_the_projection():
    with pytest.raises(SensitivityError, match="projection 'aitoff'; found 'rectilinear'"):
        sky(sky_of(), axes=pyplot.figure().add_subplot())
    axes = pyplot.figure(layout="constrained").add_subplot(projection="aitoff")
    assert sky(sky_of(), axes=axes) is axes


def test_a_sky_is_saved(tmp_path):
    path = save(sky(sky_of()), tmp_path / "sky.png")
    with Image.open(path) as image:
        assert image.size[0] == 800


# The movie


def frames_of(path):
    with Image.open(path) as image:
        frames = []
        for number in range(image.n_frames):
            image.seek(number)
            frames.append(np.asarray(image.convert("RGB")).astype(int))
        return frames, image.info["duration"]


@pytest.fixture
def drawn(monkeypatch):
    """Record the texts, the values and the figure of each frame."""
    import sys

    seen, module = [], sys.modules["gridscan.plot.celestial.sky"]
    frames = module._Changing.frames

    def record(self):
        for frame in frames(self):
            seen.append(
                (self.time.get_text(), self.blank.get_text(), self.mesh.get_array().filled(0).max(), self.mesh.norm)
            )
            assert_readable(self.figure.axes[0])
            yield frame

    monkeypatch.setattr(module._Changing, "frames", record)
    return seen


def test_a_movie_has_a_frame_for_each_time_in_order_on_one_scale(tmp_path, drawn):
    data = sky_of(times=(350.0, 100.0, 230.0))
    path = sky_movie(data, tmp_path / "m.gif", frames_per_second=5)
    frames, duration = frames_of(path)
    assert len(frames) == 3
    assert duration == 200
    assert [clock for clock, *_ in drawn] == ["time = 100 yr", "time = 230 yr", "time = 350 yr"]
    peaks = [float(data.sky_flux.sel(time=time).max()) for time in (100, 230, 350)]
    np.testing.assert_allclose([peak for *_, peak, _ in drawn], peaks)
    low = float(data.sky_flux.where(data.sky_flux > 0).min())
    assert all((norm.vmin, norm.vmax) == pytest.approx((low, peaks[2]), abs=0) for *_, norm in drawn)
    assert frames[0].shape[1] == 640
    assert np.abs(frames[0] - frames[2]).max() > 50
    # The colour bar stays as it is.
    bar = slice(int(0.8 * frames[0].shape[0]), None)
    assert not np.abs(frames[0][bar] - frames[2][bar]).any()
    assert pyplot.get_fignums() == []


def test_a_movie_says_how_much_of_the_sky_is_without_flux(tmp_path, drawn):
    data = sky_of(times=(1.0, 2.0))
    ones = xr.ones_like(data.sky_flux)
    growing = ones * (data.latitude > xr.DataArray([30, 0], dims="time"))
    data = data.assign(sky_flux=growing.transpose(*ones.dims).assign_attrs(data.sky_flux.attrs))
    sky_movie(data, tmp_path / "m.gif")
    assert [blank for _, blank, *_ in drawn] == ["no flux on\n75 % of the sky", "no flux on\n50 % of the sky"]


def test_a_movie_with_missing_values_says_how_much_of_the_sky_is_blank(tmp_path, drawn):
    data = sky_of(times=(1.0, 2.0))
    ones = xr.ones_like(data.sky_flux)
    northern = ones.where((data.latitude > 0) | (data.time > 1.5)).transpose(*ones.dims)
    sky_movie(data.assign(sky_flux=northern), tmp_path / "m.gif")
    assert [blank for _, blank, *_ in drawn] == ["blank on\n50 % of the sky", "no flux on\n0 % of the sky"]


def test_a_movie_runs_along_any_numeric_axis_and_says_the_time_it_is_held_at(tmp_path, drawn):
    data = sky_of()
    mass = xr.DataArray([1.0, 10.0], dims="mass", attrs=attributes("MeV", "mass"))
    many = (data.sky_flux * mass).assign_attrs(data.sky_flux.attrs)
    both = data.assign(sky_flux=many).assign_coords(mass=("mass", [1.0, 10.0], attributes("MeV", "mass")))
    sky_movie(both, tmp_path / "m.gif", along="mass")
    assert [clock for clock, *_ in drawn] == ["mass = 1 MeV", "mass = 10 MeV"]


@pytest.mark.parametrize(
    ("name", "options", "error", "message"),
    [
        ("m.avi", {}, StoreError, r"\.gif or \.mp4; found '\.avi'"),
        (
            "m.gif",
            {"frames_per_second": 0},
            SensitivityError,
            "frames per second must be above 0 and at most 100; found 0",
        ),
        ("m.gif", {"along": "mass"}, SensitivityError, "does not depend on an axis 'mass'"),
        ("m.gif", {"along": "latitude"}, SensitivityError, "cannot run along 'latitude', an axis of the sky"),
    ],
)
def test_a_movie_that_cannot_be_made_is_refused_before_a_figure_is_made(tmp_path, name, options, error, message):
    with pytest.raises(error, match=message):
        sky_movie(sky_of(), tmp_path / name, **options)
    with pytest.raises(SensitivityError, match="2 to 1000 frames; 'time' has 1 values"):
        sky_movie(sky_of(times=(350.0,)), tmp_path / "m.gif")
    assert pyplot.get_fignums() == []
    assert list(tmp_path.iterdir()) == []


# On the command line

SCENARIO = """
model = "boosted_dark_matter"
[axes]
time = ["300 yr", "350 yr"]
kinetic_energy = ["5 MeV", "5.5 MeV", "6 MeV"]
longitude = { values = [0, 90, 100, 110, 120, 130], unit = "deg" }
latitude  = { values = [-20, -10, 0, 10], unit = "deg" }
[output]
quantities = ["sky_flux", "vanishing_time"]
path = "sky.nc"
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "sky.toml").write_text(SCENARIO)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def command(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_the_command_draws_a_sky_of_a_result_or_a_scenario_and_a_movie(folder):
    assert command("run", "sky.toml").exit_code == 0
    for arguments, name in (
        (("sky.nc", "--kind", "sky", "--at", "time=350 yr"), "sky.png"),
        (("sky.toml", "sky_flux", "--kind", "sky", "--out", "other.png"), "other.png"),
        (("sky.nc", "--kind", "sky", "--out", "sky.gif"), "sky.gif"),
        (("sky.nc", "sky_flux", "--kind", "sky", "--along", "kinetic_energy", "--out", "along.gif"), "along.gif"),
    ):
        result = command("plot", *arguments)
        assert result.exit_code == 0, result.output
        assert result.output == f"wrote {name}\n"
        with Image.open(folder / name) as image:
            assert image.size[0] in (640, 800)
            assert getattr(image, "n_frames", 1) == {"sky.gif": 2, "along.gif": 3}.get(name, 1)


def test_the_command_draws_the_sky_that_the_file_is_about(folder, monkeypatch):
    text = SCENARIO.replace('["sky_flux", "vanishing_time"]', '["galactic_sky_flux"]')
    (folder / "galaxy.toml").write_text(
        text.replace('["300 yr", "350 yr"]', '["50 kyr"]').replace("sky.nc", "galaxy.nc")
    )
    assert command("run", "galaxy.toml").exit_code == 0
    drawn = []
    drawing = plot.sky
    monkeypatch.setattr(plot, "sky", lambda *given, **options: drawn.append(given[1]) or drawing(*given, **options))
    for file in ("galaxy.nc", "galaxy.toml"):
        result = command("plot", file, "--kind", "sky")
        assert result.output == "wrote sky.png\n", result.output
    assert drawn == ["galactic_sky_flux"] * 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--along", "time"], "--along applies to a movie of --kind sky: give --out NAME.gif or .mp4"),
        (["--along", "time", "--along", "mass", "--out", "m.gif"], "--kind sky is drawn along one axis; found 2"),
        (["--seed", "1"], "--seed does not apply to --kind sky"),
    ],
)
def test_options_that_say_nothing_about_a_sky_are_refused(folder, arguments, message):
    result = command("plot", "sky.toml", "--kind", "sky", *arguments)
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())
    assert command("plot", "sky.toml", "sky_flux", "t", "--kind", "sky").exit_code == 2
