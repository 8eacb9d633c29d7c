#!/usr/bin/env bash
# Guess:    a unit with a fractional power, such as "m^0.5", is either read as one or refused.
# Truth:    UDUNITS reads "m^0.5" as m^0 times 5, the number five, without a word, and "kg m^-1.5" as 5 kg m-1. It
#           refuses "m^(1/2)", which pint and astropy read, while astropy refuses "m^0.5": there is one spelling that nobody
#           misreads, and none that all read.
# Versions: cf-units 3.3.1 (UDUNITS), pint 0.25.3, astropy 8.0.2.
# Source:   exponents are integers in the grammar of UDUNITS, and a point is a sign of multiplication, so the rest of the
#           number is the next factor of the product.
set -euo pipefail

environment=$(mktemp -d)
trap 'rm -rf "$environment"' EXIT
python3 -m venv "$environment"
"$environment/bin/python" -m pip install --quiet --disable-pip-version-check cf-units==3.3.1 pint==0.25.3 astropy==8.0.2

cd "$environment"
"$environment/bin/python" - <<'PYTHON'
import importlib.metadata

import cf_units
import pint
from astropy import units

print({name: importlib.metadata.version(name) for name in ("cf-units", "pint", "astropy")})
for text, plain in (("m^0.5", "5"), ("kg m^-1.5", "5 kg m-1")):
    found = cf_units.Unit(text)
    print(f"UDUNITS: {text!r} is {found.definition!r}, equal to {plain!r}: {found == cf_units.Unit(plain)}")
    assert found == cf_units.Unit(plain), "UDUNITS no longer does what this script shows"
for name, read, text in (
    ("UDUNITS", cf_units.Unit, "m^(1/2)"),
    ("astropy", units.Unit, "m^0.5"),
):
    try:
        print(f"{name}: {text!r} is {read(text)}")
    except ValueError as error:
        print(f"{name}: {text!r} is refused: {str(error)[:60]!r}")
    else:
        raise SystemExit(f"{name} no longer does what this script shows")
print("pint:", pint.UnitRegistry().parse_units("m^(1/2)"), "| astropy:", units.Unit("m^(1/2)"))
PYTHON
