#!/usr/bin/env bash
# Guess:    `numpy.geomspace(0.2, 8, 401)` is the same on every machine of one numpy, so that files that hold it as a coordinate
#           align, and cells are known again by their values.
# Truth:    19 of the 401 values differ in the last place between processors with and without AVX-512. `b - a` of two labelled
#           arrays then silently keeps the other 382, and a concatenation has holes. `linspace` is the same everywhere.
# Versions: numpy 2.4.6, xarray 2026.9.0; a processor with AVX-512, whose use the script switches off for a second process.
# Source:   `geomspace` calls `logspace`, which calls `power`; numpy has a vectorised `power` for AVX-512, and calls that of the
#           C library elsewhere. Both are within a unit in the last place, and neither is rounded rightly.
set -euo pipefail

environment=$(mktemp -d)
trap 'rm -rf "$environment"' EXIT
python3 -m venv "$environment"
"$environment/bin/python" -m pip install --quiet --disable-pip-version-check numpy==2.4.6 xarray==2026.9.0

cd "$environment"
"$environment/bin/python" - <<'PYTHON'
import os
import subprocess
import sys

import numpy as np
import xarray as xr
from numpy._core import _multiarray_umath as core

features = [name for name in core.__cpu_dispatch__ if core.__cpu_features__.get(name)]
print("numpy", np.__version__, "xarray", xr.__version__, "on a processor with", *features)
code = "import numpy as np; print(*(f(0.2, 8, 401).tobytes().hex() for f in (np.geomspace, np.linspace)))"


def elsewhere(without):
    environment = {**os.environ, "NPY_DISABLE_CPU_FEATURES": " ".join(without)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return [np.frombuffer(bytes.fromhex(part)) for part in done.stdout.split()]


(here, straight), (there, straight_there) = elsewhere([]), elsewhere(features)
print("values of geomspace that differ:", int((here != there).sum()), "of", here.size)
print("largest relative difference:", float(np.abs(there / here - 1).max()))
one, other = (xr.DataArray(np.ones(401), {"radius": radius}, "radius") for radius in (here, there))
print("values of the difference of two arrays:", (other - one).size)
assert (straight == straight_there).all()
assert (here != there).any(), "no difference: a processor without AVX-512, or numpy no longer does what this script shows"
assert (other - one).size == (here == there).sum()
PYTHON
