"""Errors of what is made of integrals, against closed forms to 40 digits."""

import mpmath
import pytest

import gridscan as gs

# From the centre of an exponential disk the shares of stars are closed forms.
CENTRAL_DISK = {
    "sun_x": "0 kpc",
    "sun_y": "0 kpc",
    "arm_fraction": 0.0,
    "ring_fraction": 0.0,
    "disk_inner_radius": "0 kpc",
    "disk_outer_radius": "300 kpc",
    "disk_scale_length": "2.5 kpc",
}
RADIUS, FLOOR, SCALE = 3.0, 0.05, 2.5
SLOPE = "9.2e-45"
# Of the few products and conversions of units that lead to a result.
ROUNDING = 2e-15


@pytest.fixture(scope="module")
def model():
    return gs.model("red_supergiants")


@pytest.fixture(scope="module")
def truth(model):
    """Return each quantity from closed forms, with the numbers of stars of the model, which are exact sums."""
    numbers = model.evaluate(["stars_alive", "red_supergiants", "carbon_burning", "carbon_burning_rsg"])
    with mpmath.workdps(40):
        exact = {name: mpmath.mpf(float(value)) for name, value in numbers.items()}
        radius, floor, scale = (mpmath.mpf(item) for item in (RADIUS, FLOOR, SCALE))
        x, y = radius / scale, floor / scale
        share = 1 - (1 + x) * mpmath.exp(-x)
        inverse_squares = (1 - (1 + y) * mpmath.exp(-y)) / floor**2 + (mpmath.e1(y) - mpmath.e1(x)) / scale**2
        found = {f"{name}_within": share * number for name, number in exact.items()}
        found["local_sfr_density"] = 2 * share / (mpmath.pi * radius**2)
        found["probability_of_none_within"] = mpmath.exp(-found["carbon_burning_rsg_within"])
        of_one_star = mpmath.mpf(float(model.evaluate("neutrino_rate"))) / (4 * mpmath.pi)
        kiloparsec = mpmath.mpf("3.0856775814913673e21")
        found["flux"] = exact["carbon_burning_rsg"] * inverse_squares * of_one_star / kiloparsec**2
        moments = [_moment(power) for power in (2, 3)]
        found["flux_spectrum"] = found["flux"] * mpmath.exp(-3 / mpmath.mpf(0.9)) / moments[0]
        targets = float(model.evaluate("number_of_electrons"))
        year = 31557600
        per_flux = mpmath.mpf(targets) * year * mpmath.mpf(SLOPE)
        found["events_per_year"] = found["flux"] * per_flux * moments[1] / moments[0]
        found["event_spectrum"] = found["flux_spectrum"] * per_flux
        near = of_one_star / (kiloparsec / 5) ** 2
        found["reference_events_per_year"] = near * per_flux * moments[1] / moments[0]
    return found


def _moment(power):
    """Return ∫ dE E^power exp(-3 E/<E>) between the energy limits [MeV]."""
    mean, ends = mpmath.mpf(0.9), (mpmath.mpf(0.1), mpmath.mpf(5))
    scale = 3 / mean
    return mpmath.gammainc(power + 1, scale * ends[0], scale * ends[1]) / scale ** (power + 1)


def test_the_error_of_each_quantity_made_of_integrals_bounds_the_truth(model, truth):
    found = model.evaluate(
        [*truth, *(f"{name}_error" for name in truth)], radius=RADIUS, cross_section_slope=float(SLOPE), **CENTRAL_DISK
    )
    for name, exact in truth.items():
        error = float(found[f"{name}_error"])
        assert abs(mpmath.mpf(float(found[name])) - exact) <= error + ROUNDING * exact, name
        assert 0 < error < 1e-7 * exact, name
        assert found[f"{name}_error"].attrs["units"] == found[name].attrs["units"]


def test_errors_of_parts_add_up(model):
    parts = {"fraction_within_error": 1e-3, "mean_inverse_square_distance_error": "0.02 / kpc^2"}
    names = ["carbon_burning_rsg_within", "carbon_burning_rsg_within_error", "mean_inverse_square_distance"]
    names += ["flux", "flux_error", "mean_cross_section", "events_per_year", "events_per_year_error"]
    found = model.evaluate(names, mean_cross_section_error="1e-46 cm^2", **parts)
    number, mean = (float(found[name]) for name in ("carbon_burning_rsg_within_error", "mean_inverse_square_distance"))
    largest = (1 + number / float(found.carbon_burning_rsg_within)) * (1 + 0.02 / mean)
    assert float(found.flux_error / found.flux) == pytest.approx(largest - 1, rel=1e-9)
    largest *= 1 + 1e-46 / float(found.mean_cross_section)
    assert float(found.events_per_year_error / found.events_per_year) == pytest.approx(largest - 1, rel=1e-9)


def test_there_is_no_error_without_stars(model):
    names = ["flux", "flux_error", "events_per_year", "events_per_year_error"]
    found = model.evaluate(names, radius="1e-3 kpc", disk_inner_radius="12 kpc", arm_fraction=0.0, ring_fraction=0.0)
    assert all(float(found[name]) == 0.0 for name in names)


def test_a_value_that_was_given_has_no_error(model):
    given = {"mean_cross_section": "1e-44 cm^2", "carbon_burning_rsg_within": 3.0}
    names = ["mean_cross_section_error", "events_per_year", "events_per_year_error", "flux", "flux_error"]
    found = model.evaluate(names, **given)
    assert float(found.mean_cross_section_error) == 0.0
    assert float(found.events_per_year_error / found.events_per_year) == pytest.approx(
        float(found.flux_error / found.flux), rel=1e-12
    )
