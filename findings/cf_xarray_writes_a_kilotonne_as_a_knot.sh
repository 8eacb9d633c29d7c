#!/usr/bin/env bash
# Guess:    a unit that `cf_xarray.units` writes with the formats "cf" or "~cf" is read back by it as the same unit.
# Truth:    a kilotonne is written as "kt" by the one and "kn" by the other, and both are read back as a knot: a mass comes back
#           as a speed. UDUNITS takes "kt" for a knot too, and refuses "kn". "Gg" is as large, and a mass for both.
# Versions: cf-xarray 0.11.3, pint 0.25.3, cf-units 3.3.1 (UDUNITS), matplotlib 3.11.2 (cf-xarray warns without it).
# Source:   the format joins the symbols of prefix and unit, k and t; the lists of units of pint and of UDUNITS have "kt" as a
#           name of the knot, and a name in the list goes before a prefix with a unit. "~cf" looks up a symbol once more.
set -euo pipefail

environment=$(mktemp -d)
trap 'rm -rf "$environment"' EXIT
python3 -m venv "$environment"
"$environment/bin/python" -m pip install --quiet --disable-pip-version-check cf-xarray==0.11.3 pint==0.25.3 cf-units==3.3.1 matplotlib==3.11.2

cd "$environment"
"$environment/bin/python" - <<'PYTHON'
import importlib.metadata

import cf_units
import cf_xarray.units

print({name: importlib.metadata.version(name) for name in ("cf-xarray", "pint", "cf-units")})
registry = cf_xarray.units.units
mass = registry("20 kilotonne")
for form, expected in (("cf", "kt"), ("~cf", "kn")):
    written = format(mass.units, form)
    back = registry(f"20 {written}")
    print(f"20 kilotonne, written as {form!r}: {written!r}; read back: {back:P} or {back.to('m/s'):.4g~P}")
    assert written == expected, "cf_xarray no longer does what this script shows"
    assert back.check("[length] / [time]")
print("UDUNITS: kt is", cf_units.Unit("kt").definition, "and Gg is", cf_units.Unit("Gg").definition)
assert cf_units.Unit("kt").is_convertible("m/s")
assert cf_units.Unit("Gg") == cf_units.Unit("1e6 kg")
assert registry("20 Gg").to("kilotonne").magnitude == 20
PYTHON
