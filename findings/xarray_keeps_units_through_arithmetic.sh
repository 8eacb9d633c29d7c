#!/usr/bin/env bash
# Guess:    arithmetic on xarray arrays drops attributes such as `units`, as it did for years.
# Truth:    it keeps them, and drops only those in which two operands differ. Energy times energy is in MeV, energy over
#           energy is in MeV, its logarithm is in MeV, and a product of three can have the unit of the last one alone.
# Versions: xarray 2026.9.0, numpy 2.4.6.
# Source:   `Variable._binary_op` merges the attributes of both operands with "drop_conflicts"; the option `keep_attrs`
#           counts as true where it is not set. What two operands in conflict have lost, the next operand brings back.
set -euo pipefail

environment=$(mktemp -d)
trap 'rm -rf "$environment"' EXIT
python3 -m venv "$environment"
"$environment/bin/python" -m pip install --quiet --disable-pip-version-check xarray==2026.9.0 numpy==2.4.6

cd "$environment"
"$environment/bin/python" - <<'PYTHON'
import numpy as np
import xarray as xr

print("xarray", xr.__version__, "numpy", np.__version__)
energy = xr.DataArray([2.0, 4.0], dims="x", attrs={"units": "MeV"})
length = xr.DataArray([1.0, 2.0], dims="x", attrs={"units": "km"})
found = {
    "energy * energy": energy * energy,
    "energy / energy": energy / energy,
    "np.log(energy)": np.log(energy),
    "energy > 3": energy > 3,
    "energy * length": energy * length,
    "energy * length * energy": energy * length * energy,
}
units = {text: array.attrs.get("units") for text, array in found.items()}
for text, unit in units.items():
    print(f"{text:26} units: {unit}")
assert units.pop("energy * length") is None
assert set(units.values()) == {"MeV"}, "xarray no longer does what this script shows"
PYTHON
