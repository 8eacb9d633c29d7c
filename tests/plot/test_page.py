"""The page of a picture: its notes, its size, and the file it is saved to."""

import os

import matplotlib

matplotlib.use("Agg")

import pytest
from matplotlib import pyplot

from gridscan.errors import StoreError
from gridscan.plot import draw, page, save


def test_a_long_note_is_broken_between_words():
    axes = page.page(None)
    page.finish(axes, [" ".join(["supergiants"] * 20)])
    lines = axes.get_title(loc="left").split("\n")
    assert len(lines) > 1
    assert {word for line in lines for word in line.split()} == {"supergiants"}


@pytest.mark.parametrize(("suffix", "begins"), [(".png", b"\x89PNG"), (".pdf", b"%PDF"), (".SVG", b"<?xml")])
def test_a_picture_is_written_in_the_format_of_its_suffix(dataset, tmp_path, suffix, begins):
    path = save(draw(dataset, "mass"), tmp_path / "new" / f"mass{suffix}")
    assert path.read_bytes().startswith(begins)
    assert list(path.parent.iterdir()) == [path]


def test_a_png_is_eight_hundred_pixels_wide(dataset, tmp_path):
    path = save(draw(dataset.sel(time=20), "flux", along="radius"), tmp_path / "flux.png")
    assert pyplot.imread(path).shape[1] == 800
    assert path.stat().st_size < 80_000


def test_a_picture_takes_the_place_of_an_earlier_one_at_once(dataset, tmp_path):
    (tmp_path / "mass.svg").write_text("old")
    os.link(tmp_path / "mass.svg", tmp_path / "link")
    save(draw(dataset, "mass"), tmp_path / "mass.svg", force=True)
    assert (tmp_path / "link").read_text() == "old"
    assert (tmp_path / "mass.svg").read_text().startswith("<?xml")


def test_what_cannot_be_written_is_refused_and_leaves_what_was_there(dataset, tmp_path, monkeypatch):
    axes = draw(dataset, "mass")
    (tmp_path / "file").write_text("here")
    for path, message in (
        (tmp_path / "mass.jpg", r"written as \.png, \.pdf or \.svg; found '\.jpg'"),
        (tmp_path / "mass", "found 'no suffix'"),
        (tmp_path / "file" / "mass.png", "cannot be created"),
    ):
        with pytest.raises(StoreError, match=message):
            save(axes, path)
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(StoreError, match="is a folder"):
        save(axes, tmp_path / "folder.png")
    (tmp_path / "old.png").write_text("old")
    monkeypatch.setattr("matplotlib.figure.Figure.savefig", _full)
    with pytest.raises(StoreError, match=r"old\.png: cannot be written: the disk is full"):
        save(axes, tmp_path / "old.png", force=True)
    assert (tmp_path / "old.png").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.png", "old.png"]


def _full(*_, **__):
    raise OSError(28, "No space left on device")
