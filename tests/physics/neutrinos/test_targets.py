import math

import pytest
from digits import near

from gridscan.errors import EvaluationError
from gridscan.physics.neutrinos.targets import MOLECULES, mixture, targets_of

#: Avogadro's number times 1e9 g: molecules of 1 g/mol in a kilotonne.
KILOTONNE = 6.02214076e32


@pytest.mark.parametrize(
    ("molecule", "electrons", "protons"),
    [
        ("water", 3.3428e32, 6.6856e31),
        ("linear-alkylbenzene", 3.372e32, 7.331e31),
        ("pseudocumene", 3.307e32, 6.013e31),
    ],
)
def test_targets_of_a_kilotonne_are_those_of_the_notes(molecule, electrons, protons):
    found = targets_of(MOLECULES[molecule])
    assert KILOTONNE * found.electrons == near(electrons, rel=2e-4)
    assert KILOTONNE * found.protons == near(protons, rel=2e-4)


def test_super_kamiokande_holds_the_published_number_of_free_protons():
    """22.5 kt: 1.5e33 (Abe et al. 2021 (Super-Kamiokande), Phys. Rev. D 104, 122002)."""
    assert 22.5 * KILOTONNE * targets_of(MOLECULES["water"]).protons == near(1.5e33, rel=0.01)


def test_the_mixture_of_kamland_holds_the_published_number_of_free_protons():
    """5.98e31 within a radius of 6 m, at 0.78 g/cm^3 (Gando et al. 2013 (KamLAND), Phys. Rev. D 88, 033001)."""
    found = mixture({"dodecane": 0.8 * 0.749, "pseudocumene": 0.2 * 0.876})
    fiducial_mass = 4 / 3 * math.pi * 6.0**3 * 0.78e-3
    assert fiducial_mass * KILOTONNE * found.protons == near(5.98e31, rel=0.005)


def test_a_mixture_of_one_is_that_one_and_units_of_mass_do_not_matter():
    assert mixture({"water": 3.0}) == pytest.approx(targets_of(MOLECULES["water"]), rel=1e-15)
    parts = {"water": 0.9, "linear-alkylbenzene": 0.1}
    tens = {name: 10 * mass for name, mass in parts.items()}
    assert mixture(parts) == pytest.approx(mixture(tens), rel=1e-14)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: targets_of({"Xe": 1}), "unknown atom 'Xe'"),
        (lambda: targets_of({"H": -1}), "the number of atoms of H is -1"),
        (lambda: targets_of({}), "without atoms"),
        (lambda: mixture({"watr": 1.0}), "unknown molecule 'watr'; did you mean 'water'"),
        (lambda: mixture({"water": float("nan")}), "the mass of water is nan"),
        (lambda: mixture({"water": 0.0}), "no mass"),
    ],
)
def test_nonsense_targets_are_refused(call, message):
    with pytest.raises(EvaluationError, match=message):
        call()
