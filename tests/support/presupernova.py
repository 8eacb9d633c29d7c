"""The reference numbers of neutrinos before a supernova, and the constants that they were computed with."""

from __future__ import annotations

import math
from typing import Any

from reference import reference

from gridscan.physics.constants import WEAK, WeakConstants

REFERENCE = reference("presupernova_neutrinos")
_GIVEN = REFERENCE["constants"]


def _number(name: str) -> float:
    return float(_GIVEN[name].split()[0])


#: The constants of the reference; Boltzmann's is exact.
CONSTANTS = WeakConstants(
    electron_mass_energy=_number("electron_mass_energy"),
    neutron_proton_difference=_number("neutron_proton_difference"),
    fermi_coupling=_number("fermi_coupling"),
    hbar_c=_number("hbar_c"),
    fine_structure_constant=1 / 137.035999177,
    boltzmann_constant=WEAK.boltzmann_constant,
)
SINE_SQUARED_12, SINE_SQUARED_13 = _GIVEN["sin2_theta12"], _GIVEN["sin2_theta13"]


def cases(section: str) -> list[dict[str, Any]]:
    """Return the cases of a section, without the numbers that were not computed; no upper end is infinity."""
    columns = REFERENCE[section]["columns"]
    rows = [dict(zip(columns, row, strict=True)) for row in REFERENCE[section]["rows"]]
    for row in rows:
        if "recoil_max" in row and row["recoil_max"] is None:
            row["recoil_max"] = math.inf
    return [{name: value for name, value in row.items() if value is not None} for row in rows]


def tolerance(section: str, name: str | None = None) -> float:
    """Return the relative tolerance of a section, or of one of its numbers."""
    given = REFERENCE[section]["relative_tolerance"]
    return float(given if name is None else given[name])


KILOPARSEC, YEAR, DAY, ERG = _number("kpc"), _number("yr"), 86400.0, float(_GIVEN["erg"].split()[0])
