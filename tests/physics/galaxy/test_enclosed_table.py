import pytest
from galaxies import MILKY_WAY

from gridscan.physics.galaxy.components import Galaxy
from gridscan.physics.galaxy.distances import fraction_within, mean_inverse_square_distance
from gridscan.physics.galaxy.enclosed_table import enclosed_table

GALAXIES = {"default": {}, "wide arms": {"arm_width": 2.0}, "no arms": {"arm_fraction": 0.0, "sun_x": 4.0}}


@pytest.mark.parametrize("name", GALAXIES)
def test_points_stand_for_the_stars_of_the_table(name):
    galaxy = Galaxy(**{**MILKY_WAY, **GALAXIES[name]})
    distance, share = enclosed_table(galaxy.single(), -4, 3).points(16, 9.0)
    near, far = (float(value) for value in fraction_within([2.0**-4, 2.0**3], galaxy)[0])
    assert share.sum() == pytest.approx(far - near, rel=1e-10)
    assert (share > -1e-14).all()
    assert distance.min() > 2.0**-4
    assert distance.max() < 2.0**3


@pytest.mark.parametrize("radius", [0.08, 1.0, 5.3, 8.0])
def test_a_sum_over_points_is_the_mean_over_the_stars(radius):
    galaxy, floor = Galaxy(**MILKY_WAY), 2.0**-4
    distance, share = enclosed_table(galaxy.single(), -4, 3).points(16, radius)
    near, far = fraction_within([floor, radius], galaxy)[0]
    mean, _ = mean_inverse_square_distance(radius, galaxy, floor)
    assert share @ distance**-2.0 + near / floor**2 == pytest.approx(float(mean * far), rel=1e-9)


@pytest.mark.parametrize("scale", [1e2, 1e5, 1e9])
def test_a_disk_of_a_long_scale_length_is_a_uniform_one(scale):
    """P(d <= r) = (r/R)² (1 + 2 (R - r)/(3 h) + ...) from the centre, without noise."""
    disc = {"sun_x": 0.0, "arm_fraction": 0.0, "ring_fraction": 0.0, "disk_inner_radius": 0.0, "disk_outer_radius": 2.0}
    galaxy = Galaxy(**{**MILKY_WAY, **disc, "disk_scale_length": scale})
    for radius in (1e-3, 0.1, 1.9):
        share = float(fraction_within(radius, galaxy)[0])
        expected = (radius / 2.0) ** 2 * (1.0 + 2.0 * (2.0 - radius) / (3.0 * scale))
        assert share == pytest.approx(expected, rel=1e-10 + 5.0 / scale**2)
