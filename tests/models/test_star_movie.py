"""The phases of a history of stars, and the movie of their map."""

import itertools
import sys

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.animation import FFMpegWriter
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from PIL import Image
from star_samples import (
    LEGEND,
    assert_readable,
    attributes,
    history,
    legend_texts,
    one_star,
    places_of,
    subtitle,
    surface,
)

from gridscan.errors import SensitivityError, StoreError
from gridscan.models.red_supergiants import star_movie
from gridscan.models.red_supergiants.star_map import PHASES
from gridscan.models.red_supergiants.star_movie import movie, phase_at

COLOURS = [tuple(round(255 * part) for part in to_rgb(look.colour)) for look in PHASES.values()]


@pytest.fixture(autouse=True)
def no_figure_is_left():
    yield
    pyplot.close("all")


@pytest.fixture
def density():
    return surface()


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
    seen, frames = [], star_movie._Lifetimes.frames

    def record(self):
        for number, picture in enumerate(frames(self)):
            shown = {
                "places": [[places_of(one, name).copy() for name in PHASES] for one in self.maps],
                "legend": legend_texts(self.maps[0]),
                "clock": self.clock(number),
                "marks": np.array(self.present.get_offsets()),
                "picture": picture,
                "stage": self,
            }
            assert shown["clock"] == self.time.get_text()
            seen.append(shown)
            yield picture

    monkeypatch.setattr(star_movie._Lifetimes, "frames", record)
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
    monkeypatch.setattr(star_movie, "_MOST_POINTS", 50)
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
        movie(history(), tmp_path / "m.mp4", frames=2, force=True)
    assert (tmp_path / "m.mp4").read_text() == "old"
    assert sorted(item.name for item in tmp_path.iterdir()) == ["ffmpeg", "m.mp4"]
    assert pyplot.get_fignums() == []


def test_a_movie_without_ffmpeg_or_of_another_format_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(FFMpegWriter, "isAvailable", lambda: False)
    for name, message in (
        ("m.mp4", r"m\.mp4: an \.mp4 needs ffmpeg, which was not found; install it, or write a \.gif"),
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
    monkeypatch.setattr(star_movie._Lifetimes, "show", fails)
    with pytest.raises(StoreError, match="the disk is full"):
        movie(history(), tmp_path / "m.gif", frames=2, force=True)
    assert (tmp_path / "m.gif").read_text() == "old"
    assert pyplot.get_fignums() == []


@pytest.mark.parametrize(
    ("changes", "options", "message"),
    [
        ({}, {"frames": 1}, "2 to 1000 frames; found 1"),
        ({}, {"frames": 5000}, "2 to 1000 frames; found 5000"),
        ({}, {"times": [3.0]}, "2 to 1000 frames; found 1"),
        ({}, {"times": [0.0, 5.0, 5.0]}, "are 0 to 5 Myr; they must increase within 0 to 20 Myr"),
        ({}, {"times": [0.0, 25.0]}, "are 0 to 25 Myr"),
        ({}, {"times": [-1.0, 5.0]}, "are -1 to 5 Myr"),
        ({}, {"times": [0.0, np.nan]}, "must increase within"),
        ({}, {"frames_per_second": 0}, "frames per second must be above 0 and at most 100; found 0"),
        ({}, {"dpi": 0}, "found dpi=0"),
        ({"time": ((), 0.0, attributes("Myr"))}, {}, "'time' of the sample is 0 Myr"),
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
