"""The setting of a problem: geometry against coordinates, shapes, conventions, and what is refused."""

import dataclasses

import numpy as np
import pytest
from halos import halo_of

from gridscan.errors import EvaluationError
from gridscan.physics.boosted_dark_matter.emission import isotropic
from gridscan.physics.boosted_dark_matter.problem import EnergyWindow, Exposure, Geometry, Problem
from gridscan.physics.neutrinos.supernova import NeutrinoSource

PROBLEM = Problem(
    dark_matter_mass=1.0,
    supernova_distance=12.0,
    halo_distance=8.5,
    off_centre_angle=0.7,
    halo=halo_of(184.0, 24.42, 2.0, 1e-8),
    source=NeutrinoSource(),
)


def test_the_halo_centre_is_where_its_distance_and_angle_put_it():
    setting, _, shape = PROBLEM.at()
    assert shape == ()
    # From the supernova along the line to Earth, and from that line.
    assert setting.centre_along == pytest.approx([12.0 - 8.5 * np.cos(0.7)], rel=1e-14, abs=0)
    assert setting.centre_across == pytest.approx([8.5 * np.sin(0.7)], rel=1e-14, abs=0)


def test_a_supernova_in_the_halo_centre_is_there_to_the_last_digit():
    setting, _, _ = dataclasses.replace(PROBLEM, supernova_distance=8.5, off_centre_angle=0.0).at()
    assert setting.centre_along[0] == setting.centre_across[0] == 0.0
    tiny, _, _ = dataclasses.replace(PROBLEM, supernova_distance=8.5, off_centre_angle=1e-10).at()
    assert tiny.centre_along == pytest.approx([8.5 * 0.5e-20], rel=1e-12, abs=0)


def test_everything_broadcasts_to_points_of_one_axis():
    problem = dataclasses.replace(
        PROBLEM,
        dark_matter_mass=np.ones((2, 1)),
        halo=halo_of(184.0, 24.42, 2.0, 1e-8, ["none", "3/2", "7/3"], 4.29e6, 0.002),
        source=NeutrinoSource(temperatures=np.full((1, 3, 3), 4.0)),
    )
    setting, looked, shape = problem.at(time=np.full((4, 1, 1), 1e9), kinetic_energy=5.0)
    assert shape == (4, 2, 3)
    assert setting.mass.shape == setting.halo.scale_density.shape == looked["kinetic_energy"].shape == (24,)
    assert setting.source.temperatures.shape == (3, 24)
    assert setting.halo.spike.radius.shape == (24,)
    assert (setting.halo.spike.radius.reshape(shape)[:, :, 0] == 0.0).all()


def test_the_published_convention_has_a_velocity_and_a_slope_more_for_an_interaction_of_ones_own():
    assert PROBLEM.powers == (0, 0)
    assert PROBLEM.interaction is isotropic
    published = dataclasses.replace(PROBLEM, convention="published")
    assert published.powers == (1, 0)
    assert dataclasses.replace(published, differential=isotropic).powers == (1, 1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"dark_matter_mass": [1.0, 0.0]},
            r"dark_matter_mass is 0 MeV at index \[1\]; it must be a finite number above",
        ),
        ({"supernova_distance": -1.0}, "supernova_distance is -1 kpc"),
        ({"halo_distance": np.nan}, "halo_distance is nan kpc"),
        ({"off_centre_angle": np.inf}, "off_centre_angle is inf rad"),
        ({"neutrino_cross_section": -1.0}, r"neutrino_cross_section is -1 cm\^2"),
        ({"convention": "standart"}, "did you mean 'standard'"),
        ({"source": NeutrinoSource(multiplicities=[1.0, 1.0])}, "3 temperatures, 3 mean_energies, 2 multiplicities"),
        ({"source": NeutrinoSource(luminosity=-1.0)}, "luminosity is -1 MeV/s"),
    ],
)
def test_what_is_outside_its_range_is_named(changes, message):
    with pytest.raises(EvaluationError, match=message):
        dataclasses.replace(PROBLEM, **changes).at()


def test_groups_name_what_they_hold():
    assert Geometry._fields == ("distance", "halo_distance", "off_centre_angle")
    assert [*Exposure(1.0, 2.0)] == [1.0, 2.0]
    assert EnergyWindow(kinetic_energy_min=5.0, kinetic_energy_max=30.0).kinetic_energy_max == 30.0
