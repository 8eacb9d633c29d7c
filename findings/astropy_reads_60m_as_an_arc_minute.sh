#!/usr/bin/env bash
# Guess:    `astropy.coordinates.Angle` reads an angle as catalogues and Python write it, and refuses what is none: "100 grad",
#           "1e-05 deg", "6 hourangle" and "5H35M28S" are angles, 25 hours are not, and "60m" needs to say minutes of what.
# Truth:    the four angles raise; "60m" is one degree (minutes of arc, 15 times less than those of a right ascension), "25h" is
#           375 degrees, both without a warning. `str` of a small angle in Python, such as "1e-05 deg", does not come back.
# Versions: astropy 8.0.2, numpy 2.4.6.
# Source:   the grammar of `coordinates.angles.formats` has lower-case h, m, s, and takes a lone m or s for arc minutes or
#           seconds; its numbers have no exponent; the names "grad" and "hourangle" are not among its units. Hours are compared
#           with 24 only where minutes or seconds are written out.
set -euo pipefail

environment=$(mktemp -d)
trap 'rm -rf "$environment"' EXIT
python3 -m venv "$environment"
"$environment/bin/python" -m pip install --quiet --disable-pip-version-check astropy==8.0.2 numpy==2.4.6

cd "$environment"
"$environment/bin/python" - <<'PYTHON'
import warnings

import astropy
import numpy
from astropy.coordinates import Angle

warnings.simplefilter("error")
print("astropy", astropy.__version__, "numpy", numpy.__version__)
found = {}
for text in ("5h35m28s", "60m", "25h", "25h00m01s", "100 grad", "1e-05 deg", "6 hourangle", "5H35M28S"):
    try:
        found[text] = round(Angle(text).deg, 9)
    except ValueError as error:
        found[text] = type(error).__name__
    print(f"{text!r}: {found[text]}")
assert found["5h35m28s"] == 83.866666667
assert found["60m"] == 1.0 and found["25h"] == 375.0, "astropy no longer does what this script shows"
assert all(found[text] == "ValueError" for text in ("100 grad", "1e-05 deg", "6 hourangle", "5H35M28S"))
PYTHON
