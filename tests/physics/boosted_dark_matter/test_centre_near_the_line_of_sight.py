"""Flux and fluence of halo centres close to the line of sight, where the line of integration turns on itself."""

import numpy as np
import pytest
from halos import halo_of
from kicks_around_the_centre import Shell

from gridscan.physics.boosted_dark_matter.events import differential_events
from gridscan.physics.boosted_dark_matter.flux import boosted_flux
from gridscan.physics.boosted_dark_matter.problem import Problem
from gridscan.physics.neutrinos.supernova import NeutrinoSource

CUTOFF, OUTER = 3.62e-6, 2e-3


def boost(spike, cutoff, angle):
    return Problem(
        dark_matter_mass=34.0636729616614,
        supernova_distance=0.5813647327604586,
        halo_distance=0.534598703842105,
        off_centre_angle=angle,
        halo=halo_of(184.0, 24.42, 3.0, cutoff, spike, 4.29e6, 0.002),
        source=NeutrinoSource(),
        neutrino_cross_section=1e-35,
    )


@pytest.mark.parametrize("spike", ["none", "3/2", "7/3"])
@pytest.mark.parametrize("angle", [0.0, 1e-8, 1.0941e-4, 1e-2])
def test_the_centre_sends_as_much_as_a_sum_over_its_volume(spike, angle):
    """What the shell below the outer radius sends is the difference of halos with the two cutoffs."""
    energy = 12.340924669907988
    inner, outer = (boost(spike, radius, angle) for radius in (CUTOFF, OUTER))
    shell = Shell(inner, energy, CUTOFF, OUTER)
    time = shell.arrival() * (1.0 + np.array([-3e-6, 0.0, 3e-6]))
    whole, rest = (boosted_flux(time, energy, problem, accuracy=1e-8) for problem in (inner, outer))
    expected = np.array([shell.flux(each) for each in time])
    error = whole.error + rest.error
    assert (error < 1e-5 * expected).all()
    np.testing.assert_array_less(np.abs(whole.value - rest.value - expected), error + 1e-6 * expected)
    whole, rest = (
        differential_events(energy, problem, 1.0, time[0], time[2], accuracy=1e-6) for problem in (inner, outer)
    )
    expected, error = shell.fluence(time[0], time[2]), whole.error + rest.error
    assert error < 1e-4 * expected
    assert abs(whole.value - rest.value - expected) < error + 1e-6 * expected
