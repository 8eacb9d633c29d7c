"""Electrons and free protons in the target of a detector, from what it is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gridscan.errors import EvaluationError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ATOMS", "MOLECULES", "Targets", "mixture", "targets_of"]

#: Atomic number and standard atomic weight [g/mol] (Prohaska et al. 2022 (IUPAC), Pure Appl. Chem. 94, 573).
ATOMS = {"H": (1, 1.008), "C": (6, 12.011), "N": (7, 14.007), "O": (8, 15.999)}
#: Atoms in a molecule; of linear alkylbenzene one of the middle of its range of lengths.
MOLECULES = {
    "water": {"H": 2, "O": 1},
    "linear-alkylbenzene": {"C": 18, "H": 30},
    "pseudocumene": {"C": 9, "H": 12},
    "dodecane": {"C": 12, "H": 26},
}


class Targets(NamedTuple):
    """Targets per mass [mol/g]: times a mass and the Avogadro constant they are numbers.

    Attributes
    ----------
    electrons
        On which all neutrinos scatter.
    protons
        Nuclei of hydrogen, which undergo inverse beta decay.
    """

    electrons: float
    protons: float


def targets_of(atoms: Mapping[str, float]) -> Targets:
    """Return electrons and free protons per mass of a substance.

    Parameters
    ----------
    atoms
        Number of each of `ATOMS` in a molecule, such as those of `MOLECULES`.

    Returns
    -------
    Targets
        Per mass [mol/g].

    Raises
    ------
    EvaluationError
        If an atom is unknown, a number is negative, or there are none.

    Notes
    -----
    sum n Z/sum n A and n_H/sum n A. Source: definition of the amount of substance.

    Examples
    --------
    Electrons and free protons in a kilotonne of water:

    >>> from gridscan.physics.neutrinos.targets import MOLECULES, targets_of
    >>> print(" ".join(f"{6.02214076e32 * amount:.4e}" for amount in targets_of(MOLECULES["water"])))
    3.3428e+32 6.6857e+31
    """
    for atom, number in atoms.items():
        if atom not in ATOMS:
            raise EvaluationError(f"unknown atom {atom!r}{nearest(atom, ATOMS)}; known are {', '.join(ATOMS)}")
        if not 0.0 <= number < float("inf"):
            raise EvaluationError(f"the number of atoms of {atom} is {number:g}; it must be 0 or more")
    weight = sum(number * ATOMS[atom][1] for atom, number in atoms.items())
    if weight == 0.0:
        raise EvaluationError("a molecule without atoms has no targets")
    electrons = sum(number * ATOMS[atom][0] for atom, number in atoms.items())
    return Targets(electrons / weight, atoms.get("H", 0.0) / weight)


def mixture(parts: Mapping[str, float]) -> Targets:
    """Return electrons and free protons per mass of a mixture.

    Parameters
    ----------
    parts
        Mass of each of `MOLECULES` in it, in any unit.

    Returns
    -------
    Targets
        Per mass of the mixture [mol/g].

    Raises
    ------
    EvaluationError
        If a molecule is unknown, a mass is negative, or all are zero.

    Notes
    -----
    The mean of its parts, weighted by their masses. Source: definition.

    Examples
    --------
    The scintillator of KamLAND, four volumes of dodecane (0.749 g/cm^3) and one of pseudocumene (0.876 g/cm^3):

    >>> from gridscan.physics.neutrinos.targets import mixture
    >>> kamland = mixture({"dodecane": 0.8 * 0.749, "pseudocumene": 0.2 * 0.876})
    >>> print(" ".join(f"{6.02214076e32 * amount:.3e}" for amount in kamland))
    3.429e+32 8.473e+31
    """
    for molecule, mass in parts.items():
        if molecule not in MOLECULES:
            raise EvaluationError(
                f"unknown molecule {molecule!r}{nearest(molecule, MOLECULES)}; known are {', '.join(MOLECULES)}"
            )
        if not 0.0 <= mass < float("inf"):
            raise EvaluationError(f"the mass of {molecule} is {mass:g}; it must be 0 or more")
    total = sum(parts.values())
    if total == 0.0:
        raise EvaluationError("a mixture of no mass has no targets")
    each = [(mass / total, targets_of(MOLECULES[molecule])) for molecule, mass in parts.items()]
    return Targets(
        sum(share * targets.electrons for share, targets in each),
        sum(share * targets.protons for share, targets in each),
    )
