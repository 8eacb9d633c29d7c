"""What is written carries a mark, and replaces only what carries it and was not changed since."""

from __future__ import annotations

import csv
import importlib
import io
import os
import shutil
import zlib
from pathlib import Path
from xml.etree import ElementTree

import matplotlib

matplotlib.use("Agg")

import h5py
import numpy as np
import pytest
import xarray as xr
from click.testing import CliRunner
from matplotlib import pyplot
from PIL import Image

from gridscan import plot
from gridscan.atomic import replacing
from gridscan.cli import main
from gridscan.errors import StoreError
from gridscan.marks.files import first_line, refuse_foreign, seal, state_of
from gridscan.storage.csv import export_csv
from gridscan.storage.files import write_result
from gridscan.storage.standing import Standing, standing_of

RESULT = xr.Dataset(
    {"y": ("x", [1.0, np.nan, 3.0], {"units": "1"}), "word": ("x", ["a", "b#", "c"])},
    coords={"x": ("x", [1.0, 2.0, 3.0], {"units": "kpc"})},
    attrs={"title": "three values"},
)
NAMES = ("picture.png", "picture.svg", "picture.pdf", "table.csv", "movie.gif")


def make(path: Path, *, force: bool = False, height: float = 1.0) -> Path:
    """Write a file in the format of its suffix, as gridscan does."""
    if path.suffix == ".csv":
        return export_csv(RESULT.assign(y=RESULT.y * height), path, ["y"], force=force)
    if path.suffix == ".nc":
        return write_result(RESULT.assign(y=RESULT.y * height), path, force=force)
    if path.suffix == ".gif":
        with replacing(path, force=force) as temporary:
            frames = [Image.new("RGB", (8, 8), (int(50 * height), 60 * number, 0)) for number in range(3)]
            frames[0].save(temporary, format="GIF", save_all=True, append_images=frames[1:])
        return path
    _, axes = pyplot.subplots(figsize=(2, 1))
    axes.plot([0, 1], [0, height])
    saved = plot.save(axes, path, 40, force=force)
    pyplot.close("all")
    return saved


@pytest.mark.parametrize("name", NAMES)
def test_what_gridscan_wrote_is_known_and_replaced(tmp_path, name):
    path = make(tmp_path / name)
    assert state_of(path) == "ours"
    before = path.read_bytes()
    make(path, height=2.0)
    assert state_of(path) == "ours"
    assert path.read_bytes() != before


@pytest.mark.parametrize("name", NAMES)
def test_a_copy_under_another_name_is_known_too(tmp_path, name):
    copied = shutil.copy(make(tmp_path / name), tmp_path / f"copy{Path(name).suffix}")
    assert state_of(Path(copied)) == "ours"


def _in_the_middle(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _at_the_end(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"\n1,2\n")


def _twice(path: Path) -> None:
    path.write_bytes(path.read_bytes() * 2)


@pytest.mark.parametrize("change", [_in_the_middle, _at_the_end, _twice])
@pytest.mark.parametrize("name", NAMES)
def test_what_was_changed_since_is_kept(tmp_path, name, change):
    path = make(tmp_path / name)
    change(path)
    content = path.read_bytes()
    with pytest.raises(StoreError, match="not overwritten: give another name, or --force"):
        make(path)
    assert path.read_bytes() == content
    assert os.listdir(tmp_path) == [name]
    make(path, force=True)
    assert state_of(path) == "ours"


def _variable(path: Path) -> None:
    with h5py.File(path, "a") as file:
        file["mine"] = [1.0, 2.0]


def _value(path: Path) -> None:
    with h5py.File(path, "a") as file:
        file["y"][0] = 7.0


def _coordinate(path: Path) -> None:
    with h5py.File(path, "a") as file:
        file["x"][2] = 7.0


def _attribute(path: Path) -> None:
    with h5py.File(path, "a") as file:
        file["y"].attrs["remark"] = "checked by me"


def _title(path: Path) -> None:
    with h5py.File(path, "a") as file:
        file.attrs["title"] = "mine"


def _group(path: Path) -> None:
    with h5py.File(path, "a") as file:
        file.create_group("notes").attrs["remark"] = "mine"


def _mean(path: Path) -> None:
    with xr.open_dataset(path) as dataset:
        mean = dataset[["y"]].mean("x", keep_attrs=True).load()
    mean.to_netcdf(path)


def _selection(path: Path) -> None:
    with xr.open_dataset(path) as dataset:
        part = dataset.isel(x=slice(2)).load()
    part.to_netcdf(path)


@pytest.mark.parametrize(
    "change", [_variable, _value, _coordinate, _attribute, _title, _group, _mean, _selection], ids=lambda f: f.__name__
)
def test_a_netcdf_file_that_was_changed_since_is_kept(tmp_path, change):
    path = make(tmp_path / "sample.nc")
    change(path)
    content = path.read_bytes()
    with pytest.raises(StoreError, match=r"sample\.nc: .*; not overwritten: give another name, or --force"):
        make(path)
    assert path.read_bytes() == content


FOREIGN = {
    "notes.csv": b"# my notes, written by gridscan\nx,y\n1,2\n",
    "picture.png": None,
    "movie.gif": b"GIF89a;",
    "picture.svg": b'<svg xmlns="http://www.w3.org/2000/svg"/>\n',
    "picture.pdf": b"%PDF-1.4\n%%EOF\n",
    "film.mp4": b"\0\0\0\x10ftypisom\0\0\0\0",
    "thesis.txt": b"chapter 1",
}


@pytest.mark.parametrize("name", FOREIGN)
def test_what_others_wrote_is_kept(tmp_path, name):
    path = tmp_path / name
    if FOREIGN[name] is None:
        Image.new("RGB", (2, 2)).save(path)
    else:
        path.write_bytes(FOREIGN[name])
    content = path.read_bytes()
    assert state_of(path) == "foreign"
    with pytest.raises(StoreError, match="was not written by gridscan; not overwritten"), replacing(path):
        pass
    assert path.read_bytes() == content
    with replacing(path, force=True) as temporary:
        temporary.write_text("new", encoding="utf-8")
    assert path.read_text(encoding="utf-8") == "new"


def test_an_empty_file_is_nothing_to_lose(tmp_path):
    (tmp_path / "table.csv").touch()
    assert state_of(make(tmp_path / "table.csv")) == "ours"


def test_a_file_that_appears_while_another_is_written_is_kept(tmp_path):
    path = tmp_path / "table.csv"

    def meet() -> None:
        with replacing(path) as temporary:
            temporary.write_text(first_line() + "x\n1\n", encoding="utf-8")
            path.write_text("a week of work", encoding="utf-8")

    with pytest.raises(StoreError, match="was not written by gridscan"):
        meet()
    assert path.read_text(encoding="utf-8") == "a week of work"
    assert os.listdir(tmp_path) == ["table.csv"]


def test_a_file_that_changes_while_its_successor_is_written_is_kept(tmp_path):
    path = make(tmp_path / "table.csv")

    def meet() -> None:
        with replacing(path) as temporary:
            temporary.write_text(first_line(), encoding="utf-8")
            _at_the_end(path)

    with pytest.raises(StoreError, match="was changed since"):
        meet()


def test_a_file_that_cannot_be_read_is_kept(tmp_path, monkeypatch):
    path = make(tmp_path / "table.csv")

    def refuse(*_arguments, **_options):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(StoreError, match=r"exists and cannot be read \(Permission denied\)"):
        refuse_foreign(path)


def test_marked_files_are_what_their_formats_prescribe(tmp_path):
    with Image.open(make(tmp_path / "a.png")) as image:
        image.load()
        assert image.info["Software"].startswith("gridscan ")
    content = (tmp_path / "a.png").read_bytes()
    at = content.index(b"tEXtSoftware")
    size = int.from_bytes(content[at - 4 : at], "big")
    assert zlib.crc32(content[at : at + 4 + size]) == int.from_bytes(content[at + 4 + size : at + 8 + size], "big")
    with Image.open(make(tmp_path / "a.gif")) as movie:
        assert movie.n_frames == 3
        movie.seek(2)
        movie.load()
    creator = ElementTree.parse(make(tmp_path / "a.svg")).find(".//{http://purl.org/dc/elements/1.1/}creator")
    assert "gridscan" in "".join(creator.itertext())
    assert b"/Creator (gridscan" in make(tmp_path / "a.pdf").read_bytes()


def test_the_mark_of_a_film_is_a_box_that_players_skip(tmp_path):
    path = tmp_path / "film.mp4"
    path.write_bytes(b"\0\0\0\x10ftypisom\0\0\2\0" + b"\0\0\0\x0cmdatfilm")
    seal(path)
    content, boxes = path.read_bytes(), []
    while content:
        size = int.from_bytes(content[:4], "big")
        boxes.append(content[4:8])
        content = content[size:]
    assert boxes == [b"ftyp", b"mdat", b"free"]
    assert state_of(path) == "ours"
    path.write_bytes(path.read_bytes().replace(b"film", b"FILM"))
    assert state_of(path) == "changed"


def test_a_table_is_read_by_the_usual_readers(tmp_path):
    path = tmp_path / "table.csv"
    export_csv(RESULT[["word", "y"]], path)
    first, *lines = path.read_text(encoding="utf-8").splitlines()
    assert first.startswith("# written by gridscan ")
    assert list(csv.reader(io.StringIO("\n".join(lines))))[2] == ["2.0", "b#", "nan"]
    import pandas

    assert pandas.read_csv(path, comment="#")["word"].tolist() == ["a", "b#", "c"]


SMALL = """
model = "red_supergiants"
axes.imf = ["kroupa", "top-heavy"]
axes.time = ["10 Myr", "12 Myr", "20 Myr"]
output.quantities = ["carbon_burning_rsg", "red_supergiants"]
output.path = "small.nc"
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("small.toml").write_text(SMALL, encoding="utf-8")
    yield tmp_path
    pyplot.close("all")


def call(*arguments):
    return CliRunner().invoke(main, list(arguments))


COMMANDS = [
    ("stars.nc", ("sample", "small.toml", "--number", "5", "--out")),
    ("events.csv", ("export", "small.nc", "--out")),
    ("plain.png", ("plot", "small.nc", "red_supergiants", "--out")),
    ("figure.svg", ("plot", "small.nc", "--kind", "counts", "--along", "imf", "--out")),
    (
        "answer.csv",
        ("sensitivity", "contrast", "small.nc", "red_supergiants", "--along=imf", "--reference=kroupa", "--out"),
    ),
    (
        "answer.nc",
        ("sensitivity", "contrast", "small.nc", "red_supergiants", "--along=imf", "--reference=kroupa", "--out"),
    ),
    ("shares.pdf", ("sensitivity", "shares", "small.nc", "red_supergiants", "--picture")),
]


@pytest.mark.parametrize(("name", "command"), COMMANDS, ids=[name for name, _ in COMMANDS])
def test_each_command_that_writes_keeps_files_of_others_unless_forced(folder, name, command):
    assert call("run", "small.toml").exit_code == 0
    assert call(*command, name).exit_code == 0
    assert call(*command, name).exit_code == 0
    Path(name).write_bytes(b"a week of work")
    refused = call(*command, name)
    assert refused.exit_code == 2
    said = "was not written by gridscan; not overwritten: give another name, or --force (in Python force=True)"
    assert refused.output.splitlines()[-1] == f"error: {name}: {said}"
    assert Path(name).read_bytes() == b"a week of work"
    assert call(*command, name, "--force").exit_code == 0
    assert call(*command, name).exit_code == 0


def test_a_sample_and_an_answer_replace_one_as_it_was_written(tmp_path):
    path = make(tmp_path / "sample.nc")
    assert standing_of(path) == Standing("whole")
    make(path, height=2.0)
    assert standing_of(path) == Standing("whole")


def test_a_sample_does_not_replace_a_result(folder):
    assert call("run", "small.toml").exit_code == 0
    before = Path("small.nc").read_bytes()
    assert call("sample", "small.toml", "--number", "5", "--out", "small.nc").exit_code == 2
    assert Path("small.nc").read_bytes() == before


def test_nothing_is_computed_for_a_place_that_is_taken(folder, monkeypatch):
    module = importlib.import_module("gridscan.sample")
    monkeypatch.setattr(module, "sample", lambda *_, **__: pytest.fail("it was computed"))
    Path("stars.nc").write_bytes(b"a week of work")
    assert call("sample", "small.toml", "--out", "stars.nc").exit_code == 2


def test_the_gallery_keeps_files_of_others_unless_forced(folder):
    arguments = ("gallery", "--only", "isochrone", "--out", "pictures", "--dpi", "30")
    assert call(*arguments).exit_code == 0
    assert call(*arguments).exit_code == 0
    for name in ("isochrone.png", "isochrone.dat"):
        Path("pictures", name).write_bytes(b"a week of work")
        assert call(*arguments).exit_code == 2
        assert Path("pictures", name).read_bytes() == b"a week of work"
        assert call(*arguments, "--force").exit_code == 0
