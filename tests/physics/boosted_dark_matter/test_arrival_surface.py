"""The line from which particles arrive: its points against times of flight, its energies against kinematics."""

import dataclasses

import numpy as np
import pytest

from gridscan.physics.boosted_dark_matter.arrival_surface import arrival_surface, taken
from gridscan.physics.scattering.inverse_kinematics import neutrino_energy
from gridscan.physics.scattering.one_particle import inverse_velocity
from gridscan.physics.scattering.recoil_angle import haversine

DISTANCE, HOTTEST = 8.5, 6.26


def surface_of(delay, kinetic=10.0, mass=1.0, neutrinosphere=1e-12):
    """Return the surface of delays, of which those after the peak have two branches."""
    shape = np.shape(delay)
    arrays = (np.full(shape, value) for value in (kinetic, mass, DISTANCE, neutrinosphere, HOTTEST))
    return arrival_surface(np.asarray(delay, dtype=float), *arrays)


def peak(kinetic=10.0, mass=1.0):
    return DISTANCE * (inverse_velocity(kinetic, mass) - 1.0)


def last(kinetic=10.0, mass=1.0):
    return DISTANCE * (np.sqrt(1.0 + mass / (2.0 * kinetic)) - 1.0)


#: Before the peak, and between it and the last arrival.
DELAYS = np.array([0.3, 0.9, 1.02, 2.0]) * peak()


def variables(surface, lower, count=41):
    """Return X along a branch, within its ends."""
    first, end = surface.lower_ends if lower else surface.upper_ends
    return np.exp(np.linspace(first, end, count + 2)[1:-1])


@pytest.mark.parametrize("lower", [False, True])
def test_what_is_kicked_on_the_line_arrives_at_its_time(lower):
    """d + b l = R_s + x, with d and l from the coordinates of the point."""
    surface = taken(surface_of(DELAYS), slice(2, None) if lower else slice(None))
    _, distance, along, across = surface.place(variables(surface, lower), lower)
    np.testing.assert_allclose(np.hypot(along, across), distance, rtol=1e-9)
    length = np.hypot(DISTANCE - along, across)
    arrival = distance + inverse_velocity(10.0, 1.0) * length
    np.testing.assert_allclose(arrival, (DISTANCE + surface.delay) * np.ones_like(arrival), rtol=1e-12)


@pytest.mark.parametrize("lower", [False, True])
def test_the_angle_of_the_kick_is_that_of_the_triangle(lower):
    surface = taken(surface_of(DELAYS), slice(2, None) if lower else slice(None))
    hav, _, along, across = surface.place(variables(surface, lower), lower)
    # psi is between the way from the supernova and that to Earth.
    psi = np.arctan2(across, along) + np.arctan2(across, DISTANCE - along)
    np.testing.assert_allclose(hav, haversine(psi), rtol=1e-7)


@pytest.mark.parametrize("lower", [False, True])
def test_the_neutrinos_have_the_energy_that_such_a_kick_needs(lower):
    surface = taken(surface_of(DELAYS), slice(2, None) if lower else slice(None))
    excess = variables(surface, lower)
    hav = surface.place(excess, lower)[0]
    np.testing.assert_allclose(surface.neutrino_energy(excess), neutrino_energy(10.0, 1.0, hav), rtol=1e-7)


def test_the_variable_of_an_energy_is_where_the_neutrinos_have_it():
    surface = surface_of(DELAYS)
    first, end = surface.upper_ends
    excess = np.exp(first + 0.3 * (end - first))
    np.testing.assert_allclose(surface.excess_at(surface.neutrino_energy(excess)), excess, rtol=1e-9)


def test_before_the_peak_there_is_one_branch_and_after_it_there_are_two():
    surface = surface_of(DELAYS)
    has = [low < high for low, high in zip(*surface.lower_ends, strict=True)]
    assert has == [False, False, True, True]
    assert (surface.upper_ends[0] < surface.upper_ends[1]).all()


def test_before_the_neutrinos_and_after_the_last_arrival_there_is_none():
    surface = surface_of([-1.0, 0.0, last() * (1.0 + 1e-12), 2.0 * last()])
    for first, end in (surface.upper_ends, surface.lower_ends):
        np.testing.assert_array_equal(first, end)
    low, high = surface_of([last() * (1.0 - 1e-6)]).upper_ends
    assert low < high


def test_nothing_comes_from_within_the_neutrinosphere():
    surface = surface_of(DELAYS, neutrinosphere=0.4)
    for lower, (first, end) in ((False, surface.upper_ends), (True, surface.lower_ends)):
        some = taken(surface, np.flatnonzero(end > first))
        assert some.delay.size
        assert (some.place(variables(some, lower), lower)[1] >= 0.4 * (1.0 - 1e-12)).all()


def test_taken_points_of_nested_arrays_are_those_points():
    surface = surface_of(DELAYS)
    some = taken(surface, np.array([3, 0]))
    for field in dataclasses.fields(surface):
        whole, part = getattr(surface, field.name), getattr(some, field.name)
        np.testing.assert_array_equal(part, np.asarray(whole)[..., [3, 0]])
    assert taken("word", 0) == "word"
