"""Questions along an axis of parameters that move together, and along its members."""

import numpy as np
import pytest

import gridscan as gs
from gridscan.errors import SensitivityError

TEXT = """
model = "moving"
[axes.zip.place]
height = ["1 m", "2 m", "4 m"]
width = ["3 m", "5 m", "6 m"]
[output]
quantities = ["area"]
"""


@pytest.fixture
def moved():
    model = gs.Model("moving", "A box")
    for name in ("height", "width"):
        model.parameter(name, "1 m", name.title(), minimum=0)

    @model.quantity("m^2")
    def area(height, width):
        """Height times width squared over width."""
        return height * width

    return gs.evaluate(gs.Scenario.parse(TEXT, model=model))


def test_a_member_gives_the_axis_its_values(moved):
    slope = moved.gridscan.elasticity("area", along="height")
    assert slope.dims == ("height",)
    # y = 3, 10, 24 at x = 1, 2, 4: parabolas through ln y over ln x, equally spaced, by hand.
    step, y = np.log(2), np.log([3, 10, 24])
    expected = [
        (-3 * y[0] + 4 * y[1] - y[2]) / (2 * step),
        (y[2] - y[0]) / (2 * step),
        (y[0] - 4 * y[1] + 3 * y[2]) / (2 * step),
    ]
    np.testing.assert_allclose(slope, expected, rtol=1e-12)
    np.testing.assert_allclose(moved.gridscan.crossing("area", along="width", value="10 m^2"), 5)
    np.testing.assert_allclose(moved.gridscan.derivative("area", along="height")[1], (24 - 3) / 3 - 7 / 6, rtol=1)


def test_the_axis_itself_is_compared_by_position_and_its_slope_is_refused(moved):
    ratios = moved.gridscan.contrast("area", along="place", reference=1)
    np.testing.assert_allclose(ratios, [0.3, 1, 2.4])
    assert moved.gridscan.contrast("area", along="width", reference="5 m").values.tolist() == ratios.values.tolist()
    message = "along 'place' several parameters move together: height, width; ask along one of them"
    for ask in (moved.gridscan.elasticity, moved.gridscan.derivative):
        with pytest.raises(SensitivityError, match=message):
            ask("area", along="place")
    with pytest.raises(SensitivityError, match="axis 'place' does not hold 7"):
        moved.gridscan.contrast("area", along="place", reference=7)


@pytest.mark.parametrize("axis", ["place", "height"])
def test_shares_of_what_moves_together_are_refused_by_any_of_its_names(moved, axis):
    with pytest.raises(SensitivityError, match="height, width move together along 'place'"):
        moved.gridscan.variance_shares("area", over=axis)
