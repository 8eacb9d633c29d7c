"""A population stands for its five numbers wherever they are asked for."""

import numpy as np

import gridscan as gs
from gridscan.physics.stellar.phase_counts import time_in_phase
from gridscan.physics.stellar.population import StellarPopulation
from gridscan.stellar_tables.phases import shipped_phase_table

KROUPA = ([1.3, 2.3], [0.08, 0.5, 120.0])


def test_a_population_is_what_time_in_phase_takes():
    table = shipped_phase_table()
    found = time_in_phase("alive", table, *StellarPopulation(*KROUPA, time=[5.0, 20.0]))
    np.testing.assert_array_equal(found, time_in_phase("alive", table, *KROUPA, 0.014, [5.0, 20.0], "bins"))
    assert found[0] < found[1]


def test_the_defaults_are_those_of_the_model():
    model, population = gs.model("red_supergiants"), StellarPopulation(*KROUPA)
    assert population.metallicity == model["metallicity"].default
    assert population.time == model["time"].default
    assert population.mass_integration == model["mass_integration"].default
