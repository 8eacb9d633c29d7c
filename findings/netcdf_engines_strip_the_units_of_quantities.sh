#!/usr/bin/env bash
# Guess:    an xarray Dataset of pint quantities is written with its units, or refused in words that say how.
# Truth:    it depends on the engine: netCDF4 raises a TypeError about an argument of its own, while h5netcdf and scipy
#           write the bare numbers, without any unit in the file, and pint alone warns. `.pint.dequantify()` comes first.
# Versions: xarray 2026.9.0, pint-xarray 0.6.1, pint 0.25.3, netCDF4 1.7.5.1.post1, h5netcdf 1.8.2 with h5py 3.16.0,
#           scipy 1.17.1, numpy 2.4.6.
# Source:   xarray hands the array of each variable to the engine as it is; netCDF4 takes ndarrays alone, h5py and scipy
#           call `numpy.asarray`, for which pint strips the unit.
set -euo pipefail

environment=$(mktemp -d)
trap 'rm -rf "$environment"' EXIT
python3 -m venv "$environment"
"$environment/bin/python" -m pip install --quiet --disable-pip-version-check xarray==2026.9.0 pint-xarray==0.6.1 pint==0.25.3 netCDF4==1.7.5.1.post1 h5netcdf==1.8.2 h5py==3.16.0 scipy==1.17.1 numpy==2.4.6

cd "$environment"
"$environment/bin/python" - <<'PYTHON'
import importlib.metadata
import warnings

import pint
import pint_xarray  # noqa: F401 (it registers `.pint`)
import xarray as xr

for name in ("xarray", "pint", "pint-xarray", "netCDF4", "h5netcdf", "scipy", "numpy"):
    print(name, importlib.metadata.version(name))
lengths = xr.Dataset({"length": ("rod", pint.Quantity([1.0, 2.0], "km"))})
found = {}
for engine in ("netcdf4", "h5netcdf", "scipy"):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            lengths.to_netcdf(f"{engine}.nc", engine=engine)
        except TypeError as error:
            found[engine] = "TypeError"
            print(f"{engine:9} TypeError: {error}")
            continue
    with xr.open_dataset(f"{engine}.nc", engine=engine) as file:
        found[engine] = dict(file.length.attrs)
        kinds = {item.category.__name__ for item in caught}
        print(f"{engine:9} values {file.length.values.tolist()}, attributes {file.length.attrs}, warnings {kinds}")
    assert kinds == {"UnitStrippedWarning"}
assert found == {"netcdf4": "TypeError", "h5netcdf": {}, "scipy": {}}, "this is no longer so"
lengths.pint.dequantify().to_netcdf("plain.nc", engine="netcdf4")
with xr.open_dataset("plain.nc", engine="netcdf4") as file:
    print(f"dequantified: values {file.length.values.tolist()}, attributes {file.length.attrs}")
PYTHON
