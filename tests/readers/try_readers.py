"""Try what other programs read of results of gridscan, and print a table of it.

It is no test of the suite, since it needs programs that are not from PyPI:

    apt-get install netcdf-bin nco cdo r-cran-ncdf4 gdal-bin octave-netcdf
    pip install -e . zarr kerchunk 'virtualizarr[hdf]' scitools-iris 'xxhash<4' cf-python h5netcdf rioxarray
    python tests/readers/try_readers.py

A reader that is not installed is left out. Each is tried in a process of its own, since some end their process on a
file that they do not like.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parent))

import numpy as np
from make_results import make_results


class Reader(NamedTuple):
    """A reader: what the table calls it, its function, what tells its version, and the results it is meant for."""

    title: str
    function: str
    package: str = ""
    command: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = (".nc",)
    axis: str = ""

    def reads(self, path: Path, right: dict[str, Any]) -> bool:
        """Tell whether it is meant for a result: for its format, and for its axes where it prepares one of them."""
        return path.suffix in self.suffixes and self.axis in ("", right["axis"])


_BOTH = (".nc", ".zarr")
READERS = (
    Reader("xarray, `open_dataset` (netCDF4)", "python_readers.xarray", "xarray", suffixes=_BOTH),
    Reader("xarray, `open_dataset` (h5netcdf)", "python_readers.xarray_h5netcdf", "h5netcdf"),
    Reader("xarray, `open_datatree`", "python_readers.xarray_datatree", "xarray", suffixes=_BOTH),
    Reader("xarray, `open_zarr`", "python_readers.xarray_zarr", "zarr", suffixes=(".zarr",)),
    Reader("xarray with scipy", "python_readers.xarray_scipy", "scipy"),
    Reader("netCDF4-python", "python_readers.netcdf4", "netCDF4"),
    Reader("h5netcdf, legacy interface", "python_readers.h5netcdf_legacy", "h5netcdf"),
    Reader("h5py", "python_readers.h5py", "h5py"),
    Reader("zarr-python", "python_readers.zarr", "zarr", suffixes=(".zarr",)),
    Reader("iris", "python_readers.iris", "scitools-iris"),
    Reader("cf-python", "python_readers.cf_python", "cf-python"),
    Reader("kerchunk", "python_readers.kerchunk", "kerchunk"),
    Reader("VirtualiZarr", "python_readers.virtualizarr", "virtualizarr"),
    Reader("rioxarray", "python_readers.rioxarray", "rioxarray"),
    Reader("ncdump", "programs.ncdump", command=("ncdump",), suffixes=_BOTH),
    Reader("NCO, `ncks`", "programs.ncks", command=("ncks", "--version")),
    Reader("NCO, `ncwa`", "programs.ncwa", command=("ncwa", "--version")),
    Reader("CDO", "programs.cdo", command=("cdo", "--version")),
    Reader("CDO, behind `ncks`, `ncwa`, `ncpdq`", "programs.cdo_prepared", command=("cdo", "--version"), axis="time"),
    Reader("R, ncdf4", "programs.r_ncdf4", command=("Rscript", "-e", "cat(as.character(packageVersion('ncdf4')))")),
    Reader("GDAL, `gdalinfo`", "programs.gdal", command=("gdalinfo", "--version")),
    Reader("GDAL, `gdalmdiminfo`", "programs.gdal_arrays", command=("gdalinfo", "--version"), suffixes=_BOTH),
    Reader("GNU Octave, netcdf", "programs.octave", command=("octave-cli", "--version")),
)


def version_of(reader: Reader) -> str | None:
    """Return the version of a reader, or None if it is not installed."""
    if reader.package:
        try:
            return importlib.metadata.version(reader.package)
        except importlib.metadata.PackageNotFoundError:
            return None
    try:
        done = subprocess.run(reader.command, capture_output=True, text=True, check=False, timeout=60)
    except FileNotFoundError:
        return None
    found = re.search(r"\d+\.\d+(\.\d+)?", done.stdout + done.stderr)
    return found[0] if found else "?"


def tried(reader: Reader, made: dict[str, tuple[Path, dict[str, Any]]]) -> list[str]:
    """Return in words what a reader does with each result."""
    said: list[str] = []
    places = list(made.values())
    while len(said) < len(places):
        path, right = places[len(said)]
        if not reader.reads(path, right):
            said.append("–")
            continue
        rest = [str(item.with_suffix(".json")) for item, other in places[len(said) :] if reader.reads(item, other)]
        lines, end = _answers(reader.function, rest, path.parent)
        for line in lines:
            while not reader.reads(*places[len(said)]):
                said.append("–")
            found = json.loads(line)
            path, right = places[len(said)]
            said.append(_short(f"fails: {found['error']}", path) if "error" in found else judged(found, right))
        if end:
            said.append(_short(end, path))
    return said


def _answers(function: str, files: list[str], folder: Path) -> tuple[list[str], str]:
    """Return the answers of a reader, a line for each file, and how its process has ended before the last."""
    command = [sys.executable, __file__, function, *files]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, cwd=folder)
    except subprocess.TimeoutExpired:
        return [], "does not end"
    lines = [line for line in done.stdout.splitlines() if line.startswith('{"')]
    if len(lines) == len(files):
        return lines, ""
    if done.returncode < 0:
        return lines, f"ends by signal {-done.returncode}"
    return lines, "fails: " + (done.stderr.strip().splitlines() or ["no reason given"])[-1]


def judged(found: dict[str, Any], right: dict[str, Any]) -> str:
    """Compare what was found with what is right."""
    wrong = []
    if "total" in found and not np.isclose(found["total"], right["total"], rtol=1e-9):
        wrong.append("wrong numbers")
    if "shape" in found and [n for n in found["shape"] if n > 1] != [n for n in right["shape"] if n > 1]:
        wrong.append("another shape")
    if found.get("values") == "dates":
        wrong.append(f"{right['axis']} becomes dates")
    elif "values" in found and not _alike(found["values"], right["values"]):
        wrong.append(f"wrong values of {right['axis']}")
    if "words" in found and found["words"] != right["words"]:
        wrong.append(f"labels come as {_short(repr(found['words']), Path())}")
    missing = sorted({*right["variables"]} - {*found.get("variables", right["variables"])})
    if missing:
        wrong.append(f"lacks {', '.join(missing)}")
    said = f" ({found['said']})" if "said" in found else ""
    return f"{'; '.join(wrong) or 'right'}{said}"


def _alike(found: list[float], right: list[float]) -> bool:
    return len(found) == len(right) and bool(np.allclose(found, right, rtol=1e-9))


def _short(text: str, path: Path) -> str:
    text = text.replace(f"{path.parent}/", "").replace("|", "/").replace("\n", " ")
    return text if len(text) <= 120 else f"{text[:117]}…"


def read(function: str, *files: str) -> None:
    """Call the function of a reader for each file, and print what it found as a line of JSON."""
    module, _, name = function.partition(".")
    for file in files:
        right = json.loads(Path(file).read_text(encoding="utf-8"))
        try:
            found = getattr(importlib.import_module(module), name)(right["path"], right)
        # Whatever a library raises is what a user would meet.
        except Exception as error:
            found = {"error": f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"}
        print(json.dumps(found), flush=True)


def main() -> None:
    """Print the table, in Markdown."""
    with tempfile.TemporaryDirectory() as folder:
        made = make_results(Path(folder))
        print("| reader | version |", " | ".join(made), "|")
        print("|---" * (2 + len(made)) + "|")
        for reader in READERS:
            version = version_of(reader)
            if version is not None:
                print(f"| {reader.title} | {version} |", " | ".join(tried(reader, made)), "|", flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        read(*sys.argv[1:])
    else:
        main()
