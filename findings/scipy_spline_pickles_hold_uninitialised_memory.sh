#!/usr/bin/env bash
# Guess:    two splines made of the same data in the same way are pickled to the same bytes, so that a digest of the pickle
#           tells whether a cached result is still that of the same spline.
# Truth:    `UnivariateSpline` of equal data has other bytes each time, as memory is reused: what it holds has parts that
#           were never set. All its values, knots and coefficients are equal.
# Versions: scipy 1.17.1, numpy 2.4.6.
# Source:   the spline keeps the work space of FITPACK with which it was fitted, allocated by `empty` and not filled; its
#           state is pickled whole.
set -euo pipefail

environment=$(mktemp -d)
trap 'rm -rf "$environment"' EXIT
python3 -m venv "$environment"
"$environment/bin/python" -m pip install --quiet --disable-pip-version-check scipy==1.17.1 numpy==2.4.6

"$environment/bin/python" - <<'PYTHON'
import hashlib
import importlib.metadata
import pickle

import numpy as np
from scipy.interpolate import UnivariateSpline

for name in ("scipy", "numpy"):
    print(name, importlib.metadata.version(name))
x = np.linspace(0.0, 1.0, 50)
splines = []
for number in range(16):
    # What is freed here is reused for the work space of the next spline.
    for size in (50, 200, 400, 800):
        np.full(size, float(number))
    splines.append(UnivariateSpline(x, np.sin(x), s=1e-4))
digests = {hashlib.sha256(pickle.dumps(spline)).hexdigest()[:12] for spline in splines}
values = {spline(x).tobytes() for spline in splines}
knots = {(spline.get_knots().tobytes(), spline.get_coeffs().tobytes()) for spline in splines}
print(len(splines), "splines of equal data:", len(digests), "pickles,", len(values), "sets of values,", len(knots), "of knots")
assert len(values) == len(knots) == 1
assert len(digests) > 1
PYTHON
