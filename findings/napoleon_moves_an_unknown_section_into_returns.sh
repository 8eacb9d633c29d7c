#!/usr/bin/env bash
# Guess:    a section of one's own in a numpydoc docstring, such as "Units", is shown as a section, or refused.
# Truth:    sphinx.ext.napoleon knows no such section, and takes its title, its line of dashes and its text as further values
#           that are returned: a function that returns a number is shown to return four things.
# Versions: Sphinx 9.0.4.
# Source:   `_is_section_header` counts as the head of a section only titles in its list; whatever stands below "Returns" until
#           the next title that it knows is read as fields. The setting `napoleon_custom_sections` adds titles.
set -euo pipefail

environment=$(mktemp -d)
trap 'rm -rf "$environment"' EXIT
python3 -m venv "$environment"
"$environment/bin/python" -m pip install --quiet --disable-pip-version-check sphinx==9.0.4

cd "$environment"
"$environment/bin/python" - <<'PYTHON'
import sphinx
from sphinx.ext.napoleon import Config, NumpyDocstring

print("Sphinx", sphinx.__version__)
DOCSTRING = """Return the flux of a star.

Parameters
----------
distance
    Distance of the star.

Returns
-------
float
    The flux.

Units
-----
Distances are in kpc, fluxes in 1/cm2/s.

Notes
-----
Inverse-square law.
"""
shown = str(NumpyDocstring(DOCSTRING))
print(shown)
lines = [line.removeprefix(":returns:").strip() for line in shown.splitlines()]
returned = [line for line in lines if line.startswith("* ")]
known = str(NumpyDocstring(DOCSTRING, Config(napoleon_custom_sections=["Units"])))
assert returned == ["* *float* -- The flux.", "* *Units*", "* *-----*", "* *Distances are in kpc, fluxes in 1/cm2/s.*"], (
    "napoleon no longer does what this script shows"
)
assert ":returns: The flux." in known
assert ".. rubric:: Units" in known
PYTHON
