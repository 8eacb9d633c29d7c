"""The gallery: what each picture draws, with its units, against the model asked in another way."""

from __future__ import annotations

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
from matplotlib import pyplot
from PIL import Image

import gridscan as gs
from gridscan.cli.gallery import make_gallery, pictures
from gridscan.cli.invented_tables import invented_track
from gridscan.errors import StoreError
from gridscan.stellar_tables.tracks import phase_windows, read_track

IMFS = ["kroupa", "salpeter", "top-heavy", "top-light"]
DETECTORS = ["juno", "super-k", "hyper-k", "theia-100"]


@pytest.fixture(scope="module")
def model():
    return gs.model("red_supergiants")


@pytest.fixture(autouse=True)
def _closed():
    yield
    pyplot.close("all")


def drawn(name, tmp_path):
    axes = np.atleast_1d(pictures()[name].draw(tmp_path))
    axes[0].figure.draw_without_rendering()
    return list(axes)


def heights(axes):
    return np.array([bar.get_height() for bars in axes.containers if hasattr(bars, "patches") for bar in bars])


def lines(axes):
    return [line for line in axes.lines if len(line.get_xdata()) > 2]


def test_counts_by_imf(tmp_path, model):
    panels = drawn("counts_by_imf", tmp_path)
    for axes, name in zip(panels, ("carbon_burning_rsg", "carbon_burning_rsg_within"), strict=True):
        np.testing.assert_allclose(heights(axes), model.evaluate(name, imf=IMFS, radius="1 kpc"))
        assert "expected number" in axes.get_ylabel()
    assert [text.get_text() for text in panels[-1].get_xticklabels()] == IMFS


def test_counts_through_time(tmp_path, model):
    panels = drawn("counts_through_time", tmp_path)
    time = np.linspace(4, 20, 65)
    for axes, name in zip(panels, ("carbon_burning_rsg", "carbon_burning_rsg_within"), strict=True):
        expected = model.evaluate(name, imf=["kroupa", "top-heavy"], time=time, radius="1 kpc").values
        whole = [line for line in lines(axes) if len(line.get_xdata()) == time.size]
        for line, values in zip(whole, expected, strict=True):
            np.testing.assert_allclose(line.get_xdata(), time)
            np.testing.assert_allclose(np.nan_to_num(np.asarray(line.get_ydata(), dtype=float)), values)
    assert panels[-1].get_xlabel() == "Time since star formation began [Myr]"


def test_signal_through_time(tmp_path, model):
    above, below = drawn("signal_through_time", tmp_path)
    settings = {"time": np.linspace(4, 20, 65), "radius": "1 kpc", "mass_integration": "continuous"}
    flux = np.asarray(lines(above)[0].get_ydata(), dtype=float)
    np.testing.assert_allclose(np.nan_to_num(flux), model.evaluate("flux", **settings))
    expected = model.evaluate("events_per_year", detector=DETECTORS, **settings).transpose("detector", "time").values
    for line, values in zip(lines(below)[:4], expected, strict=True):
        np.testing.assert_allclose(np.nan_to_num(np.asarray(line.get_ydata(), dtype=float)), values)
    assert "cm$^{-2}$ s$^{-1}$" in above.get_ylabel()
    assert "yr$^{-1}$" in below.get_ylabel()
    assert below.get_ylim()[1] > 1


def test_events_by_imf(tmp_path, model):
    (axes,) = drawn("events_by_imf", tmp_path)
    expected = model.evaluate("events_per_year", imf=IMFS, detector=DETECTORS, radius="1 kpc")
    np.testing.assert_allclose(heights(axes), expected.transpose("imf", "detector").values.ravel())
    assert [text.get_text() for text in axes.get_xticklabels()] == DETECTORS
    assert "yr$^{-1}$" in axes.get_ylabel()


def test_required_mass(tmp_path, model):
    (axes,) = drawn("required_mass", tmp_path)
    shown = [text.get_text() for text in axes.texts]
    assert shown.count("") == 4
    rates = model.evaluate("events_per_year", imf=["top-heavy", "top-light"], detector="theia-100", radius="1 kpc")
    # Ten years of the rates, and of one background event per kt and year, in 100 kt; the Poisson divergence.
    a, b = 10 * (rates.values + 100)
    divergence = min(a * np.log(a / b) + b - a, b * np.log(b / a) + a - b)
    mass = 100 * 9 / (2 * divergence)
    digits = f"{mass:.2e}".split("e")[0]
    assert sum(digits in text for text in shown) == 2
    assert "[kt]" in axes.figure.axes[1].get_ylabel()


def test_timeline(tmp_path):
    above, below = drawn("timeline", tmp_path)
    assert above.get_xlabel() == "Age [Myr]"
    assert below.get_xlabel() == "Time before the end of the life [kyr]"
    # The lifetimes at 14 and 16 Msun, Z = 0.014, joined by a power law.
    lifetime = 14.183312 * (11.876520 / 14.183312) ** (np.log(15 / 14) / np.log(16 / 14))
    widths = [bar.get_width() for bar in above.patches]
    assert max(widths) == pytest.approx(lifetime, rel=1e-9)


def test_galaxy(tmp_path):
    (axes,) = drawn("galaxy", tmp_path)
    stars = gs.sample("imf_scan", overrides={"radius": "1 kpc"}, seed=1)
    both = stars.sel(star=stars.phase == 3)
    offsets = [
        np.asarray(points.get_offsets()) for points in axes.collections if len(points.get_offsets()) == both.x.size
    ]
    assert any(np.array_equal(found, np.column_stack([both.x, both.y])) for found in offsets)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("x [kpc]", "y [kpc]")
    assert axes.get_aspect() == 1


def test_isochrone_and_track(tmp_path):
    (isochrone,) = drawn("isochrone", tmp_path)
    (track,) = drawn("track", tmp_path)
    for axes in (isochrone, track):
        assert axes.get_xlabel() == "Effective temperature [K]"
        assert axes.xaxis_inverted()
        assert "L$_{\\odot}$" in axes.get_ylabel()
    assert "age = 10 Myr" in isochrone.get_title(loc="left")
    assert "carbon burns for 4,000 yr" in track.get_title(loc="left")


def test_the_invented_track_burns_carbon_for_as_long_as_its_corners_say(tmp_path):
    (tmp_path / "track.TAB").write_text(invented_track(), encoding="utf-8")
    windows = phase_windows(read_track(tmp_path / "track.TAB"))
    assert windows.carbon_duration == pytest.approx(4e-3, rel=1e-6)
    assert windows.lifetime == pytest.approx(13.0)


def test_spectra(tmp_path, model):
    above, below = drawn("spectra", tmp_path)
    energy = np.linspace(0.1, 5, 200)
    expected = model.evaluate("flux_spectrum", energy=energy, radius="1 kpc")
    np.testing.assert_allclose(lines(above)[0].get_ydata(), expected)
    events = model.evaluate("event_spectrum", energy=energy, radius="1 kpc", detector=DETECTORS)
    np.testing.assert_allclose(lines(below)[2].get_ydata(), events.sel(detector="hyper-k"))
    assert below.get_xlabel().endswith("[MeV]")


def test_exceedance(tmp_path, model):
    (axes,) = drawn("exceedance", tmp_path)
    probability = np.asarray(lines(axes)[0].get_ydata())
    none = float(model.evaluate("probability_of_none_within", radius="1 kpc"))
    assert probability[0] == pytest.approx(1 - none, rel=1e-9)
    assert (np.diff(probability) <= 1e-12).all()
    assert "cm$^{-2}$ s$^{-1}$" in axes.get_xlabel()


def test_tornado(tmp_path):
    (axes,) = drawn("tornado", tmp_path)
    table = gs.local("imf_scan", "events_per_year", at={"detector": "hyper-k", "imf": "kroupa"})
    widths = [bar.get_width() for bar in axes.patches]
    np.testing.assert_allclose(widths, table.elasticity.values[:15])
    names = [text.get_text() for text in axes.get_yticklabels()]
    # Events are proportional to the number of electrons and of stars.
    for name in ("fiducial_mass = 187 kt", "sfr = 2 Msun/yr"):
        assert widths[names.index(name)] == pytest.approx(1.0, abs=1e-9)


def test_shares(tmp_path):
    (axes,) = drawn("shares", tmp_path)
    names = [text.get_text() for text in axes.get_yticklabels()]
    assert sorted(names) == ["detector", "imf", "radius", "sfr", "time"]
    widths = np.array([bar.get_width() for bar in axes.patches])
    assert widths[:5].sum() < 1 < widths[5:].sum()


def test_events_map(tmp_path, model):
    (axes,) = drawn("events_map", tmp_path)
    mesh = axes.collections[0]
    expected = model.evaluate(
        "events_per_year",
        sfr={"linspace": [0.5, 5, 40]},
        radius={"geomspace": [0.2, 10, 40]},
        detector="hyper-k",
    )
    np.testing.assert_allclose(np.asarray(mesh.get_array()).ravel(), expected.transpose("radius", "sfr").values.ravel())
    assert axes.get_xlabel().endswith("[M$_{\\odot}$ yr$^{-1}$]")
    assert axes.get_ylabel().endswith("[kpc]")


def test_sky(tmp_path):
    (axes,) = drawn("sky", tmp_path)
    told = axes.get_title(loc="left")
    assert "time = 350 yr" in told
    labels = [one.get_ylabel() + one.get_xlabel() for one in axes.figure.axes]
    assert any("MeV$^{-1}$" in label and "sr$^{-1}$" in label for label in labels)
    assert axes.name == "aitoff"


def test_the_files_are_written_and_the_movie_has_its_frames(tmp_path):
    found = dict(make_gallery(tmp_path, only=["timeline", "galaxy_movie"], dpi=40, frames=3))
    assert [path.name for path in found] == ["timeline.png", "galaxy_movie.gif"]
    with Image.open(tmp_path / "timeline.png") as picture:
        assert picture.width == pytest.approx(800 * 40 / 110, abs=2)
    with Image.open(tmp_path / "galaxy_movie.gif") as movie:
        assert movie.n_frames == 3


def test_an_unknown_picture_is_refused(tmp_path):
    with pytest.raises(StoreError, match="unknown picture 'timelin'; did you mean 'timeline'"):
        list(make_gallery(tmp_path, only=["timelin"]))
