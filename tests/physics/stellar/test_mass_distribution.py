"""The distribution of massive stars over mass: its total, its masses and the ages of its stars."""

import numpy as np
import pytest

from gridscan.errors import EvaluationError
from gridscan.physics.stellar.mass_distribution import AGES, mass_distribution
from gridscan.physics.stellar.phase_counts import time_in_phase
from gridscan.physics.stellar.population import StellarPopulation
from gridscan.stellar_tables.phases import shipped_phase_table

TABLE = shipped_phase_table()


def population(time=20.0, mode="continuous", exponents=(1.3, 2.3), breaks=(0.08, 0.5, 120.0)):
    return StellarPopulation(list(exponents), list(breaks), 0.0151, time, mode)


@pytest.mark.parametrize("mode", ["continuous", "bins"])
@pytest.mark.parametrize("time", [3.0, 12.0, 20.0])
def test_the_total_is_the_integral_over_the_lifetimes(time, mode):
    total = mass_distribution(TABLE, population(time, mode), alive=True).total
    expected = time_in_phase("alive", TABLE, [1.3, 2.3], [0.08, 0.5, 120.0], 0.0151, time, mode)
    assert total == pytest.approx(float(expected), rel=1e-12)


def test_without_deaths_all_stars_born_are_counted():
    assert mass_distribution(TABLE, population(3.0), alive=True).total == pytest.approx(
        mass_distribution(TABLE, population(3.0), alive=False).total, rel=1e-12
    )


def test_no_star_is_in_a_phase_before_the_earliest_start_of_its_segment():
    stars = mass_distribution(TABLE, population(), alive=True)
    log_mass, span, segment = stars.draw(np.random.default_rng(1), 10_000)
    ages = stars.ages(log_mass, segment)
    assert set(ages) == set(AGES)
    first = np.minimum(ages["red_supergiant_start"], ages["carbon_burning_start"])
    assert (first >= stars.earliest_start[segment]).all()
    assert (span <= np.minimum(ages["lifetime"], 20.0) * (1 + 1e-12)).all()


def test_masses_that_the_table_does_not_have_are_no_stars():
    assert mass_distribution(TABLE, population(exponents=[2.3], breaks=[0.1, 2.0]), alive=True).total == 0.0


def test_more_than_one_time_is_refused():
    with pytest.raises(EvaluationError, match=r"time has the shape \(2,\); it must be one number"):
        mass_distribution(TABLE, population(time=[1.0, 2.0]), alive=True)
