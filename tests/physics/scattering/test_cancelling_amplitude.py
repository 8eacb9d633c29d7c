"""Amplitudes pasted as they are published, whose terms cancel, against 40 digits."""

import mpmath
import numpy as np
import pytest

from gridscan.errors import EvaluationError
from gridscan.physics.scattering.cancelling_amplitude import squared_amplitude_of_neutrinos
from gridscan.physics.scattering.two_body import target_energy


def pasted(s, t, u, mass, mediator, **centred):
    return (s**2 + u**2 + 4 * t * mass**2 - 2 * mass**4) / (t - mediator**2) ** 2


def centred(s, t, u, mass, mediator, *, s_minus_masses, u_minus_masses):
    return (s_minus_masses**2 + u_minus_masses**2 + 2 * t * mass**2) / (t - mediator**2) ** 2


def of_spin_zero(s, t, u, mass, mediator, **centred):
    return (s - u) ** 2 / (t - mediator**2) ** 2


def in_roots(s, t, u, mass, mediator, **centred):
    return (np.sqrt(s) - mass) * (mass - np.sqrt(np.abs(u))) / (t - mediator**2)


def random_kicks(count, seed):
    """Return energies, kinetic energies, masses and those of mediators, from slow neutrinos to fast ones."""
    random = np.random.default_rng(seed)
    mass = 10.0 ** random.uniform(-12.0, 9.0, count)
    energy = mass * 10.0 ** random.uniform(-10.0, 2.0, count)
    haversine = random.choice([0.0, 1e-9, 0.01, 0.2, 0.4], count)
    return energy, target_energy(energy, 0.0, mass, haversine), mass, mass * 10.0 ** random.uniform(-6.0, 1.0, count)


def exact(amplitude, energy, kinetic, mass, mediator):
    """Return the amplitude, and the largest that it is of a recoil with this energy."""
    with mpmath.workdps(60):
        energy, kinetic, mass, mediator = map(mpmath.mpf, (energy, kinetic, mass, mediator))
        s, t = mass**2 + 2 * mass * energy, -2 * mass * kinetic
        u = 2 * mass**2 - s - t
        numerator = {
            pasted: s**2 + u**2 + 4 * t * mass**2 - 2 * mass**4,
            of_spin_zero: (s - u) ** 2,
            in_roots: (mpmath.sqrt(s) - mass) * (mass - mpmath.sqrt(abs(u))),
        }[amplitude]
        scale = 8 * (mass * energy) ** 2
        propagator = (t - mediator**2) ** (1 if amplitude is in_roots else 2)
        return numerator / propagator, abs(scale / propagator)


@pytest.mark.parametrize("amplitude", [pasted, of_spin_zero, in_roots])
def test_an_amplitude_as_published_has_its_digits_for_neutrinos_of_every_energy(amplitude):
    kicks = random_kicks(400, 12)
    found = squared_amplitude_of_neutrinos(amplitude, *kicks)
    for value, *numbers in zip(found.tolist(), *(item.tolist() for item in kicks), strict=True):
        true, scale = exact(amplitude, *numbers)
        # Fast neutrinos have u and s of 16 digits, and the slowest use up 32.
        rounding = 1e-14 * max(1.0, (numbers[0] / numbers[2]) ** 2) + 1e-31 * (numbers[2] / numbers[0]) ** 2
        assert abs(value - true) <= 2e-10 * abs(true) + rounding * scale, numbers


def test_what_is_written_without_the_masses_is_the_same():
    kicks = random_kicks(400, 13)
    found, other = (squared_amplitude_of_neutrinos(each, *kicks) for each in (pasted, centred))
    energy, _, mass, mediator = kicks
    slow = energy < mass
    scale = (8.0 * (mass * energy / (kicks[1] * 2 * mass + mediator**2)) ** 2)[slow]
    np.testing.assert_array_less(np.abs(found - other)[slow], 1e-13 * scale + 2e-10 * np.abs(other[slow]))


def with_a_square_of_16_digits(s, t, u, mass, mediator, **centred):
    masses = float(mass.high[0] ** 2) if hasattr(mass, "high") else mass**2
    return (s**2 + u**2 + 4 * t * masses - 2 * masses**2) / (t - mediator**2) ** 2


def of_bare_arrays(s, t, u, mass, mediator, **centred):
    return pasted(*(np.asarray(item) for item in (s, t, u, mass)), mediator)


@pytest.mark.parametrize(
    ("amplitude", "ratio"),
    [(pasted, 1e-13), (with_a_square_of_16_digits, 1e-8), (of_bare_arrays, 1e-8), (np.vectorize(pasted), 1e-9)],
)
def test_an_amplitude_of_which_nothing_is_left_is_refused_with_the_recipe(amplitude, ratio):
    mass = np.array([0.3])
    kick = ratio * mass, target_energy(ratio * mass, 0.0, mass, 0.1), mass
    with pytest.raises(EvaluationError, match=r"nearly equal terms.* take s_minus_masses = s - M"):
        squared_amplitude_of_neutrinos(amplitude, *kick, mass)


def test_an_amplitude_is_not_below_zero_by_rounding_where_it_vanishes():
    """Backwards, for a particle that recoils with all that it can."""
    mass = 10.0 ** np.linspace(-3.0, 6.0, 200)
    energy = 0.01 * mass**0.5 * 10.0 ** np.linspace(-1.0, 1.0, 200)
    slow = energy < 0.1 * mass
    kick = energy[slow], target_energy(energy, 0.0, mass, 0.0)[slow], mass[slow]
    found = squared_amplitude_of_neutrinos(pasted, *kick, mass[slow])
    assert (found >= 0.0).all()


def test_an_amplitude_with_a_pole_is_not_taken_for_one_that_cancels():
    def with_a_pole(s, t, u, mass, **centred):
        return 1.0 / (u - 0.9 * mass**2) ** 2

    mass = np.full(5, 3.0)
    energy = 0.05 * mass * (1.0 + np.array([1e-12, 1e-9, 1e-6, 1e-3, 0.1]))
    found = squared_amplitude_of_neutrinos(with_a_pole, energy, 0.0 * mass, mass)
    with mpmath.workdps(40):
        true = [1 / _from_the_pole(item) ** 2 for item in energy]
    np.testing.assert_allclose(found, [float(item) for item in true], rtol=1e-8)


def _from_the_pole(energy):
    mass = mpmath.mpf(3)
    return mass**2 - 2 * mass * mpmath.mpf(float(energy)) - mpmath.mpf(0.9) * mass**2
