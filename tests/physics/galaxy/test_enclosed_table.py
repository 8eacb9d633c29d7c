import pytest
from galaxies import MILKY_WAY

from gridscan.physics.galaxy.components import Galaxy
from gridscan.physics.galaxy.distances import fraction_within, mean_inverse_square_distance
from gridscan.physics.galaxy.enclosed_table import enclosed_table

GALAXIES = {"default": {}, "wide arms": {"arm_width": 2.0}, "no arms": {"arm_fraction": 0.0, "sun_x": 4.0}}


@pytest.mark.parametrize("name", GALAXIES)
def test_points_stand_for_the_stars_of_the_table(name):
    galaxy = Galaxy(**{**MILKY_WAY, **GALAXIES[name]})
    distance, share = enclosed_table(galaxy.single(), -4, 3).points(16)
    near, far = (float(value) for value in fraction_within([2.0**-4, 2.0**3], galaxy)[0])
    assert share.sum() == pytest.approx(far - near, rel=1e-10)
    assert (share > -1e-14).all()
    assert distance.min() > 2.0**-4
    assert distance.max() < 2.0**3


def test_a_sum_over_points_is_the_mean_over_the_stars():
    galaxy, floor, radius = Galaxy(**MILKY_WAY), 2.0**-4, 2.0**3
    distance, share = enclosed_table(galaxy.single(), -4, 3).points(16)
    near, far = fraction_within([floor, radius], galaxy)[0]
    mean, _ = mean_inverse_square_distance(radius, galaxy, floor)
    assert share @ distance**-2.0 + near / floor**2 == pytest.approx(float(mean * far), rel=1e-9)
