#!/usr/bin/env bash
# Guess:    a narrow line is integrated safely once its position is given to `scipy.integrate.quad` as a break point.
# Truth:    with a break point at its centre the line is missed: the integral of a Gaussian of area 1 is 0, with error 0.
#           With break points on both sides of it, 10 widths away, it is 1. `quad_vec` does the same.
# Versions: scipy 1.17.1, numpy 2.4.6.
# Source:   a break point only cuts the interval. Gauss-Kronrod nodes lie inside of each part and crowd towards its ends, but
#           not to a millionth of it; all of them see 0, and the estimates of two rules agree.
set -euo pipefail

environment=$(mktemp -d)
trap 'rm -rf "$environment"' EXIT
python3 -m venv "$environment"
"$environment/bin/python" -m pip install --quiet --disable-pip-version-check scipy==1.17.1 numpy==2.4.6

cd "$environment"
"$environment/bin/python" - <<'PYTHON'
import numpy as np
import scipy
from scipy.integrate import quad, quad_vec

print("scipy", scipy.__version__, "numpy", np.__version__)
CENTRE, WIDTH = 0.5, 1e-6


def line(x):
    return np.exp(-0.5 * ((x - CENTRE) / WIDTH) ** 2) / (WIDTH * np.sqrt(2 * np.pi))


beside = [CENTRE - 10 * WIDTH, CENTRE + 10 * WIDTH]
at_centre = [function(line, 0, 1, points=[CENTRE])[:2] for function in (quad, quad_vec)]
around = [function(line, 0, 1, points=beside)[:2] for function in (quad, quad_vec)]
print("integral and error, break point at the centre:", at_centre)
print("integral and error, break points beside it:   ", around)
assert all(value == 0 and error == 0 for value, error in at_centre), "scipy no longer does what this script shows"
assert all(abs(value - 1) < 1e-9 for value, _ in around)
PYTHON
