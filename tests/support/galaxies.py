"""The galaxy of the model's defaults, as the physics functions take it: lengths in kpc, angles in rad."""

import numpy as np

from gridscan.physics.galaxy.components import Galaxy

MILKY_WAY = {
    "sun_x": -8.2,
    "sun_y": 0.0,
    "disk_scale_length": 1.8,
    "disk_inner_radius": 0.5,
    "disk_outer_radius": 15.0,
    "arm_fraction": 0.65,
    "arm_count": 4,
    "arm_pitch": np.radians(12.0),
    "arm_phase": np.radians(20.0),
    "arm_width": 0.30,
    "arm_reference_radius": 5.0,
    "arm_inner_radius": 3.0,
    "arm_outer_radius": 13.0,
    "ring_fraction": 0.10,
    "ring_radius": 4.5,
    "ring_width": 0.5,
}


def of_galaxy(function, **arguments):
    """Call a function with arguments of its own, and with the galaxy that is made of all others."""
    galaxy = Galaxy(**{name: arguments.pop(name) for name in MILKY_WAY})
    return function(**arguments, galaxy=galaxy)
