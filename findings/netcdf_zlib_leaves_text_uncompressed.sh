#!/usr/bin/env bash
# Guess:    a netCDF variable of strings that is written with zlib, and says so, is compressed like any other.
# Truth:    of a variable-length string only the reference of 16 bytes is compressed; the text is written as it is. 100,000
#           texts of 30 letters, three different ones, take 6.4 MB with zlib, and 31 kB as characters with zlib.
# Versions: netCDF4 1.7.5.1.post1 (with netCDF-C 4.10.1 and HDF5 2.2.0), numpy 2.4.6.
# Source:   HDF5 keeps the text of variable-length data in the global heap of the file, which no filter touches; in the chunks,
#           to which filters apply, lie only lengths and places in that heap. `filters()` tells of the chunks.
set -euo pipefail

environment=$(mktemp -d)
trap 'rm -rf "$environment"' EXIT
python3 -m venv "$environment"
"$environment/bin/python" -m pip install --quiet --disable-pip-version-check netCDF4==1.7.5.1.post1 numpy==2.4.6

cd "$environment"
"$environment/bin/python" - <<'PYTHON'
from pathlib import Path

import netCDF4
import numpy as np

print("netCDF4", netCDF4.__version__, "netCDF-C", netCDF4.__netcdf4libversion__, "HDF5", netCDF4.__hdf5libversion__)
COUNT = 100_000
texts = np.array([f"the same text again and again {index % 3}" for index in range(COUNT)], dtype=object)
letters = texts.astype("S")


def size(kind, compression):
    path = Path(f"{kind}_{compression}.nc")
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("row", COUNT)
        file.createDimension("letter", letters.dtype.itemsize)
        if kind == "string":
            variable = file.createVariable("text", str, ("row",), compression=compression)
            variable[:] = texts
        else:
            variable = file.createVariable("text", "S1", ("row", "letter"), compression=compression)
            variable[:] = netCDF4.stringtochar(letters)
        assert variable.filters()["zlib"] == (compression == "zlib")
    return path.stat().st_size


sizes = {(kind, way): size(kind, way) for kind in ("string", "characters") for way in (None, "zlib")}
for (kind, way), number in sizes.items():
    print(f"{kind:11} compression={way!s:5} {number:10,} bytes")
text = COUNT * letters.dtype.itemsize
assert sizes["string", "zlib"] > text, "netCDF4 no longer does what this script shows"
assert sizes["characters", "zlib"] < 0.02 * text
PYTHON
