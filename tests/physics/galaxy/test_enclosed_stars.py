"""Stars within a distance of the Sun: a closed form, where it is singular, and the map that smooths it."""

import numpy as np
import pytest
from galaxies import MILKY_WAY

from gridscan.errors import EvaluationError
from gridscan.physics.galaxy import enclosed_stars, enclosed_table
from gridscan.physics.galaxy.components import Galaxy
from gridscan.physics.galaxy.distances import mean_inverse_square_distance
from gridscan.physics.galaxy.nearby_stars import flux_exceedance, nearest_distance_quantile


def test_from_the_centre_the_share_of_an_exponential_disk_is_its_closed_form():
    disk = {"sun_x": 0, "sun_y": 0, "arm_fraction": 0, "ring_fraction": 0}
    galaxy = Galaxy(**disk, disk_inner_radius=0, disk_outer_radius=200).single()
    distance = np.array([0.01, 1.0, 5.0, 40.0])
    value, error = enclosed_stars.enclosed_share(galaxy, distance, 1e-11)
    x = distance / galaxy.disk_scale_length
    np.testing.assert_allclose(value, -np.expm1(-x) - x * np.exp(-x), rtol=1e-10)
    assert (error <= 1e-9 * value).all()


def test_the_share_bends_where_the_circle_touches_a_boundary_or_reaches_the_centre():
    galaxy = Galaxy(**MILKY_WAY).single()
    above, below = enclosed_stars.special_distances(galaxy)
    assert galaxy.sun_radius in above
    for radius in galaxy.boundary_radii:
        assert abs(galaxy.sun_radius - radius) in above
        assert galaxy.sun_radius + radius in below


@pytest.mark.parametrize(("low", "high"), [(False, False), (False, True), (True, False), (True, True)])
def test_the_map_keeps_the_interval_and_is_flat_at_singular_ends(low, high):
    x = np.linspace(0.0, 1.0, 101)
    mapped, slope = enclosed_stars.clustered(x, np.array(low), np.array(high))
    assert mapped[0] == 0.0
    assert mapped[-1] == pytest.approx(1.0, abs=1e-15)
    assert slope[0] == pytest.approx(0.0 if low else 2.0 if high else 1.0, abs=1e-15)
    assert slope[-1] == pytest.approx(0.0 if high else 2.0 if low else 1.0, abs=1e-15)
    np.testing.assert_allclose(np.gradient(mapped, x)[1:-1], slope[1:-1], atol=2e-3)


@pytest.mark.parametrize(
    ("change", "costly"),
    [
        ({"arm_width": 1e-5}, "arm_width = 1e-05 kpc;"),
        ({"arm_width": 1e-5, "arm_pitch": np.radians(0.5)}, "arm_width = 1e-05 kpc and arm_pitch = 0.5 deg;"),
        ({"ring_width": 1e-6}, "ring_width = 1e-06 kpc; choose a larger"),
        ({"arm_pitch": np.radians(90.0 - 1e-7)}, "arm_pitch = 89.9999999 deg; choose a value nearer to 0 deg"),
    ],
)
@pytest.mark.parametrize(
    "ask",
    [
        lambda galaxy: mean_inverse_square_distance(9.0, galaxy, 0.05),
        lambda galaxy: nearest_distance_quantile(10.0, 0.5, galaxy),
        lambda galaxy: flux_exceedance(1.0, 10.0, 1.0, 9.0, 0.05, galaxy),
    ],
)
def test_what_would_take_minutes_is_refused_with_what_costs_the_time(ask, change, costly, monkeypatch):
    monkeypatch.setattr(enclosed_stars, "MOST_TERMS", 1e5)
    for _ in range(2):
        with pytest.raises(EvaluationError, match=f"take too many evaluations of their density, because of {costly}"):
            ask(Galaxy(**change, ring_radius=4.501))


def test_the_stretches_of_an_answer_cost_together_whether_they_are_kept_or_not(monkeypatch):
    """Each octave had a budget of its own, and those of other answers were free: ten seconds a point, or none."""
    galaxy = Galaxy(arm_width=0.0301).single()
    spent = [enclosed_table.octave(galaxy, exponent)[1] for exponent in (-1, 0, 1)]
    monkeypatch.setattr(enclosed_stars, "MOST_TERMS", 0.99 * sum(spent))
    enclosed_table.enclosed_table.cache_clear()
    with pytest.raises(EvaluationError, match="too many evaluations"):
        enclosed_table.enclosed_table(galaxy, -1, 2)
    monkeypatch.setattr(enclosed_stars, "MOST_TERMS", 1.01 * sum(spent))
    enclosed_table.enclosed_table.cache_clear()
    assert len(enclosed_table.enclosed_table(galaxy, -1, 2).error)


def test_a_sun_far_outside_is_named_rather_than_the_arms_that_it_sees(monkeypatch):
    monkeypatch.setattr(enclosed_stars, "MOST_TERMS", 1e4)
    with pytest.raises(
        EvaluationError, match=r"because of a Sun at 1e\+06 kpc from the centre; choose sun_x and sun_y"
    ):
        nearest_distance_quantile(10.0, 0.5, Galaxy(sun_x=-1e6))


def test_a_refusal_is_remembered_as_an_answer_is():
    calls = []

    @enclosed_stars.remembered
    def refusing(number):
        calls.append(number)
        raise EvaluationError(f"{number} is too much")

    for _ in range(3):
        with pytest.raises(EvaluationError, match="7 is too much"):
            refusing(7)
    assert calls == [7]
