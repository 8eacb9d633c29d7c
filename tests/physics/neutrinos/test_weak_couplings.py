import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from presupernova import CONSTANTS, REFERENCE

from gridscan.errors import EvaluationError
from gridscan.physics.neutrinos import weak_couplings

MASS = CONSTANTS.electron_mass_energy


def _radiative_function(recoil):
    """The closed form at 60 digits."""
    with mpmath.workdps(60):
        x = mpmath.sqrt(1 + 2 * mpmath.mpf(MASS) / mpmath.mpf(recoil))
        closed = (mpmath.mpf(1) / 3 + (3 - x**2) * (x / 2 * mpmath.log((x + 1) / (x - 1)) - 1)) / 6
        return float(closed)


@pytest.mark.parametrize("recoil", [1e-12, 1e-6, 1e-3, 0.05, 0.1277, 0.1278, 0.3, 1.0, 10.0, 1e3, 1e8])
def test_the_radiative_function_keeps_its_digits(recoil):
    assert weak_couplings.radiative_function(recoil, CONSTANTS) == pytest.approx(_radiative_function(recoil), rel=3e-15)


@pytest.mark.parametrize("species", weak_couplings.SPECIES)
def test_radiative_couplings_are_those_of_the_reference(species):
    found = weak_couplings.radiative_couplings(species, constants=CONSTANTS)
    assert found == pytest.approx(REFERENCE["constants"]["couplings"][species], abs=1e-12)


@given(st.floats(1e-6, 1e3))
def test_antineutrinos_have_left_and_right_exchanged(recoil):
    for species in ("nue", "nux"):
        assert (
            weak_couplings.radiative_couplings(species, recoil)
            == weak_couplings.radiative_couplings(species + "bar", recoil)[::-1]
        )
        assert (
            weak_couplings.tree_level_couplings(species) == weak_couplings.tree_level_couplings(species + "bar")[::-1]
        )


def test_corrections_are_a_few_percent():
    for species in weak_couplings.SPECIES:
        tree, radiative = weak_couplings.tree_level_couplings(species), weak_couplings.radiative_couplings(species)
        np.testing.assert_allclose(np.abs(radiative), np.abs(tree), rtol=0.02)


def test_unknown_kinds_and_recoils_at_rest_are_refused():
    with pytest.raises(EvaluationError, match="unknown kind of neutrino 'nueba'; did you mean 'nuebar'"):
        weak_couplings.tree_level_couplings("nueba")
    with pytest.raises(EvaluationError, match="unknown kind of neutrino 'numu'"):
        weak_couplings.radiative_couplings("numu")
    with pytest.raises(EvaluationError, match="recoil is 0 MeV; it must be a finite number above 0 MeV"):
        weak_couplings.radiative_couplings("nue", 0.0)
